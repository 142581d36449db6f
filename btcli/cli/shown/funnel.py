"""How the way of a run's wishes is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import on_one_line, plain_table
from btcli.cli.shown.figures import day
from btcli.legible.codes import MEANINGS, WITHOUT_NUMBERS
from btcli.legible.rules import rule_lines

if TYPE_CHECKING:
    from btcli.story.funnel import Funnel

SHOWN = 20


def funnel_answer(funnel: Funnel) -> Answer:
    """The answer of `btcli explain` without a trade."""

    def show(console: Console) -> None:
        manifest = funnel.record.manifest
        system, window, run_id = map(escape, (manifest.system, manifest.window, manifest.run_id))
        console.print(f"\n[bold]{system}[/] [dim]·[/] {window} [dim]· run {run_id}[/]\n")
        for name, number, codes in _stages(funnel):
            console.print(f"  {name:<10} {number:>9,}")
            for code, times in sorted(codes.items(), key=lambda item: (-item[1], item[0])):
                console.print(
                    f"  {'':<10} {times:>9,}  {escape(code)} [dim]{MEANINGS.get(code, '')}[/]", soft_wrap=True
                )
        if funnel.record.rules:
            console.print()
        for line in rule_lines(funnel.record.rules):
            console.print(f"  {on_one_line(line)}", soft_wrap=True)
        if funnel.refusals:
            console.print()
            _show_refusals(console, funnel)
        console.print("\n  [dim]btcli explain RUN --trade N tells one trade[/]")

    return Answer(funnel.to_dict(), show)


def _stages(funnel: Funnel) -> Iterator[tuple[str, int, Mapping[str, int]]]:
    if funnel.record.rules:
        yield "closes", sum(symbol["closes"] for symbol in funnel.record.rules.values()), {}
        yield "ready", sum(symbol["ready"] for symbol in funnel.record.rules.values()), {}
    yield "asked", funnel.record.metrics.get("decisions", 0), {}
    yield "wished", funnel.signals, {}
    yield "submitted", funnel.submitted, {}
    yield "refused", sum(funnel.refused.values()), funnel.refused
    if funnel.warned:
        yield "warned", sum(funnel.warned.values()), funnel.warned
    if funnel.cancelled:
        yield "cancelled", sum(funnel.cancelled.values()), funnel.cancelled
    yield "filled", funnel.filled, {}


def _show_refusals(console: Console, funnel: Funnel) -> None:
    table = plain_table("  refused", "symbol", "order", "code", "was", "against", right=("was", "against"))
    for each in funnel.refusals[:SHOWN]:
        compared = ("", "") if each.code in WITHOUT_NUMBERS else (f"{each.have:.10g}", f"{each.need:.10g}")
        named = map(escape, (f"  {day(each.ts)}", each.symbol, f"{each.side} {each.order_id}", each.code))
        table.add_row(*named, *compared)
    console.print(table)
    if len(funnel.refusals) > SHOWN:
        console.print(f"  [dim]… and {len(funnel.refusals) - SHOWN:,} more (--json has them)[/]")
