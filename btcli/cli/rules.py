"""How trading rules are shown: a line per snapshot, all figures of one symbol, and what an import took in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from btcli.cli.answer import Answer
from btcli.cli.figures import ABSENT, count, day
from btcli.cli.screen import plain_table
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.config.instruments import InstrumentRules
    from btcli.tools import ToolResult
    from btcli.workflows.instruments import FoundSnapshot, FoundSnapshots

WIDE = 100
HINT = "A run takes the packaged one of its venue, or that which its system names by instruments: PATH"
Pair = tuple[str, str]


def snapshots_answer(seen: FoundSnapshots, symbol: str | None) -> Answer:
    """A line per snapshot and where its figures come from; with a symbol its rules in each of them."""

    def show(console: Console) -> None:
        if symbol is None:
            _show_list(console, seen.found)
        for each in seen.found:
            if each.rules is not None:
                _show_rules(console, each, each.rules)

    return Answer({"snapshots": [_row(each) for each in seen.found]}, show, warnings=seen.unusable)


def imported_rules_answer(result: ToolResult) -> Answer:
    """What was taken in, and the line that makes a system use it."""
    details = result.details
    path, rules, dry = details["path"], details["rules"], bool(result.arguments["dry_run"])

    def show(console: Console) -> None:
        table = plain_table("symbol", "price step", "quantity step", "tiers", "leverage up to", right=_RIGHT)
        for symbol, each in rules.items():
            table.add_row(symbol, *_in_short(each))
        console.print(table)
        console.print(f"\n{result.message}", soft_wrap=True, markup=False)
        if not dry:
            console.print("A system uses it by this line, its path counted from the system file:", style="dim")
            console.print(f"instruments: {path.as_posix()}", soft_wrap=True, markup=False)

    data = {"path": path, "as_of": details["day"], "symbols": list(rules), "tools": [result.to_dict()]}
    return Answer(data, show, warnings=details["notes"])


_RIGHT = ("price step", "quantity step", "tiers", "leverage up to")


def _in_short(rules: Mapping[str, Any]) -> tuple[str, ...]:
    tiers = rules["tiers"]
    leverage = max(float(tier["max_leverage"]) for tier in tiers)
    return str(rules["tick_size"]), str(rules["qty_step"]), str(len(tiers)), f"{leverage:g}x"


def _show_list(console: Console, found: Sequence[FoundSnapshot]) -> None:
    table = plain_table("venue", "as of", "age", "symbols", "sha256", "where", right=("age", "symbols"))
    for each in found:
        snapshot = each.snapshot
        symbols = f"{len(snapshot.rules):,}"
        cells = (snapshot.venue, snapshot.as_of or ABSENT, age(each.age_days), symbols, snapshot.digest[:12])
        where = _where(each) if console.width >= WIDE else _where(each).rpartition("/")[2]
        table.add_row(*cells, escape(where))
    console.print(table)
    for each in found:
        console.print(f"\n{each.snapshot.venue} {each.snapshot.as_of} [dim]{escape(_where(each))}[/]", soft_wrap=True)
        for line in _sources(each):
            console.print(f"  {line}", style="dim", markup=False, no_wrap=True, overflow="ellipsis")
    console.print(f"\n{HINT}", style="dim")


def _show_rules(console: Console, each: FoundSnapshot, rules: InstrumentRules) -> None:
    snapshot = each.snapshot
    told = f"as of {snapshot.as_of or ABSENT}, {age(each.age_days, old=True)}"
    told += " · packaged" if snapshot.is_packaged else ""
    console.print(f"\n[bold]{rules.symbol}[/] [dim]on[/] {snapshot.venue} [dim]· {told}[/]")
    if not snapshot.is_packaged:
        console.print(_where(each), style="dim", soft_wrap=True, markup=False)
    console.print(_figures(list(_sizes(rules)), list(_limits(rules))))
    for name, at_ms in (("Listed", rules.listed_ms), ("Delisted", rules.delisted_ms)):
        if at_ms is not None:
            console.print(f"  [dim]{name}[/]  {day(utc_text(at_ms))}")
    console.print()
    console.print(Padding(_tiers(rules), (0, 0, 0, 2)))
    console.print()
    told = f"sha256 {rules.digest[:12]} with these fees, as in a run's manifest"
    for line in (told, rules.source or "of unknown source"):
        console.print(Padding(line, (0, 0, 0, 2)), style="dim", markup=False)


def _sizes(rules: InstrumentRules) -> Iterator[Pair]:
    yield "Price step", f"{rules.tick_size} USDT"
    yield "Quantity step", rules.qty_step
    yield "Smallest value", f"{rules.min_notional_usdt:,g} USDT"
    yield "Taker fee", percent(rules.taker_fee_rate)
    yield "Clearance fee", percent(rules.liquidation_fee_rate) if rules.liquidation_fee_rate else "none"


def _limits(rules: InstrumentRules) -> Iterator[Pair]:
    yield "Smallest order", f"{rules.min_qty:,.10g}"
    yield "Largest limit order", f"{rules.max_qty:,.10g}"
    yield "Largest market order", f"{rules.max_market_qty:,.10g}"
    yield "Maker fee", percent(rules.maker_fee_rate)
    yield "Risk tiers", f"{len(rules.tiers)}, up to {max(tier.max_leverage for tier in rules.tiers):g}x"


def _figures(left: Sequence[Pair], right: Sequence[Pair]) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0))
    for justify in ("left", "right", "left", "right"):
        table.add_column(justify=justify)
    for one, other in zip(left, right, strict=True):
        table.add_row(f"  [dim]{one[0]}[/]", one[1], f"[dim]{other[0]}[/]", other[1])
    return table


def _tiers(rules: InstrumentRules) -> Table:
    headings = ("up to USDT", "maintenance", "initial", "leverage", "deduction USDT")
    table = plain_table(*headings, right=headings)
    for tier in rules.tiers:
        rates = (percent(tier.maintenance_rate, 2), percent(tier.initial_rate, 2))
        table.add_row(f"{tier.limit_usdt:,.10g}", *rates, f"{tier.max_leverage:g}x", f"{tier.deduction_usdt:,.12g}")
    return table


def percent(rate: float, at_least: int = 0) -> str:
    """A fraction as a percentage with all of its digits, up to four."""
    text = f"{rate * 100:.4f}"
    kept = text.rstrip("0").rstrip(".")
    digits = max(at_least, len(kept.partition(".")[2]))
    return f"{rate * 100:.{digits}f} %"


def age(days: int | None, *, old: bool = False) -> str:
    """ "111 days", with `old` "111 days old"; rules of a day that is yet to come say so."""
    if days is None:
        return "of unknown age" if old else ABSENT
    return f"{count(-days, 'day')} ahead" if days < 0 else count(days, "day") + (" old" if old else "")


def _where(each: FoundSnapshot) -> str:
    return "packaged" if each.snapshot.is_packaged else each.snapshot.path.as_posix()


def _sources(each: FoundSnapshot) -> list[str]:
    """The first source of a snapshot, and how many others there are."""
    found = list(dict.fromkeys(str(rules["source"]) for rules in each.snapshot.rules.values() if rules["source"]))
    others = [f"and {count(len(found) - 1, 'other source')}: --symbol shows them"] if len(found) > 1 else []
    return [*found[:1], *others] or ["of unknown source"]


def _row(each: FoundSnapshot) -> dict[str, Any]:
    snapshot = each.snapshot
    row = {
        "venue": snapshot.venue,
        "as_of": snapshot.as_of,
        "age_days": each.age_days,
        "packaged": snapshot.is_packaged,
        "path": snapshot.path,
        "sha256": snapshot.digest,
        "symbols": list(snapshot.rules),
        "sources": list(dict.fromkeys(str(rules["source"]) for rules in snapshot.rules.values())),
    }
    return row if each.rules is None else {**row, "rules": {**asdict(each.rules), "sha256": each.rules.digest}}
