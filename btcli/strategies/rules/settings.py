"""What rules say of entries without an expression, read out in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from btcli.config.rule_gates import Session
from btcli.config.rule_values import FOR
from btcli.config.rules import Rules, Side


def settings_of(rules: Rules, side: Side) -> Iterator[str]:
    """A line for each of them that counts for a side."""
    lifetime = rules.value(side, f"order.{FOR}")
    if lifetime is not None:
        span = lifetime if isinstance(lifetime, str) else _bars(lifetime, "bar", "bars")
        yield f"one that waits is cancelled {span} after its arrival, at the first open of exec from then on"
    session = rules.whole(side, "session")
    if session is not None:
        yield f"made only at closes {session_said(session)}; what is held is left at any time"
    if (most := rules.value(side, "max_entries_per_day")) is not None:
        whose = whose_trades(rules, side, "max_entries_per_day")
        yield f"at most {most:,} a UTC day, counting those that filled{whose}"
    yield from _after_trades(rules, side)
    if rules.value(side, "rearm"):
        yield "after one that filled, none before enter was false (and known) at a close"


def _after_trades(rules: Rules, side: Side) -> Iterator[str]:
    losses, bars = (rules.value(side, f"pause_after_losses.{key}") for key in ("losses", "bars"))
    if losses is not None:
        row = f"{losses:,} losing trades in a row" if losses > 1 else "losing trade"
        whose = whose_trades(rules, side, "pause_after_losses")
        yield f"none at the {_bars(bars, 'close', 'closes')} after every {row}{whose}"
    for key, ended in (("cooldown_after_loss_bars", "ended with a loss"), ("cooldown_bars", "ended")):
        if bars := rules.value(side, key):
            yield f"none at the {_bars(bars, 'close', 'closes')} after a trade{whose_trades(rules, side, key)} {ended}"


def whose_trades(rules: Rules, side: Side, key: str) -> str:
    """Whose trades a gate looks at."""
    path = rules.place_of_key(side, key)
    return f" of {side}" if path is not None and path[0] == side else " of either side"


def session_said(session: Session) -> str:
    """When it lets entries be made, such as "from 07:00 until before 21:30 UTC, on mon-fri"."""
    return ", ".join(_session(session))


def _session(session: Session) -> Iterator[str]:
    if session.hours is not None:
        begin, _, end = session.hours.partition("-")
        yield f"from {begin.strip()} until before {end.strip()} UTC"
    if session.days is not None:
        days = session.days if isinstance(session.days, str) else ", ".join(session.days)
        begun = " (of the day on which the hours begin)" if session.hours is not None else ""
        yield f"on {days}{begun}"
    if session.not_around_funding is not None:
        yield f"more than {session.not_around_funding} before and after settlements of funding"


def _bars(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many} of ltf"
