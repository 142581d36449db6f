"""The loop over the steps."""
