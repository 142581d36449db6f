"""What kept orders from filling, code by code with its meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from btcli.cli.shown.figures import count, day
from btcli.legible.codes import MEANINGS, WITHOUT_NUMBERS


def friction_lines(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Refused entries, cancelled orders and ignored signals; the meanings of the most frequent codes."""
    attempts = count(metrics["entry_attempts"], "entry", "entries")
    refused, cancelled = metrics["refusals_by_code"], metrics.get("cancellations_by_code", {})
    if refused:
        yield "Refused", f"{_meant(refused, metrics.get('first_refusals', {}))} of {attempts}"
    elif metrics.get("decisions", 1) or metrics["entry_attempts"]:
        yield "Refused", f"none of {attempts}"
    if cancelled:
        yield "Cancelled", _meant(cancelled)
    ignored = metrics.get("signals_ignored", 0)
    if ignored and not metrics["entry_attempts"]:
        yield "Ignored", f"{count(ignored, 'signal')} changed nothing: there was no position to close or reduce"


def _meant(codes: Mapping[str, int], firsts: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> str:
    """The codes by number, each with the numbers of its first refusal; the most frequent one is explained."""
    most = min(codes, key=lambda code: (-codes[code], code))
    said = []
    for code, times in sorted(codes.items(), key=lambda item: (-item[1], item[0])):
        parts = [MEANINGS[most]] if code == most and most in MEANINGS else []
        parts += [numbers_of(code, firsts[code])] if code in firsts and code not in WITHOUT_NUMBERS else []
        said.append(f"{code} {times:,}" + (f" [dim]({'; '.join(parts)})[/]" if parts else ""))
    return ", ".join(said)


def numbers_of(code: str, refusal: Mapping[str, Any]) -> str:
    """The two numbers of a refusal, and when: "first 0.0004 against 0.001, 2024-01-02 05:00"."""
    compared = "" if code in WITHOUT_NUMBERS else f"{refusal['have']:.10g} against {refusal['need']:.10g}, "
    return f"first {compared}{day(refusal['ts'])}"
