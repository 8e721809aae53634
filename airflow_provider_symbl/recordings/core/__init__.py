"""What a night decides: a state machine without clock, threads, storage and network."""
