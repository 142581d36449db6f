"""The features that a strategy's file declares, read from its text: nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from btcli.errors import BtcliError
from btcli.strategies.loading import file_of
from btcli.strategies.source import source_of

Features = Mapping[str, Mapping[str, str]]
BASE = "Strategy"


def declared_features(use: str, folder: Path, source_sha256: str) -> Features | None:
    """The features of the class that `use` names, as "file.py:Class", in `folder`.

    None where they cannot be told without running it: when file and imports do not have the recorded digest, the
    class is not in that file, or it does not write its features down as plain texts.
    """
    place, _, name = use.rpartition(":")
    if not place.endswith(".py"):
        return None
    try:
        path = file_of(place, folder, "strategy.use")
        roots = tuple(dict.fromkeys((folder.resolve(), path.parent)))
        same = source_of(path, roots, ()).digest == source_sha256
        return _written(ast.parse(path.read_bytes()), name) if same else None
    except (BtcliError, OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _written(module: ast.Module, name: str) -> Features | None:
    """Of a class that comes straight from Strategy; what decorates it, or is above it, might change them."""
    classes = [node for node in module.body if isinstance(node, ast.ClassDef) and node.name == name]
    if len(classes) != 1 or classes[0].decorator_list or classes[0].keywords:
        return None
    (found,) = classes
    if [_last_name(base) for base in found.bases] != [BASE]:
        return None
    values = [node.value for node in found.body if _assigns(node) and node.value is not None]  # type: ignore[attr-defined]
    if not values:
        return {}
    read = ast.literal_eval(values[-1])
    return read if _is_named(read) else None


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _assigns(node: ast.stmt) -> bool:
    if isinstance(node, ast.AnnAssign):
        return getattr(node.target, "id", "") == "features"
    return isinstance(node, ast.Assign) and any(getattr(each, "id", "") == "features" for each in node.targets)


def _is_named(read: object) -> bool:
    return isinstance(read, dict) and all(
        isinstance(named, dict) and all(isinstance(text, str) for text in (*named, *named.values()))
        for named in read.values()
    )
