"""What the server remembers, in memory and on disk."""
