"""Whatever finite numbers an order asks for, the exchange answers with finite numbers and goes on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from exchange_fingerprint import fingerprint
from exchange_scenarios import INSTRUMENT, TERMS, AddMargin, Close, Decision, Entry, Outcome, Scenario, run
from hypothesis import given, settings
from hypothesis import strategies as st

from btcli.exchange.face.request import Target

LARGEST = 1.7976931348623157e308
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 5e-324, 1e-300, 1e-12, 0.04, 0.05, 0.1, 1e12, 2.0**52, 1e300, LARGEST]),
    st.sampled_from([-5e-324, -1e-12, -0.04, -0.1, -1.0, -999.95, -1e300, -LARGEST]),
    st.sampled_from([990.0, 999.9, 999.95, 1000.0, 1000.05, 1000.1, 1010.0]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(900.0, 1100.0),
)
MAYBE = st.none() | NUMBERS
SIZINGS = st.sampled_from(["qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct"])
KINDS = st.sampled_from(["market", "limit", "stop_market", "stop_limit"])
ORDER_LEVELS = {"limit": ("price",), "stop_market": ("trigger_price",), "stop_limit": ("price", "trigger_price")}


@st.composite
def _order(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(KINDS)
    return {"type": kind, **{name: draw(NUMBERS) for name in ORDER_LEVELS.get(kind, ())}}


@st.composite
def _entry(draw: st.DrawFn) -> Entry:
    names = ("trail_distance", "trail_activation", "break_even_distance")
    more = draw(_order()) | {name: draw(MAYBE) for name in names}
    if draw(st.booleans()):
        more |= {"sizing": draw(SIZINGS), "sizing_value": draw(NUMBERS)}
    levels: dict[str, Any] = dict(draw(st.sampled_from([{"stop_price": 1}, {"stop_distance": 1}, {}])))
    if draw(st.booleans()):
        share = st.sampled_from([0.3, 0.0, -1.0, 1e-9])
        more["targets"] = tuple(Target(draw(NUMBERS), None, draw(share)) for _ in range(draw(st.integers(1, 3))))
    else:
        levels |= draw(st.sampled_from([{"target_price": 1}, {"target_distance": 1}, {}]))
    return Entry(0, draw(st.sampled_from([1, -1])), **{name: draw(NUMBERS) for name in levels}, more=more)


@st.composite
def _close(draw: st.DrawFn) -> Close:
    return Close(more=draw(_order()) | {"qty": draw(MAYBE)})


DECISIONS = st.one_of(
    _entry(), _entry(), _entry(), _close(), st.builds(AddMargin, st.just(0), NUMBERS), st.just(Entry())
)


@st.composite
def _scenario(draw: st.DrawFn) -> Scenario:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    bars: list[list[float]] = []
    for _ in range(12):
        o, c = (round(float(rng.normal(1000.0, 8.0)), 1) for _ in range(2))
        high, low = max(o, c) + round(float(rng.exponential(9.0)), 1), min(o, c) - round(float(rng.exponential(9.0)), 1)
        bars.append([o, round(high, 1), round(low, 1), c, 100.0])
    decisions: dict[int, list[Decision]] = {
        step: draw(st.lists(DECISIONS, max_size=3)) for step in range(0, 11, draw(st.integers(1, 3)))
    }
    terms = TERMS._replace(
        stop_vs_liquidation=draw(st.sampled_from(["warn", "reject", "adjust"])),
        margin_mode=draw(st.sampled_from(["isolated", "cross"])),
        take_profit_order=draw(st.sampled_from(["market", "limit"])),
        costs_in_risk=draw(st.booleans()),
        on_liquidation="continue",
    )
    inst = INSTRUMENT._replace(tick_size=draw(st.sampled_from(["0.1", "0.01", "25", "0.0001"])))
    return Scenario([bars], decisions=decisions, terms=terms, instruments=[inst])


def _is_finite(outcome: Outcome) -> bool:
    told = [value for event in outcome.events for value in event.fields.values()]
    traded = [value for trade in outcome.trades for value in trade]
    numbers = [value for value in (*told, *traded, outcome.cash) if isinstance(value, float)]
    return all(map(math.isfinite, numbers)) and bool(np.isfinite(outcome.rows).all())


@given(scenario=_scenario(), cut=st.integers(1, 11))
@settings(max_examples=120)
def test_any_finite_number_is_answered_with_finite_numbers(scenario: Scenario, cut: int) -> None:
    """No told number, trade or row is NaN or infinite, entries have answers, and cutting the run changes no byte."""
    outcome = run(scenario)
    assert _is_finite(outcome)
    assert outcome.status in ("END_OF_DATA", "EQUITY_FLOOR_HIT")
    assert fingerprint(outcome) == fingerprint(run(scenario, (cut,)))
    answered = sum(event.name in ("order_submitted", "order_rejected") for event in outcome.events)
    unanswered = outcome.counters.refusals.get("ENTRIES_DISABLED", 0)
    assert answered + unanswered >= outcome.counters.entry_attempts
