"""The page for people: jobs, conversations and faults in a browser."""
