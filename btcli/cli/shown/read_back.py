"""How a system that is read back in words is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import on_one_line

if TYPE_CHECKING:
    from btcli.workflows.runs.read_back import ReadBack


def read_back_answer(read: ReadBack) -> Answer:
    """The answer of `btcli explain SYSTEM`."""
    system, paragraphs = read.system, read.paragraphs

    def show(console: Console) -> None:
        title = f"[bold]{on_one_line(system.system)}[/] [dim]·[/] {on_one_line(' '.join(system.symbols))}"
        console.print(f"\n{title} [dim]· {on_one_line(system.venue)}[/]")
        for each in paragraphs:
            console.print(f"\n  [bold]{on_one_line(each.heading)}[/]")
            for depth, line in each.lines:
                console.print(f"    {'  ' * depth}{on_one_line(line)}", soft_wrap=True)

    rows = [
        {"heading": each.heading, "lines": [{"depth": depth, "text": text} for depth, text in each.lines]}
        for each in paragraphs
    ]
    return Answer(
        {"system": system.system, "symbols": list(system.symbols), "paragraphs": rows}, show, warnings=read.warnings
    )
