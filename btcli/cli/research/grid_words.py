"""What a shell makes of a `--grid` without quotes: several words, of which only the first is its value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from btcli.cli.edge.nesting import OwnOrNested
from btcli.errors import RequestError

GRID = "--grid"


class GridOrNested(OwnOrNested):
    """The same, and a `--grid` that a shell has cut is told as that: its second part would be the system file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises RequestError for a value that was cut."""
        if not ctx.resilient_parsing:
            require_whole(args)
        return super().parse_args(ctx, args)


def require_whole(args: Sequence[str]) -> None:
    """Raises RequestError where the word after a grid's is its next part.

    >>> require_whole(["--grid", "k=1..3", "system.yml"])
    """
    grids = [place for place, word in enumerate(args[:-2]) if word == GRID]
    for place in grids:
        _require_whole(args[place + 1], args[place + 2 :])


def _require_whole(grid: str, after: Sequence[str]) -> None:
    key, equals, written = grid.partition("=")
    if equals and after[0].startswith(f"{key}="):
        said = f"the shell made several words of it, the next is {after[0]}"
        hint = f"without braces: {key}=1..3 for numbers from 1 to 3, or '{key}=[1, 3]' for a list"
        raise RequestError(said, where=f"{GRID} {grid}", hint=hint)
    whole = grid
    for word in after if _is_open(written) else ():
        if word.startswith("--"):
            return
        whole += f" {word}"
        if not _is_open(whole):
            hint = f"quote it: {GRID} '{whole}'"
            raise RequestError("the shell cut it at a space", where=f"{GRID} {grid}", hint=hint)


def _is_open(text: str) -> bool:
    """Whether a bracket of it is not closed."""
    return any(text.count(begin) > text.count(end) for begin, end in ("[]", "{}", "()"))
