"""Dated snapshot files of specs below the data folder, and the tool `sync_instruments` that asks a venue."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from btcli.config.findings import key_of
from btcli.config.specs.snapshots import FORMAT, read_snapshot
from btcli.config.specs.written import specs_findings
from btcli.drafts import own_draft, remove_left_behind
from btcli.errors import SourceError, StoreError
from btcli.sources.source import Source
from btcli.timeframe import utc_text
from btcli.tools.registry import Tool, ToolReport, Weight
from btcli.tools.venue import VenueAccess

NAME = "sync_instruments"
FOLDER = "instruments"


class PutSpecs(NamedTuple):
    """What became of the symbols of a snapshot file: new in it, changed, the same; and others that it held before."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def is_change(self) -> bool:
        """Whether the file says anything else than before."""
        return bool(self.new or self.changed)

    def __str__(self) -> str:
        told = ((self.new, "new"), (self.changed, "changed"), (self.same, "as before"), (self.others, "beside them"))
        return ", ".join(f"{len(symbols):,} {said}" for symbols, said in told if symbols)


def instruments_tool(folder: Path, access: VenueAccess) -> Tool:
    """The tool that writes `instruments/VENUE-DATE.json` below the data folder, for `instruments:` in a system."""

    def sync_instruments(symbols: Sequence[str]) -> ToolReport:
        with access.open() as source:
            day = utc_text(source.server_time_ms())[:10]
            asked = _asked(source, symbols)
        path = snapshot_path(folder, access.venue, day)
        put = put_specs(path, access.venue, day, _checked(access.venue, asked))
        message = f"{len(asked)} symbols' rules in {FOLDER}/{path.name}; use it with instruments: {path}"
        return ToolReport(len(asked), (), message, put.is_change, {"path": path})

    def weigh(symbols: Sequence[str]) -> Weight:
        return Weight(2 * len(symbols), len(symbols))

    return Tool(NAME, sync_instruments, "today's trading rules and risk tiers, as a dated file", weigh)


def _asked(source: Source, symbols: Sequence[str]) -> dict[str, dict[str, Any]]:
    specs = {str(each["symbol"]): dict(each) for each in source.instruments(list(symbols))}
    missing = [symbol for symbol in symbols if symbol not in specs]
    if missing:
        raise SourceError(f"{source.venue} says nothing of {', '.join(missing)}", hint="check the symbols")
    for each in specs.values():
        del each["symbol"]
    return {symbol: specs[symbol] for symbol in symbols}


def _checked(venue: str, specs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for found in specs_findings(specs):
        raise SourceError(f"{venue}: its rules make no sense: {key_of(found.path[1:])}: {found.message}")
    return specs


def snapshot_path(folder: Path, venue: str, day: str) -> Path:
    """Where the specs of a venue and a day lie below a data folder."""
    return folder / FOLDER / f"{venue}-{day}.json"


def put_specs(
    path: Path, venue: str, day: str, specs: Mapping[str, dict[str, Any]], *, dry_run: bool = False
) -> PutSpecs:
    """Put specs into a snapshot file, which then is there whole or as it was; what it says of other symbols stays.

    Raises StoreError when there is something else at the path, or it cannot be written.
    """
    known = _known(path)
    put = PutSpecs(
        tuple(symbol for symbol in specs if symbol not in known),
        tuple(symbol for symbol in specs if symbol in known and known[symbol] != specs[symbol]),
        tuple(symbol for symbol in specs if known.get(symbol) == specs[symbol]),
        tuple(symbol for symbol in known if symbol not in specs),
    )
    if put.is_change and not dry_run:
        _write(path, {"format": FORMAT, "venue": venue, "as_of": day, "instruments": {**known, **specs}})
    return put


def _known(path: Path) -> dict[str, Any]:
    """What a file says of each symbol, as it stands there."""
    if not path.exists():
        return {}
    try:
        read_snapshot(path)
        instruments: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["instruments"]
    except (OSError, ValueError) as error:
        raise StoreError(f"lies in the way: {error}", where=str(path), hint="move it away, then try again") from None
    return instruments


def _write(path: Path, snapshot: dict[str, Any]) -> None:
    draft = own_draft(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8") as file:
            file.write(json.dumps(snapshot, indent=2, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        hint = "check the permissions and the free space"
        raise StoreError(f"cannot be written: {error.strerror}", where=str(path), hint=hint) from error
    remove_left_behind(path)
