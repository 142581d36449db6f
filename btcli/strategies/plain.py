"""Numbers, bools and texts as people's code hands them over, made plain: numpy's become Python's."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import Any


def is_number(value: float) -> bool:
    """Whether a float is one: neither NaN nor infinite."""
    return -inf < value < inf


def _unpacked(value: Any) -> Any:
    """The Python value of one of numpy's, known by its `dtype`; dates, durations and arrays stay what they are."""
    kind = getattr(getattr(value, "dtype", None), "kind", "mM")
    return value if kind in "mM" or getattr(value, "shape", None) != () else value.item()


def plain_number(name: str, value: Any) -> float:
    """The value as a float.

    Raises ValueError, with the name, for what is no number (a bool and a text are none), for NaN and for infinity.
    """
    unpacked = _unpacked(value)
    number = inf
    if not isinstance(unpacked, bool) and not hasattr(unpacked, "__len__"):
        with suppress(TypeError, ValueError, OverflowError):
            number = float(unpacked)
    if not is_number(number):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return number


def plain_bool(name: str, value: Any) -> bool:
    """The value as a bool. Raises ValueError, with the name, for everything else."""
    unpacked = _unpacked(value)
    if not isinstance(unpacked, bool):
        raise ValueError(f"{name} is True or False, got {value!r}")
    return unpacked


def plain_text(name: str, value: Any) -> str:
    """The value as a text that can be written. Raises ValueError, with the name, for everything else."""
    if not isinstance(value, str):
        raise ValueError(f"{name} is a text, got {value!r}")
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} is a text that can be written as UTF-8, got {value!r}") from None
    return text
