"""Results: the document of a conversation, and the files that are made of it; this room knows nothing of Airflow."""
