"""Figures, names and codes as people read them, on a terminal and on a page alike."""
