"""What YAML makes of text that had to be quoted, or stands in the wrong column: what to do about it, in plain words."""

from __future__ import annotations

import re

QUOTE = 'quote an expression that has a comma, a bracket, a brace, ": " or " #" inside {…}, as in {limit: "close[1]"}'
COLUMN = "the keys of one block begin in one column, indented with spaces"
TAB = "indent with spaces: a tab is no indentation"
QUOTE_ALL = "quote a text that has such a character in it"


def syntax_hint(said: str, line: str, column: int) -> str:
    """The next step after a mistake of syntax in a line, at a column that counts from 1; "" where it is not known.

    `said` is what the parser said.
    """
    before = line[: column - 1]
    if "'\\t'" in said or before[: len(before) - len(before.lstrip())].count("\t"):
        return TAB
    if "parsing a flow" in said or ("cannot start any token" in said and "{" in before):
        return QUOTE
    if "cannot start any token" in said:
        return QUOTE_ALL
    if "mapping values are not allowed" in said and re.search(r":\s.*\S", before):
        return QUOTE_ALL.replace("such a character", '": "')
    if "mapping values are not allowed" in said or "expected <block end>" in said or "expected ':'" in said:
        return COLUMN
    return ""


def is_cut(text: str) -> bool:
    """Whether a text opens parentheses that it does not close.

    >>> is_cut("max(close")
    True
    >>> is_cut("max(close, open)")
    False
    """
    return text.count("(") > text.count(")")
