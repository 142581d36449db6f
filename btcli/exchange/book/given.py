"""A level that is not given, told apart from every number that somebody may have computed."""

from __future__ import annotations

from btcli.exchange.machine.compiled import compiled

# Not NaN: it equals itself, orders like a number and has one pattern of bits. Nothing adds to it or rounds it.
NO_LEVEL = float("-inf")


@compiled
def is_given(level: float) -> bool:
    """Whether a level or a distance was asked for; zero and what lies below it are levels."""
    return level != NO_LEVEL
