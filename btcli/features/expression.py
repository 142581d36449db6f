"""Reading what stands under `features:`, each expression by itself: other features stay the names that they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeGuard

from btcli.expressions.function import PRICES
from btcli.expressions.inline import is_inline
from btcli.expressions.names import Names
from btcli.expressions.problems import RuleError
from btcli.expressions.reading import read_feature, read_inline
from btcli.expressions.tree import Column, Indicator, Node, below, roles_of
from btcli.features.catalog import FUNCTIONS, LEFT_OUT
from btcli.market.prices import MEANS


def names_of_features(role: str, features: Collection[str]) -> Names:
    """What the features of a role may name; a price stays a price where a feature has its name."""
    named = dict.fromkeys(name for name in features if name not in PRICES and name not in MEANS)
    return Names({role: named.keys()}, feature_functions=FUNCTIONS, left_out=LEFT_OUT)


def read_named(name: str, text: str, role: str, names: Names) -> Node:
    """The meaning of a feature; one that rules name by what it is made of is its own name.

    Raises RuleError with the column and, where there is one, the nearest known name.
    """
    if is_inline(name):
        return read_inline(text, names, role)
    found = read_feature(text, names, role)
    if not roles_of(found):
        raise RuleError("never changes: it names no price and no feature", 1, hint="numbers have names as parameters")
    return found


def parse_feature(text: str, role: str = "ltf") -> Indicator:
    """One call of a function such as `ema(close, 9)` or `macd(close, 12, 26, 9).hist`, of no other features.

    Raises RuleError as `read_named` does, and ValueError for what is no call.
    """
    found = read_feature(text, names_of_features(role, ()), role)
    if not isinstance(found, Indicator):
        raise ValueError(f"{text} is no call of a function")
    return found


def is_feature(node: Node) -> TypeGuard[Column]:
    """Whether it stands for another feature."""
    return isinstance(node, Column) and node.name not in PRICES


def features_in(node: Node) -> frozenset[str]:
    """The features of its role that an expression names."""
    found: set[str] = set()
    stack = [node]
    while stack:
        each = stack.pop()
        if is_feature(each):
            found.add(each.name)
        stack.extend(below(each))
    return frozenset(found)
