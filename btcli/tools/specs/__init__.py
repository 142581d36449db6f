"""The tools that bring a symbol's specs into the data folder."""
