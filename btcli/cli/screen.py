"""The two consoles and the panel that errors are shown in."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import ROUNDED
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from btcli.errors import Problem

SHOWN_PROBLEMS = 40
SHOWN_LINES = 24
Pair = tuple[str, str]


def answers() -> Console:
    """stdout: the answer, and nothing else."""
    return Console(highlight=False)


def notices() -> Console:
    """stderr: progress, warnings and errors."""
    return Console(stderr=True, highlight=False)


def problem_panel(title: str, problems: Sequence[Problem], exit_code: int) -> Panel:
    """Every problem with its place, its sentence and what to do next."""
    lines = Text()
    for number, problem in enumerate(problems[:SHOWN_PROBLEMS]):
        lines.append("\n" if number else "")
        if problem.where:
            lines.append(f"{problem.where} ", style="bold")
        lines.append(problem.message)
        if problem.hint:
            lines.append(f"\n{problem.hint}" if "\n" in problem.hint else f" ({problem.hint})", style="dim")
    if len(problems) > SHOWN_PROBLEMS:
        lines.append(f"\n… and {len(problems) - SHOWN_PROBLEMS} more")
    return Panel(lines, title=title, title_align="left", border_style="red", box=ROUNDED, subtitle=f"exit {exit_code}")


def first_lines(lines: Sequence[str]) -> list[str]:
    """As many lines as one reads; `--json` has them all. The last one is a sum, or as good as any."""
    if len(lines) <= SHOWN_LINES:
        return list(lines)
    return [*lines[: SHOWN_LINES - 2], f"… and {len(lines) - SHOWN_LINES + 1} more", lines[-1]]


def plain_table(*headings: str, right: Sequence[str] = ()) -> Table:
    """A table without frames, whose columns named in `right` hold numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    return table


def paired_columns(left: Sequence[Pair], right: Sequence[Pair]) -> Table:
    """Two columns of names with their figures, side by side."""
    table = Table.grid(padding=(0, 3, 0, 0))
    for justify in ("left", "right", "left", "right"):
        table.add_column(justify=justify)
    for one, other in zip(left, right, strict=True):
        table.add_row(f"  [dim]{one[0]}[/]", one[1], f"[dim]{other[0]}[/]", other[1])
    return table
