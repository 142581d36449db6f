"""What is wrong with a config, told by key path before anyone knows its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

KeyPath = tuple[str | int, ...]
REQUIRED = "is required"


class Place(NamedTuple):
    """A position in a text; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Finding:
    """One wrong thing: the key it concerns, a sentence, and the next step.

    `at` is given only when the path alone does not say where (syntax, the second of two equal keys).
    """

    path: KeyPath
    message: str
    hint: str = ""
    at: Place | None = None


def key_of(path: KeyPath) -> str:
    """The path as a user writes it: `risk.sizing`, `symbols[1]`."""
    text = ""
    for part in path:
        name = f"[{part}]" if isinstance(part, int) else part if part.isprintable() else repr(part)
        text += f".{name}" if text and isinstance(part, str) else name
    return text


def path_of(key: str) -> KeyPath:
    """The path that a user writes so.

    >>> path_of("strategy.rules.exits[0].at")
    ('strategy', 'rules', 'exits', 0, 'at')
    """
    parts = re.findall(r"[^.\[\]]+|\[[0-9]+\]", key)
    return tuple(int(part[1:-1]) if part.startswith("[") else part for part in parts)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or nothing when none is near."""
    words, word = sorted(known), str(word)  # somebody may ask for a number
    in_letters = [each for each in words if each.lower() == word.lower()]  # RSI for rsi, which share none
    near = in_letters or get_close_matches(word, words, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""


def listed(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
