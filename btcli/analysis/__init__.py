"""What a run's numbers mean: metrics with one definition each, and a review that looks for trouble."""
