"""Verbs of the store."""
