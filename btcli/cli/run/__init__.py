"""Verbs that make, prove or prepare a run."""
