"""Verbs around the system file: what it may name, and where to begin."""
