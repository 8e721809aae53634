"""A whole Airflow on this machine, to see the package work: no account, no network, nothing left behind."""
