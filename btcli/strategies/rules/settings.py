"""What rules say of entries without an expression, read out in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from btcli.config.rule_values import FOR
from btcli.config.rules import Rules, Side


def settings_of(rules: Rules, side: Side) -> Iterator[str]:
    """A line for each of them that counts for a side."""
    lifetime = rules.value(side, f"order.{FOR}")
    if lifetime is not None:
        span = lifetime if isinstance(lifetime, str) else f"{lifetime} {'bar' if lifetime == 1 else 'bars'} of ltf"
        yield f"one that waits is cancelled {span} after its arrival, at the first open of exec from then on"
