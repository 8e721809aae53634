"""An Apache Airflow provider for Symbl.ai's Async API."""

__version__ = "0.1.0"
