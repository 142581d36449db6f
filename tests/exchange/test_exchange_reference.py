"""The exchange against a second reading of the rulebook, written without knowledge of the first."""

from __future__ import annotations

import math
from typing import Any

import pytest
from exchange_answers import all_cases
from exchange_markets import random_scenario, seeds
from exchange_reference import Reference, reference
from exchange_scenarios import Scenario, run
from hypothesis import example, given, settings

from btcli.exchange.events import Trade

# The second reading covers market entries with one stop and one target on one isolated symbol.
COVERED = {"data_gaps", "entries", "funding", "gaps", "liquidation", "paths", "run_stops", "sizing_and_gates"}
COVERED |= {"stops_and_targets"}
SINGLE = [case for case in all_cases() if case.topic in COVERED and len(case.scenario.last) == 1]


def _of_exchange(trade: Trade) -> tuple[Any, ...]:
    side = 1 if trade.side == "long" else -1
    ends = (trade.entry_ts, trade.entry_price, trade.exit_ts, trade.exit_price, trade.exit_reason)
    return (side, trade.qty, *ends, trade.fees_usdt, trade.funding_usdt, trade.net_pnl_usdt, trade.ambiguous)


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, float) or isinstance(two, float):
        return math.isclose(one, two, rel_tol=1e-9, abs_tol=2e-8)
    return bool(one == two)


def _differences(scenario: Scenario) -> list[str]:
    outcome, second = run(scenario, only_when_flat=True), reference(scenario)
    problems = []
    pairs = zip([_of_exchange(trade) for trade in outcome.trades], second.trades, strict=False)
    for n, (one, two) in enumerate(pairs):
        if not all(_same(a, b) for a, b in zip(one, two, strict=True)):
            problems.append(f"trade {n + 1}: exchange {one}\n       reference {tuple(two)}")
    if len(outcome.trades) != len(second.trades):
        problems.append(f"{len(outcome.trades)} trades against {len(second.trades)}")
    return problems + _of_account(outcome.cash, outcome.status, outcome.counters.refusals, second)


def _of_account(cash: float, status: str, refusals: dict[str, int], second: Reference) -> list[str]:
    problems = []
    if not math.isclose(cash, second.cash, rel_tol=1e-9, abs_tol=1e-6):
        problems.append(f"cash {cash} against {second.cash}")
    if status != second.status:
        problems.append(f"status {status} against {second.status}")
    if refusals != dict(sorted(second.refusals.items())):
        problems.append(f"refusals {refusals} against {second.refusals}")
    return problems


@pytest.mark.parametrize("case", SINGLE, ids=[f"{case.topic}-{case.name.replace(' ', '_')}" for case in SINGLE])
def test_both_readings_agree_on_the_cases_on_paper(case: Any) -> None:
    """The second reading gives the same trades and cash as the exchange on every hand-computed case."""
    assert not _differences(case.scenario)


@given(seed=seeds)
@example(seed=202)  # a settlement larger than the margin
@example(seed=980)  # a liquidation while a reversal waits
@settings(max_examples=300)
def test_both_readings_agree_on_random_markets(seed: int) -> None:
    """Trades, refusals, cash and status agree on random bars, marks, funding, holes and decisions."""
    differences = _differences(random_scenario(seed))
    assert not differences, "\n".join(differences[:3])


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_both_readings_agree_on_many_markets(block: int) -> None:
    """The same, on a long row of seeds."""
    for seed in range(block * 200, block * 200 + 200):
        assert not _differences(random_scenario(seed)), seed
