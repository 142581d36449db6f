"""The summary of a run on one screen: whether to believe it, what came out, where it lies and what is next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markup import escape
from rich.text import Text

from btcli.cli.edge.folding import Folded
from btcli.cli.edge.options import RUNS
from btcli.cli.edge.tables import Pair, SideBySide, named_lines
from btcli.cli.shown.chart import EquityCurve
from btcli.cli.shown.decisions import late_lines
from btcli.cli.shown.figures import coloured, count, money, number, percent
from btcli.cli.shown.findings import finding_line
from btcli.cli.shown.friction import cancelled_lines, ignored_lines, refused_lines
from btcli.cli.shown.summary_of import SummaryOf
from btcli.cli.shown.what_ran import short_line, title_line
from btcli.legible.codes import DEVIATIONS, ENDINGS, PATHS, WITHHELD, ended_early
from btcli.legible.costs import all_costs, bps, cost_rows
from btcli.legible.rules import side_lines

LINES, COLUMNS = 22, 80  # of 24 by 80: the command stands above them, the next prompt below
# Findings, lines of the curve and of what is next: the best that fits.
SHAPES = ((3, 4, 2), (3, 3, 2), (3, 2, 2), (3, 2, 1), (2, 2, 1), (1, 2, 1), (1, 0, 1))


class Brief:
    """The screen; where it would not fit, findings give way to their number and the curve to the words.

    On screens of other widths the same is said.
    """

    def __init__(self, run: SummaryOf) -> None:
        self._run = run

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        usual = options.update_width(COLUMNS)
        for shape in SHAPES:
            parts = list(_parts(self._run, *shape))
            if sum(len(console.render_lines(part, usual, pad=False)) for part in parts) <= LINES:
                break
        yield from parts


def _parts(run: SummaryOf, findings: int, curve_lines: int, next_lines: int) -> Iterator[RenderableType]:
    yield Text()
    yield _line(title_line(run.manifest))
    yield _line(f"[dim]{short_line(run.manifest)}[/]")
    yield Text()
    yield from _findings(run.metrics, findings)
    yield SideBySide(list(_result(run.metrics)), list(_trading(run.metrics, run.manifest.inputs.config["costs"])))
    yield Text()
    if run.outline and curve_lines:
        yield EquityCurve(run.outline, curve_lines)
        yield Text()
    yield named_lines((*_notes(run), *_whereabouts(run, next_lines)))


def ended_line(status: str) -> str:
    """Why a run ended."""
    return f"{escape(status)}: {ENDINGS.get(status, '')}"


def _line(markup: str) -> Folded:
    return Folded(Text.from_markup(markup, emoji=False))


def _findings(metrics: Mapping[str, Any], shown: int) -> Iterator[RenderableType]:
    if "findings" not in metrics:  # a run from before there was a review
        return
    found = metrics["findings"]
    for each in found[:shown]:
        yield _line(f"  {finding_line(each)}")
    if len(found) > shown:
        yield _line(f"  [dim]… and {len(found) - shown} more (--full has them)[/]")
    if not found:
        yield _line("  [green]no findings:[/] [dim]nothing that the review looks at is beyond its limit[/]")
    yield Text()


def _result(metrics: Mapping[str, Any]) -> Iterator[Pair]:
    profit = metrics["net_profit_usdt"]
    yield "Return", coloured(percent(metrics["return_pct"], sign=True), profit)
    yield "CAGR", percent(metrics.get("cagr_pct"), sign=True)
    yield "Sharpe, Calmar", f"{number(metrics['sharpe'])}, {number(metrics.get('calmar'))}"
    yield "Max drawdown", percent(metrics["max_drawdown_pct"])
    yield "Buy and hold", _held(metrics["buy_and_hold_pct"])


def _held(held_pct: Mapping[str, float | None]) -> str:
    """What holding the symbol would have given, or the mean of several."""
    known = [value for value in held_pct.values() if value is not None]
    mean = percent(sum(known) / len(known) if known else None, sign=True)
    return f"mean {mean}" if len(held_pct) > 1 else mean


def _trading(metrics: Mapping[str, Any], costs: Mapping[str, Any]) -> Iterator[Pair]:
    yield "Final equity", f"{money(metrics['final_equity_usdt'])} USDT"
    yield "Trades", f"{metrics['trades']:,} ({metrics['short']['trades']:,} short)"
    yield "Won, factor", f"{percent(metrics['win_rate_pct'], digits=1)}, {number(metrics['profit_factor'])}"
    costs_usdt = all_costs(cost_rows(metrics, costs))
    yield "Costs", f"{money(costs_usdt)} USDT, {bps(costs_usdt, metrics['turnover_usdt'])} bps"
    if metrics["liquidations"]:
        yield "Liquidation", coloured(count(metrics["liquidations"], "time"), -1)
    else:
        nearest = metrics["nearest_liquidation_pct"]
        yield "Liquidation", "none" if nearest is None else f"never nearer than {percent(nearest, digits=1)}"


def _notes(run: SummaryOf) -> Iterator[Pair]:
    """What is worth a line: the other paths always, the rest where it is not as it should be."""
    metrics = run.metrics
    yield "Paths", _paths(metrics, run.manifest.inputs.config["fills"]["path"])
    yield from (("" if number else "Rules", line) for number, line in enumerate(side_lines(run.rules)))
    yield from late_lines(metrics)
    yield from refused_lines(metrics, shown=1)
    if not metrics["trades"]:
        yield from cancelled_lines(metrics)
    yield from ignored_lines(metrics)
    if ended_early(metrics["status"]):
        yield "Ended", ended_line(metrics["status"])
    if run.manifest.preflight.passed is not True:
        yield "Preflight", "failed" if run.manifest.preflight.passed is False else "[yellow]skipped[/]"
    if "FUNDING_LEFT_OUT" in metrics.get("deviations", ()):
        yield "Left out", DEVIATIONS["FUNDING_LEFT_OUT"]
    yield from run.also


def _paths(metrics: Mapping[str, Any], chosen: str) -> str:
    paths = metrics["paths"]
    if WITHHELD in paths:
        return f"withheld: {escape(paths[WITHHELD])}"
    doubtful = f"{metrics['ambiguous_trades']:,} of {count(metrics['trades'], 'trade')} ambiguous"
    if len({(outcome["status"], outcome["final_equity_usdt"]) for outcome in paths.values()}) == 1:
        return f"all three orders inside a bar agree, {doubtful}"
    ends = ", ".join(
        f"{PATHS[path].removeprefix('the ')} {money(outcome['final_equity_usdt'])}"
        + (" (this run)" if path == chosen else "")
        for path, outcome in paths.items()
    )
    return f"{ends}; {doubtful}"


def _whereabouts(run: SummaryOf, next_lines: int) -> Iterator[Pair]:
    """Where the run lies, and commands to be pasted: those on runs elsewhere have a line of their own each."""
    is_near = run.folder.parent.parent.parent == RUNS
    name = run.manifest.run_id if is_near else shlex.quote(str(run.folder))
    report, show = f"btcli report {name}", f"btcli show {name} --full"
    lines = (f"{report}, btcli trades {name} --by side" if is_near else report, show)
    yield "Files", escape(str(run.folder))
    for row, line in enumerate(lines[:next_lines]):
        yield "" if row else "Next", escape(line)
