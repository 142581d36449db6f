"""Runs a market on each of the three paths, and draws markets of which many may be skipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from exchange_extremes import hostile_scenario as extreme_scenario
from exchange_quiet import Market
from exchange_row import row
from exchange_scenarios import Close, Decision, Entry, Outcome, Scenario, run

from btcli.exchange.book.codes import PATH_NAMES
from btcli.simulation.agreement import PathsSeen, Reason, may_part

RESTING = ("type", "price", "trigger_price", "post_only", "expires_after", "time_in_force")


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
    trades = [trade._replace(mae_usdt=0.0, mfe_usdt=0.0) for trade in outcome.trades]
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
