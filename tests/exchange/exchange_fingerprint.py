"""Prints what a row of seeded scenarios gives as digests, so that two processes can be compared byte for byte."""

from __future__ import annotations

import hashlib
import json
import sys

from exchange_markets import random_scenario
from exchange_scenarios import Outcome, run

SEEDS = range(1, 25)


def fingerprint(outcome: Outcome) -> str:
    """The sha256 of everything that a run has told; floats enter by their shortest exact text."""
    digest = hashlib.sha256(repr((outcome.events, outcome.trades, outcome.counters)).encode())
    digest.update(outcome.row_ts.tobytes() + outcome.rows.tobytes())
    digest.update(f"{outcome.cash!r} {outcome.status} {outcome.state_hash}".encode())
    return digest.hexdigest()


def fingerprints() -> dict[str, str]:
    """The digest of each seed's run, with one symbol and with two in turn."""
    return {
        str(seed): fingerprint(run(random_scenario(seed, symbols=1 + seed % 2), only_when_flat=True)) for seed in SEEDS
    }


if __name__ == "__main__":
    json.dump(fingerprints(), sys.stdout)
