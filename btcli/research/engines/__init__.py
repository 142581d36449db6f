"""Chunks done by other processes, here or on a cluster: what crosses, in which turns, and by which engine."""
