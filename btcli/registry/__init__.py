"""What was tried on which data, and what of it was sealed: one file beside the runs, to which lines are only added."""
