"""A symbol's specs: steps, sizes, fees and tiers, dated, from snapshots or as written."""
