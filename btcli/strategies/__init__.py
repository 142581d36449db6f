"""What a strategy sees, what it may say, and how it is found; each is loaded when it is asked for."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
PLACES = {"Strategy": "interface"} | dict.fromkeys(("Direction", "Signal", "Size", "Target"), "signal")


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PLACES.get(name, 'snapshot')}"), name)
