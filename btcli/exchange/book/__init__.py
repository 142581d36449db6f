"""What a run is made of: its records, their codes, and the few ways to write a ledger entry, an event or an order."""
