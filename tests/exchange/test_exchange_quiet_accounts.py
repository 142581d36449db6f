"""What an account may come to ends a stretch of quiet steps: each reason in a market where nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from exchange_quiet import Market, full_steps, quiet_end, stands_at, told
from exchange_scenarios import INSTRUMENT, TERMS, Close, Entry, Scenario

from btcli.exchange.book.records import ROW_CAPACITY

STEPS, AT = 40, 20
FIRST = 3  # what was decided at the close of step 1 has filled before it
LAST = STEPS - 1
LONG, SHORT = Entry(side=1), Entry(side=-1)
# A second tier without a deduction: its maintenance is met at marks far from the liquidation price of the first.
UNEVEN_TIERS = ((1_000.0, 0.01, 0.1, 50.0, 0.0), (1e6, 0.05, 0.1, 50.0, 0.0))


def bars(closes: Sequence[float]) -> list[list[float]]:
    """Bars between one close and the next, without wicks."""
    opens = [closes[0], *closes[:-1]]
    return [[a, max(a, b), min(a, b), b, 50.0] for a, b in zip(opens, closes, strict=True)]


def going(to: float, back: float = 0.0, **changes: Any) -> Scenario:
    """At 1000 up to step AT, whose close lies elsewhere; from the step after it on at `back`, or there."""
    closes = [1000.0] * AT + [to] + [back or to] * (STEPS - AT - 1)
    return Scenario(last=[bars(closes)])._replace(**changes)


def marks(calm: float, at: float) -> list[list[float]]:
    """Marks that rest, but for a bar at step AT that opens elsewhere."""
    rows = [[calm] * 4 for _ in range(STEPS)]
    rows[AT] = [at, calm, at, calm]
    return rows


def long_of(qty: float, **terms: Any) -> dict[str, Any]:
    """A long of some coins from the close of step 1 on, and other terms of the run."""
    return {"decisions": {1: [LONG]}, "terms": TERMS._replace(sizing_value=qty, **terms)}


def listed(**fields: Any) -> dict[str, Any]:
    """Another instrument."""
    return {"instruments": [INSTRUMENT._replace(**fields)]}


DEAR = listed(min_qty=1.0, slippage_bps=0.0, taker_fee_rate=0.0, close_fee_rate=0.0)  # the smallest order is a coin

# name: the market, and the steps from FIRST on that need the full rules
NEEDED: dict[str, tuple[Scenario, list[int]]] = {
    "a tier's border": (going(1200.0, 1210.0, **long_of(90.0), cash=1e5), [AT, LAST]),
    "a condition met away from the liquidation price": (
        going(
            1000.0,
            mark=[marks(1020.0, 1001.0)],
            **long_of(1.0, liquidation="full"),
            **listed(leverage=20.0, tiers=UNEVEN_TIERS),
        ),
        [AT],
    ),
    "cross that fails": (going(897.0, **long_of(9.0, margin_mode="cross"), cash=1000.0), [AT]),
    "the equity floor": (going(940.0, **long_of(1.0, stop_equity_usdt=9_950.0)), [AT]),
    "the drawdown": (going(940.0, **long_of(1.0, max_drawdown_pct=0.5)), [AT]),
    "the drawdown from a peak on the way": (
        Scenario(last=[bars([1000.0] * 10 + [1030.0] * 10 + [975.0] * 20)], **long_of(1.0, max_drawdown_pct=0.5)),
        [AT],
    ),
    "a day's loss": (going(940.0, 950.0, **long_of(1.0, daily_loss_pct=0.5)), [AT, LAST]),
    "a day's loss that passes": (going(940.0, 1000.0, **long_of(1.0, daily_loss_pct=0.5)), [AT, AT + 1, LAST]),
    "flat after a day's loss": (
        going(940.0, **long_of(1.0, daily_loss_pct=0.5))._replace(decisions={1: [LONG], AT: [Close()]}),
        [AT, AT + 1, LAST],
    ),
    "starvation": (going(1200.0, 1201.0, **DEAR, cash=110.0), [AT, LAST]),
    "starvation that passes": (going(1200.0, 1000.0, **DEAR, cash=110.0), [AT, AT + 1, LAST]),
}


@pytest.mark.parametrize("name", NEEDED)
def test_each_reason_of_an_account_needs_the_full_rules(name: str) -> None:
    """The full rules run at the steps where an account could change, and no byte changes by passing the others."""
    scenario, steps = NEEDED[name]
    assert full_steps(scenario, FIRST) == steps
    assert told(Market(name, scenario, False), passes=True) == told(Market(name, scenario, False), passes=False)


def test_a_close_beyond_a_liquidation_price_that_is_not_met_is_run_in_full() -> None:
    """Closes on both sides of a liquidation price end a stretch even where the condition holds at none of them."""
    calm = [1000.0, 1000.5, 999.5, 1000.0]
    marks = [[1000.0, 1000.5, 999.5, 998.0] if n == AT else calm for n in range(STEPS)]
    exchange: Any = stands_at(Scenario(last=[[[*calm, 50.0]] * STEPS], mark=[marks], **long_of(1.0)), AT)
    assert quiet_end(exchange, AT, AT + 1) == AT + 1
    exchange._book["positions"][0]["liquidation_price"] = 999.0
    assert quiet_end(exchange, AT, AT + 1) == AT


def test_more_rows_than_the_buffer_holds_are_kept() -> None:
    """A flat run longer than the buffer of rows gives each of its rows, with quiet steps passed and in full."""
    scenario = Scenario(last=[[[1000.0, 1000.5, 999.5, 1000.0, 50.0]] * (ROW_CAPACITY + 300)], grid=None)
    assert told(Market("long", scenario, False), passes=True) == told(Market("long", scenario, False), passes=False)
