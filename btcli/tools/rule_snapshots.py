"""The tool `sync_instruments`: the venue's trading rules of today as a dated snapshot file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from btcli.config.rules import SymbolRules
from btcli.config.snapshots import read_snapshot
from btcli.errors import SourceError
from btcli.sources.source import Source
from btcli.timeframe import utc_text
from btcli.tools.registry import Tool, ToolReport, Weight
from btcli.tools.venue import VenueAccess

NAME = "sync_instruments"
FOLDER = "instruments"


def instruments_tool(folder: Path, access: VenueAccess) -> Tool:
    """The tool that writes `instruments/VENUE-DATE.json` below the data folder, for `instruments:` in a system."""

    def sync_instruments(symbols: Sequence[str]) -> ToolReport:
        with access.open() as source:
            day = utc_text(source.server_time_ms())[:10]
            asked = _asked(source, symbols)
        rules = {symbol: _checked(access.venue, symbol, written) for symbol, written in asked.items()}
        path = folder / FOLDER / f"{access.venue}-{day}.json"
        changed = _write(path, access.venue, day, rules)
        message = f"{len(rules)} symbols' rules in {FOLDER}/{path.name}; use it with instruments: {path}"
        return ToolReport(len(rules), (), message, changed, {"path": path})

    def weigh(symbols: Sequence[str]) -> Weight:
        return Weight(2 * len(symbols), len(symbols))

    return Tool(NAME, sync_instruments, "today's trading rules and risk tiers, as a dated file", weigh)


def _asked(source: Source, symbols: Sequence[str]) -> dict[str, dict[str, Any]]:
    rules = {str(each["symbol"]): dict(each) for each in source.instruments(list(symbols))}
    missing = [symbol for symbol in symbols if symbol not in rules]
    if missing:
        raise SourceError(f"{source.venue} says nothing of {', '.join(missing)}", hint="check the symbols")
    return {symbol: rules[symbol] for symbol in symbols}


def _checked(venue: str, symbol: str, written: dict[str, Any]) -> dict[str, Any]:
    from pydantic import ValidationError

    del written["symbol"]
    source = written.get("source", "")
    flat = {
        **written,
        "source": "; ".join(f"{k}: {v}" for k, v in source.items()) if isinstance(source, dict) else source,
    }
    try:
        SymbolRules.model_validate(flat)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SourceError(f"{venue}: the rules of {symbol} make no sense: {where} {first['msg']}") from error
    return written


def _write(path: Path, venue: str, day: str, rules: dict[str, dict[str, Any]]) -> bool:
    """The file appears whole or not at all; what it already says of other symbols stays."""
    known = json.loads(path.read_text(encoding="utf-8"))["instruments"] if path.exists() and read_snapshot(path) else {}
    if all(known.get(symbol) == written for symbol, written in rules.items()):
        return False
    snapshot = {"format": 1, "venue": venue, "as_of": day, "instruments": {**known, **rules}}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(snapshot, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
    return True
