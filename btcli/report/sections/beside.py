"""Several runs side by side: what came out of each, and in what they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from btcli.legible.costs import all_costs, cost_rows
from btcli.legible.figures import ABSENT, day, money, number, percent
from btcli.report.content import RunContent
from btcli.report.html import Markup, element, together
from btcli.report.sections.parts import Cell, earned, figure, found, gained, name, note, part, small, table
from btcli.report.sections.settings import said

FIGURES: tuple[tuple[str, str, Callable[[Any], Cell]], ...] = (
    ("return", "return_pct", gained),
    ("net profit, USDT", "net_profit_usdt", earned),
    ("final equity, USDT", "final_equity_usdt", money),
    ("CAGR", "cagr_pct", gained),
    ("Sharpe", "sharpe", number),
    ("Sortino", "sortino", number),
    ("Calmar", "calmar", number),
    ("max drawdown", "max_drawdown_pct", percent),
    ("trades", "trades", lambda value: f"{value:,}"),
    ("won", "win_rate_pct", percent),
    ("profit factor", "profit_factor", number),
    ("per trade, USDT", "expectancy_usdt", earned),
    ("in the market", "exposure_pct", percent),
    ("liquidations", "liquidations", lambda value: f"{value:,}"),
    ("ambiguous trades", "ambiguous_trades", lambda value: f"{value:,}"),
)
LONGEST = 60  # letters of a value that stand in a cell


def side_by_side(contents: Sequence[RunContent]) -> Markup:
    """The figures of all runs in one table, and the inputs that they do not share in another."""
    heads = ("", *(_head(place, each) for place, each in enumerate(contents)))
    differing = list(_differing([_inputs(each) for each in contents]))
    inputs = table(heads, differing, kind="differing") if differing else note("The inputs of these runs are the same.")
    return part(
        "Side by side",
        table(heads, _figures(contents), kind="beside"),
        element("h3", "In what they differ"),
        inputs,
        kind="side-by-side",
    )


def _head(place: int, content: RunContent) -> Markup:
    """The run's name, which leads to it."""
    return together(element("a", name(content.name), href=f"#run{place}"), " ", small(element("code", content.run_id)))


def _figures(contents: Sequence[RunContent]) -> Iterator[tuple[Cell, ...]]:
    for title, key, write in FIGURES:
        yield title, *(figure(each.metrics, key, write) for each in contents)
    yield "costs, USDT", *map(_costs, contents)
    yield "findings", *map(_findings, contents)


def _costs(content: RunContent) -> Markup:
    rows = list(cost_rows(content.metrics, content.manifest["inputs"]["config"]["costs"]))
    left_out = any(amount is None for _, amount, _ in rows)
    return together(money(all_costs(rows)), *((" ", small("funding left out")) if left_out else ()))


def _findings(content: RunContent) -> Markup:
    if content.findings is None:
        return small("not reviewed")
    doubts = sum(each["severity"] == "doubt" for each in content.findings)
    return together(f"{len(content.findings):,}", *((" ", small(f"{doubts:,} in doubt")) if doubts else ()))


def _inputs(content: RunContent) -> dict[str, Any]:
    """What makes a run what it is, by dotted names; moments to the minute, digests by their first letters."""
    inputs: Mapping[str, Any] = content.manifest["inputs"]
    series = {each["series"]: f"{each['rows']:,} rows, {each['sha256'][:12]}" for each in inputs.get("series", ())}
    flat = dict(_leaves("", inputs.get("config", {})))
    for key in ("start", "end"):
        flat[f"window.{key}"] = day(inputs.get("window", {}).get(key))
    for key, sha256 in (
        ("strategy's source", found(inputs, "strategy.sha256")),
        ("engine", inputs.get("engine_sha256")),
        *((f"specs of {symbol}", sha256) for symbol, sha256 in (inputs.get("instruments") or {}).items()),
    ):
        flat[key] = (sha256 or ABSENT)[:12]
    return {**flat, "rules version": inputs.get("rules_version"), **series}


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield key, value
        return
    for step, below in value.items():
        yield from _leaves(f"{key}.{step}" if key else step, below)


def _differing(inputs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Cell, ...]]:
    for key in dict.fromkeys(key for each in inputs for key in each):
        values = [said(each[key]) if key in each else ABSENT for each in inputs]
        if len(set(values)) > 1:
            yield element("code", key), *map(_cut, values)


def _cut(value: str) -> Markup:
    """A value, which is whole where it is pointed at."""
    if len(value) <= LONGEST:
        return name(value)
    return element("bdi", f"{value[:LONGEST]}…", title=value)
