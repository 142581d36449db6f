"""What kept orders from filling, code by code with its meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from btcli.cli.shown.figures import count, day
from btcli.legible.codes import MEANINGS, WITHOUT_NUMBERS

SHOWN_CODES = 100  # all there are


def friction_lines(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Refused entries, cancelled orders and ignored signals; the meanings of the most frequent codes."""
    if not metrics["refusals_by_code"] and (metrics.get("decisions", 1) or metrics["entry_attempts"]):
        yield "Refused", f"none of {count(metrics['entry_attempts'], 'entry', 'entries')}"
    yield from refused_lines(metrics, SHOWN_CODES)
    yield from cancelled_lines(metrics)
    yield from ignored_lines(metrics)


def refused_lines(metrics: Mapping[str, Any], shown: int) -> Iterator[tuple[str, str]]:
    """Entries that were refused, by the most frequent codes; nothing where none was."""
    refused = metrics["refusals_by_code"]
    if refused:
        said = _meant(refused, metrics.get("first_refusals", {}), shown)
        yield "Refused", f"{said} of {count(metrics['entry_attempts'], 'entry', 'entries')}"


def cancelled_lines(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Orders that were cancelled; nothing where none was."""
    cancelled = metrics.get("cancellations_by_code", {})
    if cancelled:
        yield "Cancelled", _meant(cancelled)


def ignored_lines(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Signals that changed nothing, where no other did."""
    ignored = metrics.get("signals_ignored", 0)
    if ignored and not metrics["entry_attempts"]:
        yield "Ignored", f"{count(ignored, 'signal')} changed nothing: there was no position to close or reduce"


def _meant(
    codes: Mapping[str, int],
    firsts: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    shown: int = SHOWN_CODES,
) -> str:
    """The codes by number, each with the numbers of its first refusal; the most frequent one is explained."""
    ordered = sorted(codes.items(), key=lambda item: (-item[1], item[0]))
    said = []
    for place, (code, times) in enumerate(ordered[:shown]):
        parts = [MEANINGS[code]] if not place and code in MEANINGS else []
        parts += [_first(firsts[code])] if code in firsts and code not in WITHOUT_NUMBERS else []
        said.append(f"{code} {times:,}" + (f" [dim]({'; '.join(parts)})[/]" if parts else ""))
    rest = sum(times for _, times in ordered[shown:])
    return ", ".join((*said, *([f"others {rest:,}"] if rest else [])))


def _first(refusal: Mapping[str, Any]) -> str:
    """The two numbers of a refusal, and when: "first 0.0004 against 0.001, 2024-01-02 05:00"."""
    return f"first {refusal['have']:.10g} against {refusal['need']:.10g}, {day(refusal['ts'])}"
