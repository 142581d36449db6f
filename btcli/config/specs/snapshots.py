"""Dated snapshots of specs: the packaged ones, and files that a config names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from btcli.config.findings import Finding
from btcli.config.specs.symbol import PACKAGED, SymbolSpecs
from btcli.digest import digest_of
from btcli.frozen import frozen

_FOLDER = Path(__file__).parent / "snapshots"
_PACKAGED = {"bybit": "bybit-2026-08-05.json", "binance": "binance-2024-12.json", "sample": "sample.json"}
FORMAT = 1
_HINT = "write packaged, rules per symbol, or the path of a snapshot"


@frozen
class SpecsSnapshot:
    """A snapshot file: whose specs, of which day, and what it says of each symbol, its date filled in."""

    path: Path
    venue: str
    as_of: str
    specs: Mapping[str, dict[str, Any]]

    @property
    def is_packaged(self) -> bool:
        """Whether the file came with btcli."""
        return self.path.parent == _FOLDER

    @property
    def digest(self) -> str:
        """The sha256 of all it says of its symbols; how the file is laid out does not count."""
        return digest_of(dict(self.specs))


@cache
def packaged_specs(venue: str) -> dict[str, SymbolSpecs]:
    """The specs of every symbol in the packaged snapshot of the venue."""
    return {symbol: SymbolSpecs.model_validate(written) for symbol, written in packaged_snapshot(venue).specs.items()}


@cache
def packaged_snapshot(venue: str) -> SpecsSnapshot:
    """The snapshot of a venue that came with btcli."""
    return read_snapshot(_FOLDER / _PACKAGED[venue])


def read_snapshot(path: Path) -> SpecsSnapshot:
    """A snapshot file; its specs are not looked into.

    Raises OSError when it cannot be read, ValueError when it is no snapshot.
    """
    snapshot = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    if not isinstance(snapshot, dict) or snapshot.get("format") != FORMAT:
        raise ValueError(f"is no snapshot of trading rules (format {FORMAT})")
    instruments = snapshot.get("instruments")
    if not isinstance(instruments, dict) or not all(isinstance(specs, dict) for specs in instruments.values()):
        raise ValueError("has no rules under the key instruments")
    venue, as_of = str(snapshot.get("venue", "")), str(snapshot.get("as_of", ""))
    return SpecsSnapshot(
        path, venue, as_of, {symbol: flat_specs(specs, as_of) for symbol, specs in instruments.items()}
    )


def _no_number(word: str) -> Any:
    raise ValueError(f"has {word}, which is no number")


def flat_specs(specs: dict[str, Any], as_of: str) -> dict[str, Any]:
    """The specs with the snapshot's date, and the sources of all groups of figures as one text."""
    source = specs.get("source", "")
    if isinstance(source, dict):
        source = "; ".join(f"{group}: {origin}" for group, origin in source.items())
    return {"as_of": as_of, **specs, "source": source}


def with_snapshot(tree: dict[str, Any], folder: Path) -> tuple[dict[str, Any], SpecsSnapshot | None, list[Finding]]:
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
    specs = {symbol: snapshot.specs[symbol] for symbol in wanted if symbol in snapshot.specs}
    return tree | {"instruments": specs}, replace(snapshot, path=Path(named)), _of_another_venue(snapshot, named, venue)


def _of_another_venue(snapshot: SpecsSnapshot, named: str, venue: Any) -> list[Finding]:
    """Specs of one venue say nothing of another; sample data may try any."""
    if snapshot.venue in ("", venue) or venue not in _PACKAGED or venue == "sample":
        return []
    return [Finding(("instruments",), f"{named} holds rules of {snapshot.venue}, the venue is {venue}", _HINT)]
