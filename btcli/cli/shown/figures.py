"""Single figures on a terminal: those of `btcli.legible`, and their colour."""

from __future__ import annotations

from btcli.legible.figures import ABSENT, count, day, listed, money, number, percent

__all__ = ["ABSENT", "coloured", "count", "day", "listed", "money", "number", "percent"]


def coloured(text: str, value: float | None) -> str:
    """Green above zero, red below."""
    if not value:
        return text
    return f"[{'green' if value > 0 else 'red'}]{text}[/]"
