"""The shape of an expression, as Python's own parser sees it: nothing of it is ever evaluated."""

from __future__ import annotations

import ast
import re
import warnings

from btcli.expressions.problems import RuleError
from btcli.expressions.scanning import too_deep, wording_at

_DIGITS_FIRST = re.compile(r"(?<![\w.])\d+[A-Z][A-Z0-9]*(?=\s*\.\s*[A-Za-z_])")  # as 1000PEPEUSDT.close


def parsed(text: str) -> ast.expr:
    """The shape of a scanned text, every column as in it; raises RuleError for what is no expression."""
    indent = len(text) - len(text.lstrip())
    if indent == len(text):
        raise RuleError("is empty", 1, hint="write an expression, such as ltf.close > ltf.open")
    python = _as_python(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of `1or 2`, which is read as it stands
            tree = ast.parse(python.lstrip(), mode="eval").body
    except SyntaxError as error:
        column = error.offset + indent if error.offset else len(text.rstrip()) + 1  # of an unfinished one it is 0
        raise RuleError("cannot be read from here on", column, hint=wording_at(text, column)) from None
    except (ValueError, RecursionError, MemoryError):
        raise too_deep(1) from None
    for node in ast.walk(tree) if indent or python != text else ():
        if isinstance(node, ast.expr):
            node.col_offset += indent
            node.end_col_offset = (node.end_col_offset or 0) + indent
        if isinstance(node, ast.Name):
            node.id = text[node.col_offset : node.end_col_offset]
    return tree


def _as_python(text: str) -> str:
    """Text of equal length that Python parses: `A then B within N` is as weak and as long as its `A if B else N`."""
    words = {"then": "if  ", "within": "else  "}
    return re.sub(r"\b(then|within)\b", lambda found: words[found[0]], _DIGITS_FIRST.sub(_as_a_word, text))


def _as_a_word(found: re.Match[str]) -> str:
    """A name of equal length that Python takes for one, where names may begin with a digit here."""
    return f"_{found[0][1:]}"
