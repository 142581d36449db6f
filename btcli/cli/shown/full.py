"""The whole summary of a run: what ran, what came out, what it cost, how sure it is, and where it lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.screen import on_one_line, plain_table
from btcli.cli.edge.tables import Pair, SideBySide, WholeWords, named_lines
from btcli.cli.shown.brief import ended_line
from btcli.cli.shown.costs import cost_table, symbol_table
from btcli.cli.shown.decisions import decision_lines
from btcli.cli.shown.deviations import deviation_lines
from btcli.cli.shown.figures import coloured, count, listed, money, number, percent
from btcli.cli.shown.findings import finding_lines
from btcli.cli.shown.friction import friction_lines
from btcli.cli.shown.specs_used import formula_line, specs_lines
from btcli.cli.shown.summary_of import SummaryOf
from btcli.cli.shown.what_ran import read_lines, rule_lines, title_line
from btcli.legible.codes import PATHS, WITHHELD
from btcli.legible.rules import rule_lines as counted_lines

SHOWN_SYMBOLS = 3


def show_full(console: Console, run: SummaryOf) -> None:
    """Draw every line there is of a run with metrics."""
    metrics, config = run.metrics, run.manifest.inputs.config
    console.print()
    console.print(title_line(run.manifest))
    for line in read_lines(run.manifest):
        console.print(f"[dim]{line}[/]")
    console.print()
    console.print(SideBySide(list(_result(metrics)), list(_trading(metrics))))
    console.print()
    if WITHHELD in metrics["paths"]:
        console.print(f"  [bold]no outcomes on other paths:[/] {escape(metrics['paths'][WITHHELD])}", soft_wrap=True)
    else:
        console.print(_paths(metrics["paths"], config["fills"]["path"]))
    console.print()
    console.print(cost_table(metrics, config["costs"]))
    console.print()
    by_symbol = metrics.get("costs_by_symbol", {})
    if len(by_symbol) > 1:
        console.print(symbol_table(by_symbol))
        console.print()
    console.print(named_lines((*_sureness(metrics, config), *run.also, *_ending(run))))


def _result(metrics: Mapping[str, Any]) -> Iterator[Pair]:
    profit = metrics["net_profit_usdt"]
    yield "Final equity", f"{money(metrics['final_equity_usdt'])} USDT"
    yield "Net profit", coloured(f"{money(profit, sign=True)} USDT", profit)
    yield "Return", coloured(percent(metrics["return_pct"], sign=True), profit)
    yield _buy_and_hold(metrics["buy_and_hold_pct"])
    yield "Max drawdown", percent(metrics["max_drawdown_pct"])
    yield "Sharpe, Sortino", f"{number(metrics['sharpe'])}, {number(metrics['sortino'])}"


def _buy_and_hold(held_pct: Mapping[str, float | None]) -> Pair:
    """What holding the symbols themselves would have given, one by one or their mean."""
    known = [value for value in held_pct.values() if value is not None]
    if len(held_pct) > SHOWN_SYMBOLS and known:
        return "Buy and hold, mean", percent(sum(known) / len(known), sign=True)
    return "Buy and hold", ", ".join(percent(value, sign=True) for value in [*held_pct.values()][:SHOWN_SYMBOLS])


def _trading(metrics: Mapping[str, Any]) -> Iterator[Pair]:
    yield "Trades", f"{metrics['trades']:,} ({metrics['long']['trades']:,} long, {metrics['short']['trades']:,} short)"
    yield "Won", percent(metrics["win_rate_pct"], digits=1)
    yield "Profit factor", number(metrics["profit_factor"])
    yield "Per trade", f"{money(metrics['expectancy_usdt'], sign=True)} USDT"
    yield "Held", f"{number(metrics['average_duration_hours'], 1)} h on average"
    yield "In the market", f"{percent(metrics['exposure_pct'], digits=1)} of the time"


def _paths(paths: Mapping[str, Any], chosen: str) -> WholeWords:
    """How the run ends in each order of a bar's extremes; why it ended, where that differs."""
    headings = ["  inside a bar comes", "final equity", "max drawdown", "trades"]
    differ = len({outcome["status"] for outcome in paths.values()}) > 1
    table = plain_table(*headings, *(["ended"] if differ else []), right=headings[1:])
    for path, outcome in paths.items():
        table.add_row(
            f"  {PATHS[path]} ({path}{', this run' if path == chosen else ''})",
            money(outcome["final_equity_usdt"]),
            percent(outcome["max_drawdown_pct"]),
            f"{outcome['trades']:,}",
            *([escape(outcome["status"])] if differ else []),
            style="bold" if path == chosen else "",
        )
    return table


def _sureness(metrics: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[Pair]:
    ambiguous, trades = metrics["ambiguous_trades"], metrics["trades"]
    yield "Ambiguous", f"{ambiguous:,} of {count(trades, 'trade')} hang on the order of prices inside a bar"
    nearest = metrics["nearest_liquidation_pct"]
    used = percent(metrics["max_used_margin_pct"], digits=1)
    margin = f"leverage {config['account']['leverage']:g}, at most {used} of equity used"
    margin += "" if nearest is None else f", liquidation at closes never nearer than {percent(nearest, digits=1)}"
    yield "Margin", f"{margin}, {count(metrics['liquidations'], 'liquidation')}"
    yield from decision_lines(metrics)
    yield from friction_lines(metrics)
    yield from deviation_lines(metrics)
    yield from finding_lines(metrics)


def _ending(run: SummaryOf) -> Iterator[Pair]:
    manifest = run.manifest
    exits = listed(run.metrics["exit_reasons"])
    if exits:
        yield "Exits", escape(exits)
    yield from rule_lines(manifest.inputs.config["strategy"])
    yield from (
        ("" if number else "Counted", on_one_line(line)) for number, line in enumerate(counted_lines(run.rules))
    )
    yield "Ended", ended_line(run.metrics["status"])
    for line in specs_lines(manifest.environment.get("instruments", ())):
        yield "Instruments", line
    if formula := formula_line(manifest.inputs.formulas):
        yield "Formula", formula
    yield "Preflight", {True: "passed", False: "failed", None: "[yellow]skipped[/]"}[manifest.preflight.passed]
    yield "Files", escape(str(run.folder))
