"""A look at the letters of an expression before it is parsed: what cannot be part of it, and how large it is."""

from __future__ import annotations

import re

from btcli.expressions.problems import RuleError

MOST_LETTERS = 4_000
MOST_LEVELS = 50
LANGUAGE = "expressions have numbers, names, + - * /, < <= > >= == !=, and, or, not, ( and ), x[1], and functions"
TIMES = "write * to multiply"
_INSTEAD = {
    "&": "write and",
    "|": "write or",
    "~": "write not",
    "^": "powers are not available; write x * x",
    "%": "percent are written as numbers: 2 % of a price is 0.02 * close",
    "=": "write == to compare",
    "!": "write not, or != to compare",
    '"': "texts have no meaning here",
    "'": "texts have no meaning here",
    "#": "comments stand outside of expressions",
    "{": "write a number or a name",
    "$": "write a parameter's name as it is",
    "×": TIMES,
    "·": TIMES,
    "≥": "write >=",
    "≤": "write <=",
}
_WORDS = {"AND": "and", "OR": "or", "NOT": "not", "And": "and", "Or": "or", "Not": "not"}
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.()\[\]+\-*/<>=!, \t\r\n]|(?<![<>=!])=(?!=)|!(?!=)")
_PAREN = re.compile(r"[()\[\]]")
_OPENS = {")": "(", "]": "["}
_OPERAND = r"[A-Za-z_][\w.]*|[\d.]+"
_CROSSES = re.compile(
    rf"(?:({_OPERAND})\s+)?\bcross(?:es|ed)?(?:[ _](above|over|below|under))?\b(?!\s*\()\s*({_OPERAND})?", re.IGNORECASE
)
_TIMEFRAME = re.compile(r"(?<![\w.])(\d+[mhdwHDWM])\.\s*([a-z_]\w*)")
_SPAN = re.compile(
    r"\bwithin\s+(\d+)\s*(?:m|min|minutes?|h|hours?|d|days?|w|weeks?|bars?|candles?|closes?)\b", re.IGNORECASE
)
_BY_LETTER = re.compile(r"[\w)\]]\s+[xX]\s+[\w(.]")


def scanned(text: str) -> str:
    """The text on one line, every letter at its column; raises RuleError for what no parser has to see."""
    if len(text) > MOST_LETTERS:
        message = f"has {len(text):,} letters; an expression has at most {MOST_LETTERS:,}"
        raise RuleError(message, MOST_LETTERS + 1, hint="write parts of it under features:")
    if found := _FORBIDDEN.search(text):
        hint = _INSTEAD.get(found[0], LANGUAGE)
        raise RuleError(f"unexpected {found[0]!r}", found.start() + 1, hint=hint)
    _balanced(text)
    if found := re.search(r"\b(if|else)\b", text):
        raise RuleError(f"{found[0]} has no meaning here", found.start() + 1, hint=LANGUAGE)
    _in_pairs(text)
    return re.sub(r"\s", " ", text)


def _in_pairs(text: str) -> None:
    """Each `then` has its `within`."""
    words = list(re.finditer(r"\b(then|within)\b", text))
    if sum(1 if word[0] == "then" else -1 for word in words):
        other = "within" if words[0][0] == "then" else "then"
        raise RuleError(f"{words[0][0]} without {other}", words[0].start() + 1, hint="write A then B within 5")


def _balanced(text: str) -> None:
    """Parentheses and brackets close what they open, and are not too deep."""
    opened: list[int] = []
    for found in _PAREN.finditer(text):
        if found[0] not in _OPENS:
            opened.append(found.start())
        elif opened and text[opened[-1]] == _OPENS[found[0]]:
            opened.pop()
        else:
            raise RuleError(f"`{found[0]}` closes nothing", found.start() + 1)
        if len(opened) > MOST_LEVELS:
            raise too_deep(found.start() + 1)
    if opened:
        raise RuleError(f"`{text[opened[-1]]}` is never closed", opened[-1] + 1)


def too_deep(column: int) -> RuleError:
    """What is said of an expression inside too many others."""
    return RuleError(f"is nested more than {MOST_LEVELS} levels deep", column, hint="write parts of it under features:")


def wording_at(text: str, column: int) -> str:
    """A hint for what cannot be parsed: the first word at or after a place that is written another way here."""
    if re.search(r"(?<![\w.])0\d+(?![\w.])", text):
        return "write numbers without zeros in front"
    if said := _in_other_words(text):
        return said
    for word in re.finditer(r"[A-Za-z_]+", text):
        if word[0] in _WORDS:
            return f"write {_WORDS[word[0]]}"
        if word[0] in ("lambda", "in", "is", "for", "await", "yield", "import"):
            return f"{word[0]} has no meaning here"
    return "something is missing before it" if column <= len(text) else "something is missing at the end"


def _in_other_words(text: str) -> str:
    """How to write what is written as one says it; "" where nothing of the kind is."""
    if found := _SPAN.search(text):
        return f"within takes a number of evaluations, the closes of ltf, as in within {found[1]}"
    if found := _TIMEFRAME.search(text):
        return f"{found[1]} is no role: write htf.{found[2]}, mtf.{found[2]} or ltf.{found[2]}"
    if found := _CROSSES.search(text):
        if not found[2]:
            return "write cross_above(x, y) or cross_below(x, y)"
        name = "cross_above" if found[2].lower() in ("above", "over") else "cross_below"
        is_alone = found[1] and found[3] and _stands_alone(text, found)
        return f"write {name}({found[1]}, {found[3]})" if is_alone else f"write {name}(x, y)"
    return TIMES if _BY_LETTER.search(text) else ""


def _stands_alone(text: str, found: re.Match[str]) -> bool:
    """Whether both sides of a cross are the names that stand there, and no part of more."""
    before, after = text[: found.start()].rstrip(), text[found.end() :].lstrip()
    return bool(re.search(r"(^|\(|\b(and|or|not|then))$", before) and re.match(r"$|\)|(and|or|then|within)\b", after))
