"""What verbs of the store do."""
