"""How what a run saw at one moment is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import on_one_line
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from btcli.workflows.runs.moment import Seen, SeenSymbol


def moment_answer(run_id: str, at_ms: int, seen: Sequence[SeenSymbol]) -> Answer:
    """The answer of `btcli explain RUN --at TIME`."""

    def show(console: Console) -> None:
        for symbol in seen:
            other = "" if symbol.ts_close_ms == at_ms else f" [dim](the last at or before {utc_text(at_ms)})[/]"
            close = f"at the close of {utc_text(symbol.ts_close_ms)}"
            console.print(f"\n[bold]{on_one_line(symbol.symbol)}[/] {close}{other}", soft_wrap=True)
            for each in (*symbol.conditions, *symbol.distances):
                name = f"{each.rule}: " if each.rule else ""
                console.print(
                    f"  {'  ' * each.depth}{value_of(each):<10} {on_one_line(name + each.text)}", soft_wrap=True
                )
            for gate in symbol.gates:
                name = f"{gate.side}.{gate.gate}" if gate.side else gate.gate
                until = "" if gate.until_ms is None else f"; open again at {utc_text(gate.until_ms)}"
                line = f"{name}: {gate.said}{until}"
                console.print(f"  {'closed' if gate.is_closed else 'open':<10} {on_one_line(line)}", soft_wrap=True)
            if symbol.numbers:
                console.print()
            for each in symbol.numbers:
                console.print(f"  {value_of(each):>16}  {on_one_line(each.text)}", soft_wrap=True)

    return Answer({"run_id": run_id, "at": utc_text(at_ms), "symbols": [each.to_dict() for each in seen]}, show)


def value_of(seen: Seen) -> str:
    """As a person reads it."""
    if seen.value is None:
        return "unknown"
    return str(seen.value).lower() if isinstance(seen.value, bool) else f"{seen.value:.10g}"
