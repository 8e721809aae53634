"""A simulated world for nights: the real core, loop, ledger and landing, over a store, a Symbl and a clock."""
