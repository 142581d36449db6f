"""What is wrong with an expression, shown with a caret below the place."""

from __future__ import annotations

from btcli.errors import RequestError

SHOWN_LETTERS = 72


class RuleError(RequestError):
    """An expression that cannot be read; `column` counts from 1 inside its text."""

    title = "A rule cannot be read"

    def __init__(self, message: str, column: int, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.column = column


def shown_at(text: str, column: int) -> str:
    """The expression on a line of its own and a caret below the column; of a long one the part around it."""
    flat = "".join(letter if letter.isprintable() else " " for letter in text)
    start = max(0, min(column - 1 - SHOWN_LETTERS // 2, len(flat) - SHOWN_LETTERS))
    part = flat[start : start + SHOWN_LETTERS]
    before, after = "…" if start else "", "…" if start + SHOWN_LETTERS < len(flat) else ""
    return f"  {before}{part}{after}\n  {' ' * (len(before) + column - 1 - start)}^"
