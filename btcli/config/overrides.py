"""`--set key=value`: one value of the file replaced by another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from btcli.config.document import read_document
from btcli.config.findings import Finding, KeyPath, key_of
from btcli.errors import ConfigError, Problem

_ONE_OF: KeyPath = ("risk", "sizing")  # holds one mode: another one takes its place
MOST_LETTERS = 65_536  # of one value
MOST_PARTS = 64  # of one key, far more than any has
SHOWN_PARTS = 8  # of one that has more
_HINT = "write --set risk.sizing.risk_pct=2"


def override(
    tree: dict[str, Any], overrides: Sequence[str]
) -> tuple[dict[str, Any], tuple[KeyPath, ...], list[Finding]]:
    """A tree with the values in place, the paths that were set, and what could not be set."""
    paths: list[KeyPath] = []
    findings: list[Finding] = []
    for text in overrides:
        key, equals, written = text.partition("=")
        try:
            path = parts_of(key.strip())
        except ConfigError as refusal:
            paths.append(tuple(key.split(".")[:SHOWN_PARTS]))
            findings.append(Finding(paths[-1], refusal.problems[0].message, _HINT))
            continue
        paths.append(path)
        if len(written) > MOST_LETTERS:
            findings.append(Finding(path, f"has {len(written):,} letters; a value has at most {MOST_LETTERS:,}"))
            continue
        value = read_document(written)
        if not equals or "" in path:
            findings.append(Finding(path, "expected key=value", _HINT))
        elif value.findings:
            findings.append(Finding(path, f"value {written!r}: {value.findings[0].message}", "quote it"))
        elif above := _no_section(tree, path):
            findings.append(Finding(path, f"{key_of(above)} is a single value", f"set {key_of(above)} as a whole"))
        else:
            tree = replaced(tree, path, value.tree)
    return tree, tuple(paths), findings


def parts_of(key: str) -> tuple[str, ...]:
    """The parts of a dotted key. Raises ConfigError for what is no text, and for more parts than any key has."""
    if not isinstance(key, str):
        raise ConfigError((Problem("is no key: a key is a text with dots, as 'risk.sizing.qty'", repr(key)),))
    parts = tuple(key.split("."))
    if len(parts) > MOST_PARTS:
        said = f"a key has at most {MOST_PARTS} parts, this one {len(parts):,}"
        raise ConfigError((Problem(said, key_of(parts[:SHOWN_PARTS])),))
    return parts


def replaced(tree: dict[str, Any], path: KeyPath, value: Any) -> dict[str, Any]:
    """A tree with one value in place of another; a mode of sizing takes the place of the one there was."""
    if path[:-1] == _ONE_OF:
        tree = _with(tree, _ONE_OF, {})
    put: dict[str, Any] = _with(tree, path, value)
    return put


def _no_section(tree: Any, path: KeyPath) -> KeyPath:
    """The part of the path that already holds a value with nothing below it."""
    for depth, part in enumerate(path):
        if not isinstance(tree, dict):
            return path[:depth]
        tree = tree.get(part, {})
        if tree is None:
            return ()
    return ()


def _with(tree: Any, path: KeyPath, value: Any) -> Any:
    """A copy with the value at the path, sections on the way added where they are not there."""
    if not path:
        return value
    node = dict(tree) if isinstance(tree, dict) else {}
    node[path[0]] = _with(node.get(path[0]), path[1:], value)
    return node
