"""What of rules.json this version reads again, and of which kind each value must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from btcli.artifacts.kinds import Counts, Symbol, Word
from btcli.artifacts.shapes import Shape, require_shape


class Truths(Shape):
    """At how many closes a condition was what."""

    text: str
    true: int
    false: int
    unknown: int


class CountedPart(Truths):
    """A condition inside another one."""

    depth: int


class CountedGate(Shape):
    """What a gate held back."""

    gate: Word
    key: str
    held_back: int


class CountedRule(Truths):
    """One rule of a symbol; what came of it is there where it is an entry or an exit."""

    rule: Annotated[str, Field(pattern=r"^(long|short)\.[a-z_.0-9]+$")]
    key: str
    fired: int = 0
    held_back: int = 0
    gates: list[CountedGate] = Field(default_factory=list)
    refused: Counts = Field(default_factory=dict)
    filled: int = 0
    parts: list[CountedPart]


class CountedSymbol(Shape):
    """The rules of one symbol, and how many closes there were."""

    closes: int
    ready: int
    asked: int
    rules: list[CountedRule]


class CountedRules(Shape):
    """What is shown of rules.json."""

    symbols: dict[Symbol, CountedSymbol]


def require_rules(rules: Mapping[str, Any], where: str) -> None:
    """Raise AccessError unless the content of rules.json can be shown."""
    require_shape(CountedRules, rules, where)
