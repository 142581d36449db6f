"""When a strategy is asked, what it is shown, and what becomes of its answer."""
