"""Symbl's API as code; this room knows nothing of Airflow."""
