"""The review of a finished run, put together from what the run is made of and what came out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from btcli.analysis.metrics import MetricsInput
from btcli.analysis.review import ReviewInput, SpecsDay, review
from btcli.config.specs.dating import days_beyond
from btcli.market.odd import OddRows
from btcli.simulation.parts import Prepared


def findings_of(
    parts: Prepared,
    measured: MetricsInput,
    paths: Mapping[str, Any],
    deviations: Sequence[str],
    silent: Iterable[str],
    odd: Sequence[OddRows],
) -> list[dict[str, Any]]:
    """`findings` of metrics.json; `odd` are rows that preflight would look at twice, `silent` rules never fired."""
    seen = ReviewInput(
        measured=measured,
        parameters=parameters_of(parts),
        paths=paths,
        deviations=deviations,
        ltf_ms=parts.system.timeframes.ltf.ms,
        specs=tuple(specs_of(parts)),
        data=odd,
        silent=tuple(silent),
    )
    return [finding.to_dict() for finding in review(seen)]


def parameters_of(parts: Prepared) -> int:
    """How many numbers the strategies have as parameters, defaults included; what symbols share counts once."""
    found: set[tuple[str, str, float]] = set()
    for symbol in parts.system.symbols:
        strategy = parts.own[symbol].strategy if symbol in parts.own else parts.strategy
        found |= {
            (strategy.name, name, float(value))
            for name, value in strategy.params.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        }
    return len(found)


def specs_of(parts: Prepared) -> Iterator[SpecsDay]:
    """The days of the specs that have one; those that come with sample data are of no day that means anything."""
    for symbol, specs in parts.instruments.items():
        if symbol not in parts.system.instruments and parts.system.venue == "sample":
            continue
        beyond = days_beyond(specs.as_of, parts.window.start_ms, parts.window.end_ms)
        if beyond is not None:
            yield SpecsDay(symbol, specs.as_of, beyond)
