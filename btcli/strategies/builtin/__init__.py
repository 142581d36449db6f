"""The strategies that come with btcli."""
