"""What rules are written as, taken apart: conditions and what joins them, and the numbers that they name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from btcli.config.findings import key_of
from btcli.config.rules import EXPRESSIONS, SIDES, Rules, Side
from btcli.expressions.inline import outside_features
from btcli.expressions.names import Names
from btcli.expressions.parsing import parsed
from btcli.expressions.problems import RuleError
from btcli.expressions.reading import read_rule
from btcli.expressions.scanning import scanned
from btcli.expressions.tree import Column, Node, Parameter, State, used_by
from btcli.strategies.rules.grouping import CONDITIONS


class Part(NamedTuple):
    """A condition inside another one, as it is written there; `depth` is 1 for what joins the whole."""

    text: str
    depth: int
    node: Node


class Condition(NamedTuple):
    """One condition of a side; `key` is where it is written, as "strategy.rules.long.enter"."""

    side: Side
    rule: str
    key: str
    text: str
    node: Node
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """Of its column: "long.enter"."""
        return f"{self.side}.{self.rule}"


def conditions_of(rules: Rules, names: Names, at: str = "strategy.rules") -> Iterator[Condition]:
    """Every condition that is looked at, with its parts in the order written; the rules have been read before.

    `at` is the key that they stand under.
    """
    for rule in CONDITIONS:
        for side in SIDES:
            text, path = rules.said(side, rule), rules.place(side, rule)
            if text is not None and path is not None:
                key = key_of((at, *path))
                shape, flat = _shape(text)
                whose = side if rule == "enter" else ""
                parts = tuple(each._replace(node=used_by(each.node, whose)) for each in _parts(shape, flat, names, 1))
                node = used_by(read_rule(text, names, "condition"), whose)
                yield Condition(side, rule, key, _flat(text), node, parts)


def numbers_of(text: str, names: Names) -> Iterator[tuple[str, Node]]:
    """What an expression names and compares, as it is written, each once."""
    shape, flat = _shape(text)
    found: dict[str, Node] = {}
    seen = list(outside_features(shape, names))
    for node in seen:
        if isinstance(node, ast.Compare):
            sides: list[ast.expr] = [node.left, *node.comparators]
        elif isinstance(node, ast.Call):
            sides = [each for each in node.args if each in seen]
        else:
            sides = []
        for each in (*sides, node):
            if not isinstance(each, ast.expr):
                continue
            meant = _number(_text(each, flat), names)
            if meant is not None and (each is not node or isinstance(meant, (Column, Parameter, State))):
                found.setdefault(_text(each, flat), meant)
    yield from found.items()


def _number(text: str, names: Names) -> Node | None:
    """What a text means as a number; None for what is none, and for one that stands there as it is."""
    try:
        float(text)
    except ValueError:
        pass
    else:
        return None
    try:
        return read_rule(text, names, "number")
    except RuleError:
        return None


def _parts(shape: ast.expr, flat: str, names: Names, depth: int) -> Iterator[Part]:
    if isinstance(shape, ast.UnaryOp) and isinstance(shape.op, ast.Not):
        yield from _parts(shape.operand, flat, names, depth)
    elif isinstance(shape, (ast.BoolOp, ast.IfExp)):
        for each in shape.values if isinstance(shape, ast.BoolOp) else (shape.body, shape.test):
            text = _text(each, flat)
            yield Part(text, depth, read_rule(text, names, "condition"))
            yield from _parts(each, flat, names, depth + 1)


def _shape(text: str) -> tuple[ast.expr, str]:
    flat = scanned(text)
    return parsed(flat), flat


def _text(node: ast.expr, flat: str) -> str:
    return _flat(flat[node.col_offset : node.end_col_offset])


def _flat(text: str) -> str:
    """On one line: spaces and line breaks that mean nothing are one space."""
    return " ".join(text.split())


class Distance(NamedTuple):
    """An expression of a side that is a number, such as its stop; `name` as "long.stop"."""

    name: str
    text: str
    node: Node


def distances_of(rules: Rules, names: Names) -> Iterator[Distance]:
    """Every expression that is a number, as it is written."""
    for key in EXPRESSIONS:
        for side in SIDES if key not in CONDITIONS else ():
            text = rules.said(side, key)
            if text is not None:
                yield Distance(f"{side}.{key}", _flat(text), read_rule(text, names, "number"))
