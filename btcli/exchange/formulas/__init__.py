"""The rules that decide: every one reads and returns, and none writes."""
