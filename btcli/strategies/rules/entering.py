"""What rules say of the entries of each side in plain numbers, which no expression is."""

from __future__ import annotations

from btcli.config.rule_values import FOR, SIZE_KEYS
from btcli.config.rules import SIDES, Rules, Side
from btcli.exchange.book.codes import SIZING_NAMES
from btcli.exchange.driver.program import Entering, Gates
from btcli.timeframe import duration_ms

GATE_KEYS = {  # by field of Gates where it is written
    "cooldown_bars": "cooldown_bars",
    "cooldown_after_loss_bars": "cooldown_after_loss_bars",
    "pause_losses": "pause_after_losses.losses",
    "pause_bars": "pause_after_losses.bars",
    "max_entries_per_day": "max_entries_per_day",
}


def entering_of(rules: Rules, bar_ms: int) -> tuple[Entering, Entering]:
    """Those of long and of short; `bar_ms` is the length of a bar of ltf."""
    first, second = (_of_side(rules, side, bar_ms) for side in SIDES)
    return first, second


def _of_side(rules: Rules, side: Side, bar_ms: int) -> Entering:
    lifetime = rules.value(side, f"order.{FOR}")
    modes = [mode for mode in SIZE_KEYS if rules.place(side, f"size.{mode}")]
    return Entering(
        expires_after_ms=lifetime_ms(lifetime, bar_ms) if lifetime is not None else 0,
        sizing=SIZING_NAMES.index(modes[0]) if modes else -1,
        rearms=bool(rules.value(side, "rearm")),
        has_session=rules.whole(side, "session") is not None,
        own=_gates(rules, side, is_own=True),
        both=_gates(rules, side, is_own=False),
    )


def _gates(rules: Rules, side: Side, *, is_own: bool) -> Gates:
    """Those that stand inside a side, or those beside the sides that count for it."""
    found: dict[str, int] = {}
    for field, key in GATE_KEYS.items():
        path = rules.place(side, key)
        if path is not None and (path[0] == side) == is_own:
            found[field] = rules.value(side, key)
    return Gates(**found)


def lifetime_ms(said: int | str, bar_ms: int) -> int:
    """So many bars of ltf, or a duration such as "20m", in milliseconds."""
    return duration_ms(said) if isinstance(said, str) else said * bar_ms
