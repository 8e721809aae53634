"""symbl-local: a server for Symbl's Async API that runs on the user's own machine."""
