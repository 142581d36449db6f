"""The first screen: whether to believe a run, and what came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from btcli.analysis.review.finding import SEVERITIES
from btcli.legible.codes import DEVIATIONS, ENDINGS, PATHS, WITHHELD, ended_early
from btcli.legible.costs import all_costs, cost_rows
from btcli.legible.figures import count, day, money, number, percent, short
from btcli.registry.records import AFTER_REVEAL
from btcli.report.content import RunContent
from btcli.report.html import Markup, element, together
from btcli.report.sections.parts import NOT_RECORDED, Cell, earned, figure, gained, name, note, part, small, table

SHOWN_SYMBOLS = 3
REVEALED = "Made after the reveal of a sealed window: it is no look at data that nobody had seen."
NO_REVIEW = "This run was recorded before runs were reviewed. Running it again, with the same inputs, reviews it."


def heading(content: RunContent) -> Markup:
    """What ran: name, window, symbols, timeframes, strategy, and how it ended."""
    manifest, metrics = content.manifest, content.metrics
    inputs: Mapping[str, Any] = manifest.get("inputs", {})
    config: Mapping[str, Any] = inputs.get("config", {})
    window: Mapping[str, str] = inputs.get("window", {})
    frames: Mapping[str, str] = config.get("timeframes", {})
    symbols: Sequence[str] = config.get("symbols", ())
    shown = [
        *symbols[:SHOWN_SYMBOLS],
        *([f"and {len(symbols) - SHOWN_SYMBOLS} more"] if symbols[SHOWN_SYMBOLS:] else []),
    ]
    said = (
        f"{day(window.get('start'))} to {day(window.get('end'))} UTC",
        f"{config.get('venue', '')} {' '.join(shown)}",
        " ".join(f"{role} {label}" for role, label in frames.items()),
        _strategy(config.get("strategy", {})),
        f"run {content.run_id}",
    )
    status = metrics.get("status", manifest.get("status", ""))
    ended = note(element("strong", f"Ended early: {ENDINGS.get(status, status)}")) if ended_early(status) else None
    lines = element("ul", *(element("li", name(each)) for each in said if each.strip()), class_="facts")
    revealed = note(element("strong", REVEALED)) if (manifest.get("environment") or {}).get(AFTER_REVEAL) else None
    lacks = (element("p", said, class_="note lacks") for said in content.left_out)
    return element("header", element("h1", name(content.name)), lines, ended, revealed, *lacks, class_="run-head")


def _strategy(written: Mapping[str, Any]) -> str:
    params = ", ".join(f"{key} {value}" for key, value in written.get("params", {}).items())
    use = written.get("use") or "rules"
    return f"{use} ({params})" if params else use


def findings(content: RunContent) -> Markup:
    """What the review doubts, most serious first, each with what it found and where; or that nothing is doubted."""
    if content.findings is None:
        return part("Can it be believed?", note(NO_REVIEW), _left_out(content), kind="findings")
    ranked = sorted(content.findings, key=lambda each: SEVERITIES.index(each["severity"]))
    said = [
        count(number_of, word) for word in SEVERITIES if (number_of := sum(each["severity"] == word for each in ranked))
    ]
    verdict = f"The review has {', '.join(said)}." if said else "The review found nothing to doubt."
    rows = element("ul", *map(_finding, ranked), class_="remarks") if ranked else None
    return part(
        "Can it be believed?", element("p", verdict, class_="verdict"), rows, _left_out(content), kind="findings"
    )


def _finding(each: Mapping[str, Any]) -> Markup:
    where: Mapping[str, Any] = each.get("where", {})
    trade = where.get("trade_id")
    unit = f" {each['unit']}" if each.get("unit") else ""
    evidence = f"{short(each['found'])} against {short(each['limit'])}{unit}" if "found" in each else ""
    places = [f"{key} {where[key]}" for key in ("symbol", "day") if key in where]
    jump = element("button", f"trade {trade}", type="button", data_trade=trade) if trade is not None else None
    return element(
        "li",
        element("span", each["severity"], class_="badge"),
        element("span", element("bdi", each["message"])),
        small(element("code", each["code"]), " ", " · ".join([part for part in (evidence, *places) if part])),
        jump,
        class_=each["severity"],
    )


def _left_out(content: RunContent) -> Markup | None:
    codes: Sequence[str] = content.metrics.get("deviations", ())
    if not codes:
        return None
    rows = (element("li", DEVIATIONS.get(code, code), " ", small(element("code", code))) for code in codes)
    return together(note("The simulation leaves out what this run touched:"), element("ul", *rows, class_="left-out"))


def key_figures(content: RunContent) -> Markup:
    """What came out, at a glance; every figure is that of metrics.json."""
    cards = (
        element("div", element("dt", title), element("dd", value), class_="card") for title, value in _figures(content)
    )
    return part("What came out", element("dl", *cards, class_="cards"), kind="figures")


def _figures(content: RunContent) -> Iterator[tuple[str, Markup]]:
    metrics = content.metrics

    def shown(key: str, write: Any) -> Markup:
        return figure(metrics, key, write)

    yield "Return", shown("return_pct", gained)
    yield "Net profit, USDT", shown("net_profit_usdt", earned)
    yield "Buy and hold", _held(metrics)
    yield "CAGR", shown("cagr_pct", gained)
    yield "Sharpe", shown("sharpe", number)
    yield "Sortino", shown("sortino", number)
    yield "Calmar", shown("calmar", number)
    yield "Max drawdown", shown("max_drawdown_pct", percent)
    yield "Trades", shown("trades", lambda value: f"{value:,}")
    yield "Won", shown("win_rate_pct", percent)
    yield "Profit factor", shown("profit_factor", number)
    yield "Costs, USDT", _costs(content)
    yield "In the market", shown("exposure_pct", percent)


def _held(metrics: Mapping[str, Any]) -> Markup:
    by_symbol: Mapping[str, float | None] = metrics.get("buy_and_hold_pct", {})
    held = [value for value in by_symbol.values() if value is not None]
    if len(by_symbol) == 1 or not held:
        return figure(metrics, f"buy_and_hold_pct.{next(iter(by_symbol), '')}", gained)
    return together(gained(sum(held) / len(held)), " ", small(f"mean of {count(len(held), 'symbol')}"))


def _costs(content: RunContent) -> Markup:
    """All that trading cost, and what share of the net result before costs it took."""
    costs = content.manifest.get("inputs", {}).get("config", {}).get("costs")
    if costs is None:
        return figure(content.metrics, "fees_usdt", money)
    rows = list(cost_rows(content.metrics, costs))
    left_out = any(amount is None for _, amount, _ in rows)
    said = small("funding left out") if left_out else small("fees, spread, impact, funding")
    return together(money(all_costs(rows)), " ", said)


def paths(content: RunContent) -> Markup:
    """How the run ends in each order of prices inside its bars, or why that is not told."""
    title = "Three orders of prices inside a bar"
    outcomes: Mapping[str, Any] = content.metrics.get("paths", {})
    if WITHHELD in outcomes:
        return part(title, note("Withheld: ", outcomes[WITHHELD]), kind="paths")
    if not outcomes:
        return part(title, note("Not recorded by the version that made this run."), kind="paths")
    chosen = content.manifest.get("inputs", {}).get("config", {}).get("fills", {}).get("path")
    initial = content.metrics.get("initial_equity_usdt")
    rows = [_outcome(path, each, initial, is_chosen=path == chosen) for path, each in outcomes.items()]
    ambiguous = content.metrics.get("ambiguous_trades", 0)
    said = f"Trades that hang on the order of prices inside a bar: {ambiguous:,} of {content.metrics['trades']:,}."
    headings = ("inside a bar comes", "final equity, USDT", "net profit, USDT", "max drawdown", "trades", "ended")
    return part(title, table(headings, rows, kind="outcomes"), note(said), kind="paths")


def _outcome(path: str, each: Mapping[str, Any], initial: float | None, *, is_chosen: bool) -> Sequence[Cell]:
    told = f"{PATHS.get(path, path)} ({path}{', this run' if is_chosen else ''})"
    profit = None if initial is None else each["final_equity_usdt"] - initial
    gain: Cell = NOT_RECORDED if profit is None else earned(profit)
    return (
        element("strong", told) if is_chosen else told,
        money(each["final_equity_usdt"]),
        gain,
        percent(each["max_drawdown_pct"]),
        f"{each['trades']:,}",
        ENDINGS.get(each["status"], each["status"]),
    )
