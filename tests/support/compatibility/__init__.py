"""What works with symbl-local: strangers' clients, parameters, and its answers beside recorded ones, as data."""
