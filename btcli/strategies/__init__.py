"""What a strategy sees, what it may say, and how it is found."""

from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Direction, Signal, Size, Target
from btcli.strategies.snapshot import ExchangeState, FeatureSnapshot, RuntimeSnapshot, SymbolFeatures

__all__ = [
    "Direction",
    "ExchangeState",
    "FeatureSnapshot",
    "RuntimeSnapshot",
    "Signal",
    "Size",
    "Strategy",
    "SymbolFeatures",
    "Target",
]
