"""What verbs do that look at the runs there are."""
