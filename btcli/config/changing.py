"""A system with some of its values replaced by others, checked as if they had stood in its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from btcli.config.findings import KeyPath, key_of
from btcli.config.model import System
from btcli.config.overrides import parts_of, replaced
from btcli.config.places import Places
from btcli.config.validating import accepted_with, validate
from btcli.errors import ConfigError, Problem

Tree = dict[str, Any]
ITSELF = "change it in the system file"
OF_THE_WORLD = (
    "system",
    "venue",
    "env",
    "symbols",
    "timeframes",
    "windows",
    "data",
    "instruments",
    "output",
    "signals",
)
ALSO = (("costs", "funding"), ("fills", "mark_source"))  # these decide which series are read


def tree_of(system: System) -> Tree:
    """The system as plain values by its keys, without the defaults: what these are may hang on what is changed.

    Of a system that no text was read for, every default is spelt out.
    """
    tree: Tree = system.model_dump(mode="json", by_alias=True)
    places = system._places
    if not places.places:
        return tree
    return {key: value if key in OF_THE_WORLD else _written(value, (key,), places) for key, value in tree.items()}


def _written(value: Any, path: KeyPath, places: Places) -> Any:
    if not isinstance(value, dict):
        return value
    below = ((key, (*path, key)) for key in value)
    return {key: _written(value[key], at, places) for key, at in below if places.holds(at)}


def changed(system: System, tree: Tree, changes: Mapping[str, Any]) -> System:
    """The system whose `tree` this is, with values for dotted keys, as "features.ltf.f": "ema(close, 9)".

    Raises ConfigError with every problem, among them what another world would be needed for.
    """
    paths: list[KeyPath] = [parts_of(key) for key in changes]
    refused = [_of_the_world(key) for key in changes if needs_another_world(key)]
    if refused:
        raise ConfigError(tuple(refused))
    for path, value in zip(paths, changes.values(), strict=True):
        tree = replaced(tree, path, value)
    other = accepted_with(system, tree, paths)
    if other is None:
        other, findings = validate(tree)
        if other is None or findings:
            raise ConfigError(tuple(Problem(each.message, key_of(each.path), each.hint) for each in findings))
    other._places = system._places
    return other


def needs_another_world(key: str) -> bool:
    """Whether a dotted key decides what a world is built of."""
    path = tuple(key.split("."))
    if path[0] == "features" and len(path) > len(("features", "role", "name")):
        return True  # of a function of the user's, whose values are those of the world
    return path[0] in OF_THE_WORLD or path in (*ALSO, *((section,) for section, _ in ALSO))


def _of_the_world(key: str) -> Problem:
    return Problem("is the same in all trials over one world", key, ITSELF)
