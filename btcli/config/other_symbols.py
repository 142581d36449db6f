"""Symbols that expressions name beside the one that they are evaluated for, as in `ETHUSDT.htf.close`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from btcli.config.findings import KeyPath
from btcli.config.types import RoleName
from btcli.symbols import is_symbol

ROLES: tuple[RoleName, ...] = ("exec", "ltf", "mtf", "htf")
_CHAIN = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z0-9_]++(?:\s*+\.\s*+[A-Za-z0-9_]++)++")


@lru_cache(1024)
def is_other_symbol(word: str) -> bool:
    """Whether a word in front of a dot is the name of a symbol: capital letters and digits, one letter at least.

    >>> is_other_symbol("ETHUSDT"), is_other_symbol("1000PEPEUSDT"), is_other_symbol("htf"), is_other_symbol("15")
    (True, True, False, False)
    """
    return word.isascii() and is_symbol(word) and not word.isdigit()


@lru_cache(1024)
def named_in(text: str) -> tuple[tuple[str, RoleName], ...]:
    """The symbols that an expression names, each with the role that it names of it; alone that is ltf.

    >>> named_in("ETHUSDT.htf.close > 1.5 * BTCUSDT.close")
    (('ETHUSDT', 'htf'), ('BTCUSDT', 'ltf'))
    """
    return tuple(_named(text))


def _named(text: str) -> Iterator[tuple[str, RoleName]]:
    for chain in _CHAIN.findall(text):
        first, second, *_ = re.split(r"\s*\.\s*", chain)
        if is_other_symbol(first):
            yield first, next((role for role in ROLES if role == second), "ltf")


def texts_of(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text in a tree of plain values, with the keys that lead to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from texts_of(below, (*path, key))
    elif isinstance(value, Sequence):
        for place, below in enumerate(value):
            yield from texts_of(below, (*path, place))
