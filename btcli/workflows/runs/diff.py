"""`btcli diff`: two runs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from btcli.artifacts.comparison import Comparison
from btcli.artifacts.comparison import compare_runs as compare_files
from btcli.frozen import frozen
from btcli.story.records import RunRecord, read_record

BY_SYMBOL = "costs_by_symbol."
COSTS = (
    "turnover",
    "fees_usdt",
    "maker_fees_usdt",
    "funding_",
    "slippage_usdt",
    "stop_slippage_usdt",
    "impact_usdt",
    "liquidation_fees_usdt",
    BY_SYMBOL,
)
SERIES = "series."  # which one of the runs did not read is told as a whole


@frozen
class Changed:
    """A value that two runs do not share, by its dotted name; None where one has none."""

    name: str
    ours: Any
    theirs: Any

    @property
    def difference(self) -> float | None:
        """theirs - ours, None where one of them is no number."""
        numbers = (self.ours, self.theirs)
        if any(isinstance(each, bool) or not isinstance(each, int | float) for each in numbers):
            return None
        return float(self.theirs - self.ours)

    @property
    def is_cost(self) -> bool:
        """Whether it is a figure of what trading cost."""
        return self.name.startswith(COSTS)


@frozen
class RunsDiffer:
    """Where two runs part: inputs, metrics, and the first line of their files that differs."""

    ours: RunRecord
    theirs: RunRecord
    inputs: tuple[Changed, ...]
    metrics: tuple[Changed, ...]
    files: Comparison


def compare_runs(ours: Path, theirs: Path) -> RunsDiffer:
    """Compare two run folders; raises RequestError or AccessError when one cannot be read."""
    one, other = read_record(ours), read_record(theirs)
    inputs = (record.manifest.inputs.model_dump(mode="json") for record in (one, other))
    return RunsDiffer(
        one,
        other,
        tuple(_changes("", *(_named_series(each) for each in inputs))),
        tuple(_changes("", one.metrics, other.metrics)),
        compare_files(ours, theirs),
    )


def _named_series(inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, "series": {series.pop("series"): series for series in inputs["series"]}}


def _are_parts(mine: Any, yours: Any) -> bool:
    return isinstance(mine, Mapping) and isinstance(yours, Mapping)


def _changes(prefix: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Changed]:
    for name in dict.fromkeys((*ours, *theirs)):
        mine, yours = ours.get(name), theirs.get(name)
        absent: dict[str, Any] | None = {} if prefix != SERIES else None
        if _are_parts(absent if mine is None else mine, absent if yours is None else yours):
            yield from _changes(f"{prefix}{name}.", mine or {}, yours or {})
        elif mine != yours:
            yield Changed(prefix + name, mine, yours)
