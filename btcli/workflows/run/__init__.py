"""What verbs do that make, prove or prepare a run."""
