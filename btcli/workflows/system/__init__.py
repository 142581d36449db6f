"""What verbs around the system file do."""
