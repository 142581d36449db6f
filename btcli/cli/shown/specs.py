"""How specs are shown: a line per snapshot, all figures of one symbol, and what an import took in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import plain_table
from btcli.cli.shown.figures import ABSENT, count
from btcli.cli.shown.symbol_specs import age, place_of, show_specs

if TYPE_CHECKING:
    from btcli.tools import ToolResult
    from btcli.workflows.data.instruments import FoundSnapshot, FoundSnapshots

WIDE = 100
HINT = "A run takes the packaged one of its venue, or that which its system names by instruments: PATH"


def snapshots_answer(seen: FoundSnapshots, symbol: str | None) -> Answer:
    """A line per snapshot and where its figures come from; with a symbol its specs in each of them."""

    def show(console: Console) -> None:
        if symbol is None:
            _show_list(console, seen.found)
        for each in seen.found:
            if each.specs is not None:
                show_specs(console, each, each.specs)

    return Answer({"snapshots": [_row(each) for each in seen.found]}, show, warnings=seen.unusable)


def imported_specs_answer(result: ToolResult) -> Answer:
    """What was taken in, and the line that makes a system use it."""
    details = result.details
    path, specs, dry = details["path"], details["rules"], bool(result.arguments["dry_run"])

    def show(console: Console) -> None:
        table = plain_table("symbol", "price step", "quantity step", "tiers", "leverage up to", right=_RIGHT)
        for symbol, each in specs.items():
            table.add_row(symbol, *_in_short(each))
        console.print(table)
        console.print(f"\n{result.message}", soft_wrap=True, markup=False)
        if not dry:
            console.print("A system uses it by this line, its path counted from the system file:", style="dim")
            console.print(f"instruments: {path.as_posix()}", soft_wrap=True, markup=False)

    data = {"path": path, "as_of": details["day"], "symbols": list(specs), "tools": [result.to_dict()]}
    return Answer(data, show, warnings=details["notes"])


_RIGHT = ("price step", "quantity step", "tiers", "leverage up to")


def _in_short(specs: Mapping[str, Any]) -> tuple[str, ...]:
    tiers = specs["tiers"]
    leverage = max(float(tier["max_leverage"]) for tier in tiers)
    return str(specs["tick_size"]), str(specs["qty_step"]), str(len(tiers)), f"{leverage:g}x"


def _show_list(console: Console, found: Sequence[FoundSnapshot]) -> None:
    table = plain_table("venue", "as of", "age", "symbols", "sha256", "where", right=("age", "symbols"))
    for each in found:
        snapshot = each.snapshot
        symbols = f"{len(snapshot.specs):,}"
        cells = (snapshot.venue, snapshot.as_of or ABSENT, age(each.age_days), symbols, snapshot.digest[:12])
        where = place_of(each) if console.width >= WIDE else place_of(each).rpartition("/")[2]
        table.add_row(*cells, escape(where))
    console.print(table)
    for each in found:
        console.print(f"\n{each.snapshot.venue} {each.snapshot.as_of} [dim]{escape(place_of(each))}[/]", soft_wrap=True)
        for line in _sources(each):
            console.print(f"  {line}", style="dim", markup=False)
    console.print(f"\n{HINT}", style="dim")


def _sources(each: FoundSnapshot) -> list[str]:
    """The first source of a snapshot, and how many others there are."""
    found = list(dict.fromkeys(str(specs["source"]) for specs in each.snapshot.specs.values() if specs["source"]))
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
        "symbols": list(snapshot.specs),
        "sources": list(dict.fromkeys(str(specs["source"]) for specs in snapshot.specs.values())),
    }
    return row if each.specs is None else {**row, "rules": {**asdict(each.specs), "sha256": each.specs.digest}}
