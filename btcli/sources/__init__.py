"""Public market data of the venues: every answer is verified before anybody sees it."""
