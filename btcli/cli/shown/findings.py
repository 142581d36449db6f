"""What the review of a run found, gravest first: a line for each, with its severity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from btcli.cli.edge.screen import on_one_line
from btcli.cli.edge.tables import Pair

COLOURS = {"doubt": "red", "warning": "yellow", "note": "dim"}


def finding_lines(metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """The findings, the first under a name; runs made before there was a review have no line."""
    if "findings" not in metrics:
        return
    found = metrics["findings"]
    if not found:
        yield "Findings", "none: nothing that the review looks at is beyond its limit"
    for number, each in enumerate(found):
        yield "" if number else "Findings", finding_line(each)


def finding_line(finding: Mapping[str, Any]) -> str:
    """As "doubt    trade 17 alone made 62 % of the net profit", with the trade, symbol and day where it has them."""
    severity = finding["severity"]
    colour = COLOURS.get(severity, "default")
    place = _place(finding.get("where", {}), finding["message"])
    beside = f" [dim]({on_one_line(place)})[/]" if place else ""
    return f"[{colour}]{on_one_line(severity):<7}[/]  {on_one_line(finding['message'])}{beside}"


def _place(where: Mapping[str, Any], message: str) -> str:
    """What the sentence has not said already: "trade 17, BTCUSDT, 2024-02-03"."""
    trade = f"trade {where['trade_id']}" if where.get("trade_id") is not None else ""
    said = (trade, where.get("symbol"), where.get("day"))
    return ", ".join(str(each) for each in said if each and str(each) not in message)
