"""Which keys exist, read from the schema: for hints about keys that do not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from btcli.config.findings import KeyPath, did_you_mean, key_meant, key_of, listed
from btcli.config.model import System

_FEW = 8


@cache
def _schema() -> dict[str, Any]:
    return System.model_json_schema()


def nearest_key(path: KeyPath) -> str:
    """A hint for an unknown key: the nearest sibling, else the place where a key of that name belongs."""
    here = sorted(_children(_node(path[:-1])))
    word = str(path[-1])
    if near := key_meant(word, here):
        return near
    if parts := [key for key in here if word in key.split("_")]:
        return f"did you mean {listed(parts)}?"
    elsewhere = [key_of(other) for other in _paths(_schema(), ()) if other[-1] == word]
    if elsewhere:
        return f"did you mean {listed(elsewhere)}?"
    return f"the keys here are {listed(here)}" if 0 < len(here) <= _FEW else ""


def misspelt(path: KeyPath) -> str:
    """A hint for a key that is not known, where one beside it is near; "" for one that is known, or like none."""
    here = _children(_node(path[:-1]))
    return "" if path[-1] in here else did_you_mean(str(path[-1]), here)


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node or "anyOf" in node:
        sections = [way for way in node.get("anyOf", ()) if "$ref" in way]
        if "$ref" not in node and not sections:
            break
        node = _schema()["$defs"][(node if "$ref" in node else sections[0])["$ref"].rsplit("/", 1)[1]]
    return node


def _children(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    named = node.get("properties", {})
    enum = node.get("propertyNames", {}).get("enum", ())
    return named or dict.fromkeys(enum, node.get("additionalProperties", {}))


def _node(path: KeyPath) -> dict[str, Any]:
    node = _resolved(_schema())
    for part in path:
        if isinstance(part, int):
            below = node.get("items", {})
        else:
            open_ended = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
            below = _children(node).get(part) or next((s for s in open_ended if isinstance(s, dict)), {})
        node = _resolved(below)
    return node


def _paths(node: dict[str, Any], above: KeyPath) -> Iterator[KeyPath]:
    for key, below in _children(_resolved(node)).items():
        yield (*above, key)
        yield from _paths(below, (*above, key))
