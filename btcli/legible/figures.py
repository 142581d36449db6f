"""How single figures are written for people."""

from __future__ import annotations

from typing import Any

ABSENT = "–"


def money(value: float | None, *, sign: bool = False) -> str:
    """USDT with two decimals, thousands apart."""
    if value is None:
        return ABSENT
    return f"{value + 0.0:{'+' if sign else ''},.2f}"


def percent(value: float | None, *, sign: bool = False, digits: int = 2) -> str:
    """A percentage."""
    return ABSENT if value is None else f"{value + 0.0:{'+' if sign else ''},.{digits}f} %"


def number(value: float | None, digits: int = 2) -> str:
    """A plain ratio."""
    return ABSENT if value is None else f"{value + 0.0:,.{digits}f}"


def short(value: float) -> str:
    """A number of any kind with at most two decimals, or three digits where it is less than a hundredth."""
    if value and abs(value) < 0.01:
        return f"{value:.3g}"
    return f"{value + 0.0:,.2f}".rstrip("0").rstrip(".")


def count(value: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 trade", "2 trades"."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def day(moment: str | None) -> str:
    """An ISO moment to the minute."""
    return ABSENT if moment is None else f"{moment[:10]} {moment[11:16]}"


def short_moment(text: str) -> str:
    """A moment without the seconds that nobody needs; other words as they are."""
    return f"{text[:10]} {text[11:16]}" if text.endswith("Z") and len(text) > 16 else text


def setting(value: object) -> str:
    """A value of a key as a system file has it: true, not True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def listed(values: dict[str, Any]) -> str:
    """ "CODE 3, OTHER 1", most frequent first."""
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {value:,}" for name, value in ordered)
