"""Carries out what the core of a night asks for: each action with one or a few calls."""
