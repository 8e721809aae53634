"""Where recordings lie, and how they are listed: local folders and object storage alike."""
