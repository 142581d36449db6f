"""Keys of a text that YAML cannot read: by the columns in which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from btcli.config.findings import Finding, KeyPath, Place, key_of
from btcli.config.keys import misspelt
from btcli.config.wording import UNKNOWN

_KEY = re.compile(r"( *)([A-Za-z_]\w*):(?: .*)?")


def misspelt_beside(text: str, findings: Sequence[Finding]) -> Iterator[Finding]:
    """A finding for the key of each line with a mistake of syntax, where it is like one that is known there."""
    lines = text.split("\n")
    for finding in findings:
        number = finding.at.line if finding.at is not None else 0
        if path := path_at(lines, number):
            column = len(lines[number - 1]) - len(lines[number - 1].lstrip()) + 1
            if hint := misspelt(path):
                yield Finding((), f"{key_of(path)}: {UNKNOWN}", hint, Place(number, column))


def path_at(lines: Sequence[str], number: int) -> KeyPath:
    """The key that a line begins with, from 1 on, below those that stand before it and further left.

    >>> path_at(["strategy:", "  rules:", "    long: {enter: x}", "    stpo: 5 foo: 6"], 4)
    ('strategy', 'rules', 'stpo')
    >>> path_at(["strategy:", "  - x"], 2)
    ()
    """
    found: list[str] = []
    column = -1
    for line in reversed(lines[:number] if 0 < number <= len(lines) else ()):
        key = _KEY.fullmatch(line.rstrip())
        if not found and key is None:
            return ()
        if key is not None and (not found or len(key[1]) < column):
            found, column = [key[2], *found], len(key[1])
    return tuple(found)
