"""Runs of a prepared system: its parts, its passes, what the other paths and finer candles say, and its identity."""
