"""A night: many recordings submitted once each, waited for and landed, with a ledger; knows nothing of Airflow."""
