"""How strategies, feature functions and tools are listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import plain_table

if TYPE_CHECKING:
    from btcli.workflows.system.listings import BuiltIn, FeatureFunction
    from btcli.workflows.system.templates import Template
    from btcli.workflows.system.tools import OfferedTool


def strategies_answer(found: Sequence[BuiltIn]) -> Answer:
    """Each strategy with what it does, its parameters and its features."""

    def show(console: Console) -> None:
        for strategy in found:
            console.print(f"[bold]{strategy.name}[/]")
            console.print(f"  {strategy.summary}")
            params = ", ".join(f"{name}: {value}" for name, value in strategy.params.items())
            console.print(f"  params: {{{params}}}")
            for role, named in strategy.features.items():
                shown = ", ".join(f'{name}: "{expression}"' for name, expression in named.items())
                console.print(f"  {role}: {{{shown}}}")
        console.print(
            "\nYour own: strategy: {use: path/file.py:Class}, or package.module:Class; or rules: {long: {enter: …}}",
            style="dim",
        )

    rows = [
        {
            "name": strategy.name,
            "summary": strategy.summary,
            "params": dict(strategy.params),
            "features": {role: dict(named) for role, named in strategy.features.items()},
        }
        for strategy in found
    ]
    return Answer({"strategies": rows}, show)


def templates_answer(found: Sequence[Template]) -> Answer:
    """Each template with what it is."""

    def show(console: Console) -> None:
        table = plain_table("template", "what it is")
        for template in found:
            table.add_row(template.name, template.summary)
        console.print(table)
        console.print("\nbtcli init --template NAME writes one as system.yml", style="dim")

    return Answer({"templates": [{"name": each.name, "summary": each.summary} for each in found]}, show)


HISTORIES = (
    "fixed: a number of bars and nothing before; recursive: warm-up by warmup.tolerance; in a state: that warm-up and "
    "at least so many bars; anchored: its level hangs on the first bar, so compare it with its own past alone\n"
    "each reads prices, other features, and what is made of them: sma(rsi(close, 14), 3), ema(high - low, 9)"
)


def features_answer(found: Sequence[FeatureFunction]) -> Answer:
    """Each function as it is written, its outputs, and whether it remembers its start."""

    def show(console: Console) -> None:
        table = plain_table("written as", "outputs", "history")
        for function in found:
            table.add_row(function.usage, ", ".join(function.outputs), _history(function))
        console.print(table)
        console.print(f"\n{HISTORIES}", style="dim")

    return Answer({"features": [asdict(function) for function in found]}, show)


def _history(function: FeatureFunction) -> str:
    if function.anchored:
        return "anchored"
    if function.state_bars:
        return f"in a state, {function.state_bars} bars"
    return "fixed" if function.forgets else "recursive"


def tools_answer(found: Sequence[OfferedTool]) -> Answer:
    """Each tool with what it is for, its arguments, and the venues that offer it."""

    def show(console: Console) -> None:
        for tool in found:
            console.print(f"[bold]{tool.name}[/]  {tool.summary}")
            console.print(f"  {', '.join(tool.arguments) or 'no arguments'}", style="dim", soft_wrap=True, markup=False)
        console.print(
            "\nbtcli heal, preflight --heal and btcli data call them; nothing else changes a store", style="dim"
        )

    return Answer({"tools": [asdict(tool) for tool in found]}, show)
