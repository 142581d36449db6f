"""Verbs that look at the runs there are."""
