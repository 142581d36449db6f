"""The summary of a run: what ran, what came out, what it cost, how sure it is, and where it lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import notices, plain_table
from btcli.cli.edge.tables import Pair, SideBySide, WholeWords, named_lines
from btcli.cli.shown.costs import cost_table, symbol_table
from btcli.cli.shown.decisions import decision_lines
from btcli.cli.shown.deviations import deviation_lines
from btcli.cli.shown.figures import ABSENT, coloured, count, day, listed, money, number, percent
from btcli.cli.shown.findings import finding_lines
from btcli.cli.shown.friction import friction_lines
from btcli.cli.shown.specs_used import formula_line, specs_lines
from btcli.config.sections import RULES
from btcli.errors import Problem
from btcli.legible.codes import END_OF_DATA, ENDINGS, PATHS, WITHHELD

if TYPE_CHECKING:
    from btcli.artifacts.manifest import RunManifest
    from btcli.simulation.detail import Detailed
    from btcli.story.records import RunRecord
    from btcli.workflows.run import RunOutcome

NO = 1
ENDED_EARLY = 5
SHOWN_SYMBOLS = 3


def run_answer(outcome: RunOutcome, *, timed: bool = False, must_decide: bool = False) -> Answer:
    """The answer of `btcli run`, with the seconds it took when `timed`; exit code 5 when the account ended the run.

    With `must_decide` a run in which nothing could be decided for some symbol is a no: exit code 1.
    """
    identical = None if outcome.earlier is None else outcome.earlier.identical

    def show(console: Console) -> None:
        also: list[Pair] = []
        if outcome.detailed is not None:
            also.append(("Detail", _detail_line(outcome.detailed, outcome.metrics["final_equity_usdt"])))
        if identical:
            also.append(("Again", "the same inputs ran before: identical"))
        show_summary(console, outcome.run_dir, outcome.manifest, outcome.metrics, also)
        if timed:
            notices().print(f"timing: {_timing_line(outcome)}", soft_wrap=True)

    more = {"identical": identical, **({"timing": _timing(outcome)} if timed else {})}
    if outcome.detailed is not None:
        more["detail"] = {**asdict(outcome.detailed), "settled": outcome.detailed.settled}
    refused = outcome.undecided if must_decide else ()
    told = () if must_decide else outcome.undecided
    warnings = (*told, *outcome.warnings, *_path_warnings(outcome.metrics), *_detail_warnings(outcome))
    answer = _answer(outcome.run_dir, outcome.manifest, outcome.metrics, show, warnings, more)
    return answer if not refused else _without_decisions(answer, refused)


def _without_decisions(answer: Answer, refused: Sequence[str]) -> Answer:
    """The same answer as a no, because decisions were required; its artifacts are complete."""
    hint = "give it more history, another timeframe, or a later start (see the warnings)"
    problems = tuple(("NoDecisions", Problem(said, "--require-decisions", hint)) for said in refused)
    title = "Nothing could be decided"
    return replace(answer, exit_code=NO, problems=(*problems, *answer.problems), title=title)


def _path_warnings(metrics: Mapping[str, Any]) -> Iterator[str]:
    if WITHHELD in metrics["paths"]:
        yield f"the outcomes on the other paths are withheld: {metrics['paths'][WITHHELD]}"


def _detail_line(detailed: Detailed, before_usdt: float) -> str:
    if detailed.withheld is not None:
        return f"withheld: {escape(detailed.withheld)}"
    if not detailed.ambiguous:
        return "nothing to settle: no trade is ambiguous"
    said = f"{detailed.timeframe} candles settled {detailed.settled} of {count(detailed.ambiguous, 'ambiguous trade')}"
    if detailed.bars:
        after = f"{money(detailed.final_equity_usdt)} USDT instead of {money(before_usdt)}"
        said += f" in {count(detailed.bars, 'bar')}; final equity with them {after}"
    return said + (f"; {count(detailed.without_candles, 'bar')} had none" if detailed.without_candles else "")


def _detail_warnings(outcome: RunOutcome) -> Iterator[str]:
    """Bars in doubt that stay so for want of candles, and what brings them."""
    detailed, config = outcome.detailed, outcome.manifest.inputs.config
    if detailed is None:
        return
    if detailed.withheld is not None:
        yield f"what finer candles settle is withheld: {detailed.withheld}"
    if not detailed.without_candles:
        return
    kinds = "trade and mark candles" if config["fills"]["mark_source"] == "mark" else "trade candles"
    fetch = f"btcli data sync --venue {config['venue']} --symbol {' --symbol '.join(config['symbols'])}"
    bring = f"btcli data sample --detail {detailed.timeframe}" if config["venue"] == "sample" else fetch
    bars = count(detailed.without_candles, "bar")
    yield f"{bars} in doubt without stored {kinds} of {detailed.timeframe}: {bring} brings them"


def _timing(outcome: RunOutcome) -> dict[str, Any]:
    """Seconds of this process beside the hash of the state that they led to."""
    timing = outcome.timing
    seconds = {"setup_s": timing.setup_s, "engine_s": timing.engine_s, "engine_cpu_s": timing.engine_cpu_s}
    seconds |= {"passes": timing.passes, "passes_s": timing.passes_s}
    return {**seconds, "result_sha256": outcome.manifest.outputs.state_hash}


def _timing_line(outcome: RunOutcome) -> str:
    timing, result = outcome.timing, str(outcome.manifest.outputs.state_hash)[:16]
    passes = f"{count(timing.passes, 'pass', 'passes')} {timing.passes_s:.3f} s"
    engine = f"engine {timing.engine_s:.3f} s ({timing.engine_cpu_s:.3f} s of processors)"
    return f"{engine}, set up in {timing.setup_s:.3f} s, {passes}, result {result}"


def record_answer(record: RunRecord) -> Answer:
    """The answer of `btcli show`: always 0, it only looks."""
    answer = _answer(
        record.path,
        record.manifest,
        record.metrics,
        lambda console: show_summary(console, record.path, record.manifest, record.metrics),
    )
    return Answer(answer.data, answer.show)


def runs_answer(records: Sequence[RunRecord], runs: Path) -> Answer:
    """A line per run."""

    def show(console: Console) -> None:
        if not records:
            console.print(f"{escape(str(runs))} holds no runs yet: btcli run makes one", soft_wrap=True)
            return
        table = plain_table(
            "run", "system", "window", "ended", "return", "drawdown", "trades", right=("return", "drawdown", "trades")
        )
        for record in records:
            table.add_row(*_run_row(record))
        console.print(table)

    rows = [
        {
            "run_id": record.manifest.run_id,
            "run_dir": record.path,
            "system": record.manifest.system,
            "window": record.manifest.window,
            "status": record.manifest.status,
            "stop_reason": record.metrics.get("status"),
            "net_profit_usdt": record.metrics.get("net_profit_usdt"),
            "trades": record.metrics.get("trades"),
        }
        for record in records
    ]
    return Answer({"runs": rows}, show)


def show_summary(
    console: Console, folder: Path, manifest: RunManifest, metrics: Mapping[str, Any], also: Sequence[Pair] = ()
) -> None:
    """Draw the whole summary; `also` is known of this process alone."""
    config = manifest.inputs.config
    console.print()
    system, window, run_id = map(escape, (manifest.system, manifest.window, manifest.run_id))
    console.print(f"[bold]{system}[/] [dim]·[/] {window} [dim]· run {run_id}[/]")
    for line in _what_ran(manifest, config):
        console.print(f"[dim]{line}[/]")
    console.print()
    if not metrics:
        console.print(f"  {manifest.status}: {escape(manifest.failure or 'no results')}")
        return
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
    console.print(named_lines((*_sureness(metrics, config), *also, *_ending(folder, manifest, metrics))))


def _answer(
    folder: Path,
    manifest: RunManifest,
    metrics: Mapping[str, Any],
    show: Any,
    warnings: tuple[str, ...] = (),
    more: Mapping[str, Any] | None = None,
) -> Answer:
    status = str(metrics.get("status", manifest.status))
    data = {
        "run_dir": folder,
        "run_id": manifest.run_id,
        "status": status,
        "metrics": metrics,
        **_specs(manifest),
        **(more or {}),
    }
    if status in (END_OF_DATA, manifest.status):
        return Answer(data, show, 0, warnings)
    ended = Problem(
        f"the run ended early: {ENDINGS.get(status, 'for a reason that this version does not know')}",
        hint="its artifacts are complete",
    )
    return Answer(data, show, ENDED_EARLY, warnings, ((status, ended),), "The account ended the run")


def _specs(manifest: RunManifest) -> dict[str, Any]:
    """The specs of a run, when it came far enough to tell them."""
    return {key: manifest.environment[key] for key in ("instruments",) if key in manifest.environment}


def _run_row(record: RunRecord) -> tuple[str, ...]:
    metrics, manifest = record.metrics, record.manifest
    gained = metrics.get("return_pct")
    return (
        *map(escape, (manifest.run_id, manifest.system, manifest.window, str(metrics.get("status", manifest.status)))),
        coloured(percent(gained, sign=True), gained),
        percent(metrics.get("max_drawdown_pct")),
        str(metrics.get("trades", ABSENT)),
    )


def _what_ran(manifest: RunManifest, config: Mapping[str, Any]) -> Iterator[str]:
    frames = config["timeframes"]
    roles = " ".join(f"{role} {frames[role]}" for role in ("exec", "ltf", "mtf", "htf"))
    yield escape(" · ".join(_strategies(config["strategy"])))
    window = manifest.inputs.window
    yield f"{day(window.start)} to {day(window.end)} UTC · {config['venue']} {_symbols(config)} · {roles}"
    read = manifest.inputs.series
    if len(config["symbols"]) > 1:
        yield f"{len(read)} series · {sum(each.rows for each in read):,} rows"
        return
    series = (f"{' '.join(each.series.split()[2:])} {each.rows:,}" for each in read)
    yield escape(f"{' · '.join(series)} rows")


def _strategies(written: Mapping[str, Any]) -> Iterator[str]:
    """The strategy of all symbols, and the first of those that single symbols have."""
    everywhere = written.get("use") or RULES
    yield _strategy(everywhere, written.get("params", {}))
    own = written.get("per_symbol", {})
    for symbol, each in list(own.items())[:SHOWN_SYMBOLS]:
        yield f"{symbol} {_strategy(each.get('use', everywhere), each.get('params', {}))}"
    if len(own) > SHOWN_SYMBOLS:
        yield f"and {len(own) - SHOWN_SYMBOLS} more of their own"


def _strategy(use: str, params: Mapping[str, Any]) -> str:
    said = ", ".join(f"{name} {value}" for name, value in params.items())
    return f"{use} ({said})" if said else use


def _symbols(config: Mapping[str, Any]) -> str:
    symbols = config["symbols"]
    more = f" and {len(symbols) - SHOWN_SYMBOLS} more" if len(symbols) > SHOWN_SYMBOLS else ""
    return " ".join(symbols[:SHOWN_SYMBOLS]) + more


def _result(metrics: Mapping[str, Any]) -> Iterator[Pair]:
    profit = metrics["net_profit_usdt"]
    yield "Final equity", f"{money(metrics['final_equity_usdt'])} USDT"
    yield "Net profit", coloured(f"{money(profit, sign=True)} USDT", profit)
    yield "Return", coloured(percent(metrics["return_pct"], sign=True), profit)
    held = metrics["buy_and_hold_pct"]
    if len(held) > SHOWN_SYMBOLS:
        yield "Buy and hold, mean", percent(sum(held.values()) / len(held), sign=True)
    else:
        yield "Buy and hold", ", ".join(percent(value, sign=True) for value in held.values())
    yield "Max drawdown", percent(metrics["max_drawdown_pct"])
    yield "Sharpe, Sortino", f"{number(metrics['sharpe'])}, {number(metrics['sortino'])}"


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


def _ending(folder: Path, manifest: RunManifest, metrics: Mapping[str, Any]) -> Iterator[Pair]:
    exits = listed(metrics["exit_reasons"])
    if exits:
        yield "Exits", escape(exits)
    status = metrics["status"]
    yield "Ended", f"{escape(status)}: {ENDINGS.get(status, '')}"
    for line in specs_lines(manifest.environment.get("instruments", ())):
        yield "Instruments", line
    if formula := formula_line(manifest.inputs.formulas):
        yield "Formula", formula
    checked = {True: "passed", False: "failed", None: "[yellow]skipped[/]"}[manifest.preflight.passed]
    yield "Preflight", checked
    yield "Files", escape(str(folder))
