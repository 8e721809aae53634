"""The ledger of a night: what is known beyond its end, as files that are only created and deleted."""
