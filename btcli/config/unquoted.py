"""What YAML makes of text that had to be quoted, or stands in the wrong column: what to do about it, in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from btcli.config.findings import Place, with_colon

QUOTE = 'quote an expression that has a comma, a bracket, a brace, ": " or " #" inside {…}, as in {limit: "close[1]"}'
COLUMN = "the keys of one block begin in one column, indented with spaces"
TAB = "indent with spaces: a tab is no indentation"
QUOTE_ALL = "quote a text that has such a character in it"
WORD = "write {}: and its value, or take it out"
NO_VALUE, QUOTED = "could not find expected ':'", "scanning a quoted scalar"
_KEY_OF_A_BLOCK = re.compile(r"\s*(- )?[A-Za-z_]\w*")
_WORD_AFTER_A_VALUE = re.compile(r".*[:,{\[]\s*[^\s,:{}\[\]][^,:{}\[\]]*\s([A-Za-z_]\w*)")


class Mistake(NamedTuple):
    """What the parser said, the lines of the text, where it stopped, and where what it was in the middle of began."""

    said: str
    lines: Sequence[str]
    at: Place
    began: Place | None = None

    def line(self, number: int) -> str:
        """One of them, from 1 on; "" before the first and after the last."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    @property
    def before(self) -> str:
        """What stands in the line before the place where the parser stopped."""
        return self.line(self.at.line)[: self.at.column - 1]

    @property
    def is_left_open(self) -> bool:
        """Whether a bracket was not closed: the text ends inside, or goes on with the key of a block."""
        if self.began is None or "parsing a flow" not in self.said or " #" in self.line(self.began.line):
            return False
        if "<stream end>" in self.said or "<document end>" in self.said:
            return True
        is_key = "but got ':'" in self.said and _KEY_OF_A_BLOCK.fullmatch(self.before) is not None
        return is_key and self.began.line < self.at.line

    @property
    def place(self) -> Place:
        """Where somebody who mends it has to look: what is found out late lies where it began."""
        is_late = self.is_left_open or NO_VALUE in self.said or QUOTED in self.said
        return self.began if is_late and self.began is not None else self.at


def syntax_hint(mistake: Mistake) -> str:
    """The next step after a mistake of syntax; "" where it is not known."""
    said, before = mistake.said, mistake.before
    if "'\\t'" in said or before[: len(before) - len(before.lstrip())].count("\t"):
        return TAB
    is_no_start = any(each in said for each in ("cannot start any token", "scanning an alias", "scanning an anchor"))
    if "parsing a flow" in said:
        return _of_flow(mistake)
    if is_no_start:
        return QUOTE if "{" in before or "[" in before else QUOTE_ALL
    if QUOTED in said or NO_VALUE in said:
        line = mistake.line(mistake.place.line)
        return "close the quote" if QUOTED in said else with_colon(line) or WORD.format(line.strip())
    return _of_block(mistake)


def _of_flow(mistake: Mistake) -> str:
    """Inside {…} or […]."""
    if mistake.is_left_open:
        line, column = mistake.place
        return f"close the {mistake.line(line)[column - 1 : column]}"
    if "but got ':'" in mistake.said and (found := _WORD_AFTER_A_VALUE.fullmatch(mistake.before)):
        return f'write a comma before {found[1]}:, or quote a text that has ": " in it'
    return QUOTE


def _of_block(mistake: Mistake) -> str:
    """Outside of brackets."""
    said, (number, column) = mistake.said, mistake.at
    if "but found '}'" in said or "but found ']'" in said:
        return f"take the {mistake.line(number)[column - 1 : column]} out: nothing before it is open"
    if "mapping values are not allowed" in said and re.search(r":\s.*\S", mistake.before):
        return QUOTE_ALL.replace("such a character", '": "')
    if "mapping values are not allowed" in said and (hint := with_colon(mistake.line(number - 1))):
        return f"in line {number - 1} {hint}"
    return COLUMN if "mapping values are not allowed" in said or "expected <block end>" in said else ""


def is_cut(text: str) -> bool:
    """Whether a text opens parentheses that it does not close.

    >>> is_cut("max(close")
    True
    >>> is_cut("max(close, open)")
    False
    """
    return text.count("(") > text.count(")")


def closes(text: str) -> bool:
    """Whether a text closes parentheses that it does not open."""
    return text.count(")") > text.count("(")
