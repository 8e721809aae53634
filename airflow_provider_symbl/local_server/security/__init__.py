"""Who may come in, and which addresses the server may go out to."""
