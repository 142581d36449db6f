"""Prints what seeded scenarios and hand-computed cases give as digests, to compare two processes byte for byte."""

from __future__ import annotations

import hashlib
import json
import sys

from exchange_answers import all_cases
from exchange_extremes import hostile_scenario
from exchange_markets import random_scenario
from exchange_orders import order_scenario
from exchange_scenarios import Outcome, Scenario, run

SEEDS = range(1, 17)


def fingerprint(outcome: Outcome) -> str:
    """The sha256 of everything that a run has told; floats enter by their shortest exact text."""
    digest = hashlib.sha256(repr((outcome.events, outcome.trades, outcome.counters)).encode())
    digest.update(outcome.row_ts.tobytes() + outcome.rows.tobytes())
    digest.update(f"{outcome.cash!r} {outcome.status} {outcome.state_hash}".encode())
    return digest.hexdigest()


def _cross_with_ladder(seed: int) -> Scenario:
    """Three symbols on one equity too small for them, or each on its own ladder."""
    scenario = order_scenario(seed, symbols=3, cash=400.0)
    mode = "cross" if seed % 2 else "isolated"
    terms = scenario.terms._replace(margin_mode=mode, liquidation="ladder", on_liquidation="continue")
    return scenario._replace(terms=terms)


def fingerprints() -> dict[str, str]:
    """The digest of each seed's runs: market entries, orders of every type, cross margin and the ladder, extremes.

    And of every case on paper: they hold each line of the rulebook.
    """
    digests = {}
    for seed in SEEDS:
        market = random_scenario(seed, symbols=1 + seed % 2)
        digests[f"market {seed}"] = fingerprint(run(market, only_when_flat=True))
        digests[f"orders {seed}"] = fingerprint(run(order_scenario(seed, symbols=1 + seed % 3)))
        digests[f"accounts {seed}"] = fingerprint(run(_cross_with_ladder(seed)))
    for seed in SEEDS[:6]:
        digests[f"extremes {seed}"] = fingerprint(run(hostile_scenario(seed, steps=20)))
    return digests | {f"{case.topic}: {case.name}": fingerprint(run(case.scenario)) for case in all_cases()}


if __name__ == "__main__":
    json.dump(fingerprints(), sys.stdout)
