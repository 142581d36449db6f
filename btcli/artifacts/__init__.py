"""What a run leaves behind: its folder, its files, and the ways to compare and prove them."""
