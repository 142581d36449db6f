"""What is wrong with a config, told by key path before anyone knows its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from btcli.frozen import frozen

KeyPath = tuple[str | int, ...]
REQUIRED = "is required"
_WITHOUT_COLON = re.compile(r"([A-Za-z_]\w*)(?:\s*=\s*|\s+)(\S.*)")  # a key, and the value after it


class Place(NamedTuple):
    """A position in a text; both count from 1."""

    line: int
    column: int


@frozen
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
    near = _nearest(word, known)
    return f"did you mean {near}?" if near else ""


def key_meant(word: str, known: Iterable[str]) -> str:
    """The same of a key, to which a value may hang because its colon is missing.

    >>> key_meant("stop 5", ["stop"]), key_meant("entr = close > open", ["enter"]), key_meant("stpo", ["stop"])
    ('write stop: 5', 'write enter: close > open', 'did you mean stop?')
    """
    known = tuple(known)
    apart = _WITHOUT_COLON.fullmatch(str(word))
    near = _nearest(apart[1], known) if apart else ""
    return f"write {near}: {apart[2]}" if apart and near else did_you_mean(word, known)


def with_colon(text: str) -> str:
    """A hint for a line that was to be a key and its value; "" for what has no value, or a colon.

    >>> with_colon("  stop 5"), with_colon("stop: 5"), with_colon("stop")
    ('write stop: 5', '', '')
    """
    apart = None if ": " in text else _WITHOUT_COLON.fullmatch(text.strip())
    return f"write {apart[1]}: {apart[2]}" if apart else ""


def _nearest(word: str, known: Iterable[str]) -> str:
    words, word = sorted(known), str(word)  # somebody may ask for a number
    in_letters = [each for each in words if each.lower() == word.lower()]  # RSI for rsi, which share none
    return next(iter(in_letters or get_close_matches(word, words, n=1, cutoff=0.6)), "")


def listed(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
