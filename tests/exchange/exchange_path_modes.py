"""Runs a market on each of the three paths, and draws markets of which many may be skipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from exchange_extremes import hostile_scenario as extreme_scenario
from exchange_markets import random_bars
from exchange_path_markets import PLAIN
from exchange_quiet import Market
from exchange_row import row
from exchange_scenarios import TERMS, Close, Decision, Entry, Outcome, Scenario, run

from btcli.exchange.book.codes import PATH_NAMES
from btcli.simulation.agreement import PathsSeen, Reason, may_part

RESTING = ("type", "price", "trigger_price", "post_only", "expires_after_ms", "time_in_force")


class ThreePaths(NamedTuple):
    """A market on each path: what happened, and why another path may end otherwise than this one."""

    outcomes: Mapping[str, Outcome]
    reasons: Mapping[str, Reason | None]

    @property
    def are_equal(self) -> bool:
        """Whether every row of equity, the status and the trades, their excursions apart, are the same on all paths."""
        first, *others = (_lasting(outcome) for outcome in self.outcomes.values())
        return all(other == first for other in others)

    @property
    def is_skipped(self) -> bool:
        """Whether one of the paths is believed to speak for the others."""
        return None in self.reasons.values()


def on_every_path(market: Scenario, *, only_when_flat: bool = False) -> ThreePaths:
    """Run a market on each path, and ask after each whether the others need to be run."""
    outcomes, reasons = {}, {}
    for path in PATH_NAMES:
        terms, seen = market.terms._replace(path=path), PathsSeen()
        outcome = run(market._replace(terms=terms), only_when_flat=only_when_flat)
        seen.events(outcome.events)
        outcomes[path] = outcome
        reasons[path] = may_part(terms.margin_mode, terms.trigger_by, seen, outcome.counters.ambiguous_trades)
    return ThreePaths(outcomes, reasons)


def _lasting(outcome: Outcome) -> tuple[Any, ...]:
    """Trades by their number: which of two symbols was first to leave inside a bar moves nothing."""
    trades = sorted(trade._replace(mae_usdt=0.0, mfe_usdt=0.0) for trade in outcome.trades)
    return trades, outcome.rows.tobytes(), outcome.row_ts.tobytes(), outcome.status


def markets(seeds: Iterable[int]) -> Iterator[Market]:
    """Five generated and hostile markets a seed as they are drawn, and five with less that rests or hangs on the mark.

    The latter keep trailing stops, partial targets, participation caps, ladders and several symbols.
    """
    for seed in seeds:
        drawn = [(place.family, market) for place, market in row([seed])] + [("extreme", extreme_scenario(seed))]
        for family, market in drawn:
            yield Market(f"{family} {seed}", market, family == "random")
            yield Market(f"{family} {seed}, plain", _plain(market, seed), family == "random")


def crowds(seeds: Iterable[int]) -> Iterator[tuple[str, Scenario]]:
    """Markets of two to four symbols that often leave in one bar, with balances beside powers of two and far from them.

    Half of the quantities and fees are such that payments often end halfway between two doubles. At a leverage of 25
    the far stop lies beyond the liquidation price.
    """
    for seed in seeds:
        rng = np.random.default_rng(seed)
        symbols, spread, is_round = int(rng.integers(2, 5)), int(rng.integers(10, 200)), bool(rng.integers(0, 2))
        bars = [random_bars(rng, 24, spread) for _ in range(symbols)]
        decisions = {step: [_leaving_soon(rng, symbol) for symbol in range(symbols)] for step in range(0, 22, 3)}
        cash = float(rng.choice([2.0**14, 2.0**14 * 1.4, 2.0**20 * 1.5, 2.0**17])) + float(rng.integers(0, 200)) / 4
        fee = 2.0**-10 if is_round else 0.00055
        instruments = [
            PLAIN._replace(symbol=name, taker_fee_rate=fee, close_fee_rate=fee, leverage=float(rng.choice([10, 25])))
            for name in "ABCD"[:symbols]
        ]
        terms = TERMS._replace(
            sizing_value=float(rng.choice([0.5, 4.0] if is_round else [0.137, 1.0, 3.0])),
            on_liquidation="continue",
            liquidation="full",
        )
        yield f"crowd {seed}", Scenario(last=bars, decisions=decisions, instruments=instruments, terms=terms, cash=cash)


def _leaving_soon(rng: np.random.Generator, symbol: int) -> Entry:
    """An entry whose stop or target lies near, and the other far."""
    near, far = float(rng.integers(4, 60)) / 4, float(rng.integers(50, 80))
    stop, target = (near, far) if rng.integers(0, 2) else (far, near)
    return Entry(symbol, 1 if rng.integers(0, 2) else -1, stop_distance=stop, target_distance=target)


def _plain(market: Scenario, seed: int) -> Scenario:
    """The market with every order at the open, one decision in four, isolated margin and triggers by the last price."""
    decisions = {
        step: [_at_market(one) for one in many] for step, many in market.decisions.items() if step % 4 == seed % 4
    }
    terms = market.terms._replace(margin_mode="isolated", trigger_by="last")
    return market._replace(decisions=decisions, terms=terms)


def _at_market(decision: Decision) -> Decision:
    if not isinstance(decision, Entry | Close):
        return decision
    return decision._replace(more={key: value for key, value in decision.more.items() if key not in RESTING})
