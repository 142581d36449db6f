"""How large an entry by rules is and how long it waits, minute by minute, with numbers worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from engine_worlds import Told, candles, inputs_of, minutes_of, system_of
from test_engine_rule_keys import told_by_rules

FLAT = 40_000.0


def told_of(rules: str, closes: Sequence[float], timeframes: str = "{exec: 1m, ltf: 5m}") -> Told:
    """What happens under rules while the price takes these closes, one a minute."""
    system = system_of(len(closes), timeframes)
    return told_by_rules(rules, system, inputs_of(system, candles(closes)))


def named(told: Told, *names: str) -> list[tuple[float, str, object]]:
    """Minute, name and code of some events."""
    return [(minutes_of(e.ts), e.name, e.fields.get("code")) for e in told.all_events if e.name in names]


@pytest.mark.parametrize(("lifetime", "ends"), [("1", 10), ("2", 15), ("5m", 10), ("7m", 12), ("1h", None)])
def test_an_order_by_rules_waits_its_time(lifetime: str, ends: int | None) -> None:
    """Wished at minute 5 for a price that never comes, it is gone at the first minute from the end of its time on."""
    rules = f"long: {{enter: time.minute == 5, order: {{limit: close - 900, for: {lifetime}}}}}"
    told = told_of(rules, [FLAT] * 40)
    assert named(told, "order_submitted", "order_cancelled") == [
        (5, "order_submitted", None),
        *([] if ends is None else [(ends, "order_cancelled", "EXPIRED")]),
        *([(40, "order_cancelled", "RUN_STOPPED")] if ends is None else []),
    ]


def test_an_entry_has_the_size_that_an_expression_gives() -> None:
    """0.002 coins for each hour and minute of 5: 0.01 at minute 5; the other side keeps the run's 0.01 of its own."""
    rules = "long: {enter: time.minute == 5, size: {qty: 0.004 * time.minute}, exit: time.minute == 10}, "
    told = told_of(rules + "short: {enter: time.minute == 15}", [FLAT] * 30)
    filled = [(minutes_of(e.ts), e.fields["qty"]) for e in told.named("order_filled")]
    assert filled == [(5, 0.02), (10, 0.02), (15, 0.01), (30, 0.01)]
    assert [e.fields.get("size") for e in told.named("signal")] == [{"qty": 0.02}, None, None]


@pytest.mark.parametrize(
    ("size", "told_as"),
    [
        ("{qty: 1 / (close - 40000)}", []),
        ("{qty: 0 * close}", [(5, "signal", None), (5, "order_rejected", "BELOW_MIN_QTY")]),
        ("{notional_pct: '-5'}", [(5, "signal", None), (5, "order_rejected", "BELOW_MIN_QTY")]),
        ("{qty: '1e-9'}", [(5, "signal", None), (5, "order_rejected", "BELOW_MIN_QTY")]),
    ],
)
def test_a_size_that_is_none_enters_nothing(size: str, told_as: list[tuple[float, str, object]]) -> None:
    """Where it is unknown nothing is wished; where it is no size the exchange refuses it, with its code."""
    told = told_of(f"long: {{enter: time.minute == 5, size: {size}}}", [FLAT] * 20)
    assert named(told, "signal", "order_rejected", "order_filled") == told_as
