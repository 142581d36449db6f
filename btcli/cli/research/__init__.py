"""Verbs about many runs of one system."""
