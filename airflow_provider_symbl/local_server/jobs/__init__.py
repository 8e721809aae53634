"""Job queue: from an accepted submission to its messages, downloads and webhooks included."""
