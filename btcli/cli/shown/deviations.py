"""What the simulated exchange leaves out and a run has touched, in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from btcli.cli.edge.tables import Pair
from btcli.legible.codes import DEVIATIONS


def deviation_lines(metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """A line for each, the first under a name; docs/deviations.md has sizes and sources."""
    for number, code in enumerate(metrics.get("deviations", ())):
        yield "" if number else "Left out", DEVIATIONS.get(code, code)
