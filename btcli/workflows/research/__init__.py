"""What verbs about many runs of one system do."""
