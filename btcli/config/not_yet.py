"""What a config may say one day and the simulation does not do yet: refused, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from btcli.config.findings import Finding, KeyPath
from btcli.config.model import System


class NotYet(NamedTuple):
    """A key, the values that are not available, what they would do, and what to use meanwhile."""

    path: KeyPath
    refuses: Callable[[Any], bool]
    what: str
    instead: str


def _given(value: Any) -> bool:
    return value is not None


NOT_YET: tuple[NotYet, ...] = (
    NotYet(("strategy", "rules"), _given, "a strategy of rules", "name a strategy with use"),
)


def not_yet(system: System) -> Iterator[Finding]:
    """A finding for every value that is not available yet."""
    for path, refuses, what, instead in NOT_YET:
        if refuses(_value(system, path)):
            yield Finding(path, f"{what} is not available yet", instead)
    for symbol, costs in system.costs.per_symbol.items():
        for entry in NOT_YET:
            key = str(entry.path[-1])
            if entry.path[0] == "costs" and getattr(costs, key) is not None and entry.refuses(getattr(costs, key)):
                path = ("costs", "per_symbol", symbol, key)
                yield Finding(path, f"{entry.what} is not available yet", entry.instead)


def _value(system: System, path: KeyPath) -> Any:
    value: Any = system
    for part in path:
        value = getattr(value, str(part))
    return value
