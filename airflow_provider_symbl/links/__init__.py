"""The links that tasks show in Airflow's UI."""
