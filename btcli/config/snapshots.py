"""Dated snapshots of trading rules: the packaged ones, and files that a config names."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from btcli.config.findings import Finding
from btcli.config.model import PACKAGED
from btcli.config.rules import SymbolRules

_FOLDER = Path(__file__).parent / "snapshots"
_PACKAGED = {"bybit": "bybit-2026-08-05.json", "binance": "binance-2024-12.json", "sample": "sample.json"}
_FORMAT = 1
_HINT = "write packaged, rules per symbol, or the path of a snapshot"


@cache
def packaged_rules(venue: str) -> dict[str, SymbolRules]:
    """The rules of every symbol in the packaged snapshot of the venue."""
    written = read_snapshot(_FOLDER / _PACKAGED[venue])
    return {symbol: SymbolRules.model_validate(rules) for symbol, rules in written.items()}


def read_snapshot(path: Path) -> dict[str, Any]:
    """The rules per symbol as written in a snapshot file, with its date filled in.

    Raises OSError when it cannot be read, ValueError when it is no snapshot.
    """
    snapshot = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(snapshot, dict) or snapshot.get("format") != _FORMAT:
        raise ValueError(f"is no snapshot of trading rules (format {_FORMAT})")
    instruments = snapshot.get("instruments")
    if not isinstance(instruments, dict) or not all(isinstance(rules, dict) for rules in instruments.values()):
        raise ValueError("has no rules under the key instruments")
    return {symbol: _as_written(rules, snapshot.get("as_of", "")) for symbol, rules in instruments.items()}


def _as_written(rules: dict[str, Any], as_of: str) -> dict[str, Any]:
    """The rules with the snapshot's date, and the sources of all groups of figures as one text."""
    source = rules.get("source", "")
    if isinstance(source, dict):
        source = "; ".join(f"{group}: {origin}" for group, origin in source.items())
    return {"as_of": as_of, **rules, "source": source}


def with_snapshot(tree: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[Finding]]:
    """The tree with a snapshot named by path replaced by what it says of the system's symbols.

    Relative paths count from `folder`. So a resolved system needs no other file.
    """
    named, symbols = tree.get("instruments"), tree.get("symbols")
    if not isinstance(named, str) or named in (PACKAGED, "none"):
        return tree, []
    try:
        written = read_snapshot(folder / named)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        return tree | {"instruments": {}}, [Finding(("instruments",), f"{named}: {said}", _HINT)]
    wanted = symbols if isinstance(symbols, list) else []
    return tree | {"instruments": {symbol: written[symbol] for symbol in wanted if symbol in written}}, []
