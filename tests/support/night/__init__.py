"""A simulated world for nights: their real core, loop, ledger and report over a store, a Symbl and a clock of its own."""
