"""How trades and groups of trades are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import on_one_line, plain_table
from btcli.cli.shown.figures import ABSENT, coloured, count, day, money, number, percent
from btcli.cli.shown.what_ran import title_line
from btcli.timeframe import UNIT_MS, utc_ms

if TYPE_CHECKING:
    from btcli.cli.edge.tables import WholeWords
    from btcli.workflows.runs.trades import Row, TradesFound

FIGURES = ("trades", "net USDT", "won", "factor", "per trade", "paid")  # paid: fees and funding
LONGEST = 40
NO_TAG = "[dim]none[/]"


def trades_answer(found: TradesFound, *, is_cut_unasked: bool) -> Answer:
    """The rows, for machines with all of their columns; a warning where a limit cut them that nobody set."""

    def show(console: Console) -> None:
        console.print(f"\n{title_line(found.record.manifest)}\n")
        if not found.matched:
            console.print("  no trades" if not found.record.metrics.get("trades") else "  no such trades")
            return
        console.print(_groups(found) if found.by else _trades(found))
        console.print(f"\n  {_sum_line(found.every)}")
        if not found.by:
            console.print("  [dim]btcli explain RUN --trade N tells one trade[/]")

    rows = {"groups" if found.by else "trades": list(found.rows)}
    data = {
        "run_dir": found.record.path,
        "run_id": found.record.manifest.run_id,
        "by": list(found.by),
        "matched": found.matched,
        "figures": found.every,
        **rows,
    }
    cut = found.rows_found - len(found.rows)
    what = "groups" if found.by else "trades"
    said = (f"{len(found.rows):,} of {found.rows_found:,} {what} are shown: --limit 0 shows all",)
    return Answer(data, show, warnings=said if cut and is_cut_unasked else ())


def _trades(found: TradesFound) -> WholeWords:
    """A line per trade; symbols and tags where there is something to tell apart."""
    has_symbols = len(found.record.manifest.inputs.config["symbols"]) > 1
    has_tags = any(row["tag"] is not None for row in found.rows)
    headings = ["trade", *(["symbol"] if has_symbols else []), "side", "entry", "held", "exit", "net USDT"]
    table = plain_table(*headings, *(["tag"] if has_tags else []), right=("trade", "held", "net USDT"))
    for row in found.rows:
        table.add_row(*_trade(row, has_symbols=has_symbols, has_tags=has_tags))
    return table


def _trade(row: Row, *, has_symbols: bool, has_tags: bool) -> Iterator[str]:
    yield f"{row['trade_id']}"
    if has_symbols:
        yield on_one_line(row["symbol"])
    yield row["side"]
    yield day(row["entry_ts"])
    yield held(utc_ms(row["exit_ts"]) - utc_ms(row["entry_ts"]))
    yield row["exit_reason"]
    net = row["net_pnl_usdt"]
    yield coloured(money(net, sign=True), net)
    if has_tags:
        yield _key(row["tag"])


def _groups(found: TradesFound) -> WholeWords:
    table = plain_table(*found.by, *FIGURES, right=FIGURES)
    for row in found.rows:
        keys = (_key(row[name]) for name in found.by)
        table.add_row(*keys, *_figures(row))
    return table


def _figures(row: Mapping[str, Any]) -> Iterator[str]:
    net = row["net_pnl_usdt"]
    yield f"{row['trades']:,}"
    yield coloured(money(net, sign=True), net)
    yield percent(row["win_rate_pct"], digits=1)
    yield number(row["profit_factor"])
    yield money(row["expectancy_usdt"], sign=True)
    yield money(row["fees_usdt"] + row["funding_usdt"])


def _key(value: str | int | None) -> str:
    """A tag or another key on one line; a very long one would push the other columns off it."""
    text = str(value)
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return NO_TAG if value is None else on_one_line(shown)


def _sum_line(every: Mapping[str, Any]) -> str:
    """All trades that were chosen, in one line."""
    net = coloured(f"{money(every['net_pnl_usdt'], sign=True)} USDT", every["net_pnl_usdt"])
    won, factor = percent(every["win_rate_pct"], digits=1), number(every["profit_factor"])
    fees, funding = money(every["fees_usdt"]), money(every["funding_usdt"])
    return f"{count(every['trades'], 'trade')}: net {net}, won {won}, factor {factor}; fees {fees}, funding {funding}"


def held(duration_ms: int) -> str:
    """A duration in the greatest unit that it has one of: "45 min", "2.3 h", "4.0 d"."""
    if duration_ms < UNIT_MS["h"]:
        return f"{duration_ms / UNIT_MS['m']:.0f} min"
    if duration_ms < 2 * UNIT_MS["d"]:
        return f"{duration_ms / UNIT_MS['h']:.1f} h"
    return f"{duration_ms / UNIT_MS['d']:.1f} d" if duration_ms else ABSENT
