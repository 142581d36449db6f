"""Indicators per timeframe role: what may be written, how much history each needs, and their values."""
