"""The review after a run: what a careful reader would doubt first, with the evidence; docs/decisions/0040 says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from btcli.analysis.metrics import MetricsInput
from btcli.analysis.review import account, conduct, costs, results
from btcli.analysis.review.conduct import SpecsDay
from btcli.analysis.review.finding import SEVERITIES, Finding
from btcli.frozen import frozen
from btcli.market.odd import OddRows

__all__ = ["SEVERITIES", "Finding", "ReviewInput", "SpecsDay", "review"]


@frozen
class ReviewInput:
    """What a review looks at; nothing of it hangs on the clock or the machine.

    `parameters` is how many numbers of the strategy could have been fitted, `paths` and `deviations` are those of
    metrics.json, `ltf_ms` is how long a bar of ltf takes, `silent` names rules that never fired.
    """

    measured: MetricsInput
    parameters: int
    paths: Mapping[str, Any]
    deviations: Sequence[str] = ()
    ltf_ms: int = 0
    specs: Sequence[SpecsDay] = ()
    data: Sequence[OddRows] = ()
    silent: Sequence[str] = ()


def review(seen: ReviewInput) -> tuple[Finding, ...]:
    """What is doubtful about a run, the gravest first and else in one order; empty when nothing is."""
    return tuple(sorted(_found(seen), key=lambda finding: SEVERITIES.index(finding.severity)))


def _found(seen: ReviewInput) -> Iterator[Finding]:
    measured = seen.measured
    equity, trades, counters = measured.equity, measured.trades, measured.counters
    yield from results.one_trade(trades)
    yield from results.one_day(equity)
    yield from results.few_trades(len(trades), seen.parameters)
    yield from results.paths_disagree(seen.paths, equity.initial_equity_usdt)
    yield from results.many_ambiguous(counters.ambiguous_trades, trades)
    yield from account.liquidations(counters, trades)
    yield from account.contradicting_sharpe(equity)
    yield from costs.costs_of_profit(measured)
    yield from costs.fragile_profit(measured)
    yield from account.flat_equity(equity)
    yield from conduct.late_decision(measured.deciding, equity, seen.ltf_ms)
    yield from conduct.silent_rules(seen.silent)
    yield from conduct.stale_fills(measured.stale_fills)
    yield from conduct.odd_data(seen.data)
    yield from conduct.deleveraging(seen.deviations, trades)
    yield from conduct.other_specs(seen.specs)
    yield from account.annualised_from_days(equity)
