"""Many runs of one system: which values are tried, what became of each, and where it is kept."""
