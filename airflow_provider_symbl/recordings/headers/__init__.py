"""What the first bytes of a recording tell: its container, its tracks, how long it is; nothing is ever decoded."""
