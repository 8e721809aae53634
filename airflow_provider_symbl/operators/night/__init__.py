"""What a night is told, and where its ledger lies."""
