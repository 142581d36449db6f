"""btcli: a backtester for crypto USDT perpetual futures whose results can be trusted and proved."""

__version__ = "0.1.0"
