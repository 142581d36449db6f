"""Names and texts of users, shown so that nothing in them acts on who shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def shown_plainly(text: str) -> str:
    """The text with its control characters escaped, those that turn the writing direction included."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def told_apart(folders: Sequence[Path]) -> str:
    """Folders by their names, and by their whole paths where two have one name.

    >>> told_apart([Path("runs/a/q1/0a1b"), Path("runs/a/q1/0a2c"), Path("runs/b/q1/0a2c")])
    '0a1b, runs/a/q1/0a2c, runs/b/q1/0a2c'
    """
    names = [folder.name for folder in folders]
    return ", ".join(name if names.count(name) == 1 else str(path) for name, path in zip(names, folders, strict=True))
