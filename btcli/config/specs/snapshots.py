"""Dated snapshots of trading rules: the packaged ones, and files that a config names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from btcli.config.findings import Finding
from btcli.config.specs.rules import PACKAGED, SymbolRules
from btcli.digest import digest_of

_FOLDER = Path(__file__).parent / "snapshots"
_PACKAGED = {"bybit": "bybit-2026-08-05.json", "binance": "binance-2024-12.json", "sample": "sample.json"}
FORMAT = 1
_HINT = "write packaged, rules per symbol, or the path of a snapshot"


@dataclass(frozen=True)
class RuleSnapshot:
    """A snapshot file: whose rules, of which day, and what it says of each symbol, its date filled in."""

    path: Path
    venue: str
    as_of: str
    rules: Mapping[str, dict[str, Any]]

    @property
    def is_packaged(self) -> bool:
        """Whether the file came with btcli."""
        return self.path.parent == _FOLDER

    @property
    def digest(self) -> str:
        """The sha256 of all it says of its symbols; how the file is laid out does not count."""
        return digest_of(dict(self.rules))


@cache
def packaged_rules(venue: str) -> dict[str, SymbolRules]:
    """The rules of every symbol in the packaged snapshot of the venue."""
    return {symbol: SymbolRules.model_validate(written) for symbol, written in packaged_snapshot(venue).rules.items()}


@cache
def packaged_snapshot(venue: str) -> RuleSnapshot:
    """The snapshot of a venue that came with btcli."""
    return read_snapshot(_FOLDER / _PACKAGED[venue])


def read_snapshot(path: Path) -> RuleSnapshot:
    """A snapshot file; its rules are not looked into.

    Raises OSError when it cannot be read, ValueError when it is no snapshot.
    """
    snapshot = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    if not isinstance(snapshot, dict) or snapshot.get("format") != FORMAT:
        raise ValueError(f"is no snapshot of trading rules (format {FORMAT})")
    instruments = snapshot.get("instruments")
    if not isinstance(instruments, dict) or not all(isinstance(rules, dict) for rules in instruments.values()):
        raise ValueError("has no rules under the key instruments")
    venue, as_of = str(snapshot.get("venue", "")), str(snapshot.get("as_of", ""))
    return RuleSnapshot(path, venue, as_of, {symbol: flat_rules(rules, as_of) for symbol, rules in instruments.items()})


def _no_number(word: str) -> Any:
    raise ValueError(f"has {word}, which is no number")


def flat_rules(rules: dict[str, Any], as_of: str) -> dict[str, Any]:
    """The rules with the snapshot's date, and the sources of all groups of figures as one text."""
    source = rules.get("source", "")
    if isinstance(source, dict):
        source = "; ".join(f"{group}: {origin}" for group, origin in source.items())
    return {"as_of": as_of, **rules, "source": source}


def with_snapshot(tree: dict[str, Any], folder: Path) -> tuple[dict[str, Any], RuleSnapshot | None, list[Finding]]:
    """The tree with a snapshot named by path replaced by what it says of the system's symbols; that snapshot.

    Relative paths count from `folder`. So a resolved system needs no other file.
    """
    named, symbols, venue = tree.get("instruments"), tree.get("symbols"), tree.get("venue")
    if not isinstance(named, str) or named in (PACKAGED, "none"):
        return tree, None, []
    try:
        snapshot = read_snapshot(folder / named)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        return tree | {"instruments": {}}, None, [Finding(("instruments",), f"{named}: {said}", _HINT)]
    wanted = symbols if isinstance(symbols, list) else []
    rules = {symbol: snapshot.rules[symbol] for symbol in wanted if symbol in snapshot.rules}
    return tree | {"instruments": rules}, replace(snapshot, path=Path(named)), _of_another_venue(snapshot, named, venue)


def _of_another_venue(snapshot: RuleSnapshot, named: str, venue: Any) -> list[Finding]:
    """Rules of one venue say nothing of another; sample data may try any."""
    if snapshot.venue in ("", venue) or venue not in _PACKAGED or venue == "sample":
        return []
    return [Finding(("instruments",), f"{named} holds rules of {snapshot.venue}, the venue is {venue}", _HINT)]
