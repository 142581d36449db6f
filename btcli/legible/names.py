"""Names and texts of users, shown so that nothing in them acts on who shows them."""

from __future__ import annotations

import re

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def shown_plainly(text: str) -> str:
    """The text with its control characters escaped, those that turn the writing direction included."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
