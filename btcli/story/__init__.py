"""A recorded run told: its wishes, its trades, its fills. Reads artifacts only."""
