"""A part that would close nothing of a fixed size is warned of before anything is run."""

from __future__ import annotations

import pytest

from btcli.config.loading import parse_system
from btcli.simulation.small_shares import small_shares

SYSTEM = """\
system: small
venue: sample
symbols: [BTCUSDT]
timeframes: {{ltf: 1m}}
risk: {{sizing: {{{sizing}}}}}
strategy:
  rules:
    long:
      enter: close > open
      exits: [{{share: 0.09, at: 10}}, {{share: 0.1, at: 20}}, {{share: 0.81, at: 30}}]{size}
"""


def said(sizing: str, size: str = "") -> list[str]:
    """The warnings of a system whose step is 0.001."""
    return list(small_shares(parse_system(SYSTEM.format(sizing=sizing, size=size), "small.yml")))


def test_a_share_below_one_step_of_a_fixed_size_is_warned_of() -> None:
    """Of 0.010 coins 9 % is no step of 0.001, 10 % is one; the place is the share's."""
    assert said("qty: 0.01") == [
        "small.yml:10:23 strategy.rules.long.exits[0].share: closes nothing of BTCUSDT: "
        "9 % of 0.01 coins is less than its step of 0.001"
    ]
    assert said("qty: 0.02") == []


@pytest.mark.parametrize(
    ("size", "count"), [("qty: 0.01", 1), ("qty: 0.02", 0), ("qty: close / 9", 0), ("risk_pct: 1", 0)]
)
def test_the_size_of_the_side_counts(size: str, count: int) -> None:
    """What rules size by takes the place of the run's; what is not one number is not known before."""
    stop = "\n      stop: 9" if "risk" in size else ""
    assert len(said("qty: 0.001", f"\n      size: {{{size}}}{stop}")) == count


def test_what_hangs_on_equity_is_not_known_before() -> None:
    """A share of it may be anything."""
    assert said("notional_pct: 1") == []
