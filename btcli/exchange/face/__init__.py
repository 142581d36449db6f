"""The exchange as the rest of the program sees it: prices and decisions in, events and balances out."""
