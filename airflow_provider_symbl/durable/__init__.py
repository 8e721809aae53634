"""Idempotent submissions: once over all tries, whatever the store; this room knows nothing of Airflow."""
