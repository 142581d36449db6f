"""`btcli data instruments`: the dated snapshots of specs there are, what they say, and new ones from files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from btcli.config.findings import did_you_mean, key_of
from btcli.config.specs.dating import age_days
from btcli.config.specs.instruments import InstrumentSpecs, instrument_of
from btcli.config.specs.snapshots import SpecsSnapshot, packaged_snapshot, read_snapshot
from btcli.config.specs.symbol import SymbolSpecs
from btcli.config.specs.written import specs_findings
from btcli.config.venues import VENUES
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.store.where import Store
from btcli.tools import ToolResult, registry_for
from btcli.tools.specs.snapshots import FOLDER

NAMED = 8


@frozen
class FoundSnapshot:
    """A snapshot and its age; with a symbol asked for, what it says of that one at the venue's own fees."""

    snapshot: SpecsSnapshot
    age_days: int | None
    specs: InstrumentSpecs | None = None


@frozen
class FoundSnapshots:
    """All that were looked for, by venue and day, and a sentence on each file that cannot be used."""

    found: tuple[FoundSnapshot, ...]
    unusable: tuple[str, ...]


@frozen
class SpecsImportRequest:
    """Files of one venue's specs; `as_of` None: the day is in the files; no `symbols`: all there are."""

    files: tuple[Path, ...]
    venue: str
    store: Path
    as_of: str | None = None
    symbols: tuple[str, ...] = ()
    dry_run: bool = False


def import_specs(request: SpecsImportRequest) -> ToolResult:
    """Import by the tool `import_instruments`; raises what it says when it fails."""
    tools = registry_for(Store(request.store))
    return tools.execute(
        "import_instruments",
        paths=request.files,
        venue=request.venue,
        as_of=request.as_of,
        symbols=request.symbols,
        dry_run=request.dry_run,
    ).checked()


def snapshots(store: Path, now_ms: int, *, venue: str | None = None, symbol: str | None = None) -> FoundSnapshots:
    """The packaged snapshots and those below the data folder.

    Raises RequestError for an unknown venue, and for a symbol of which none of them says anything.
    """
    if venue is not None and venue not in VENUES:
        raise RequestError(f"{venue!r} is not a venue", hint=f"one of {', '.join(VENUES)}")
    unusable: list[str] = []
    every = [packaged_snapshot(name) for name in VENUES]
    every += _below(store, unusable)
    meant = [each for each in every if venue in (None, each.venue)]
    if symbol is not None:
        _require_symbol(symbol, meant)
        meant = [each for each in meant if symbol in each.specs]
    meant.sort(key=lambda each: (each.venue, each.as_of, not each.is_packaged, each.path))
    found = [FoundSnapshot(each, age_days(each.as_of, now_ms), _specs(each, symbol, unusable)) for each in meant]
    return FoundSnapshots(tuple(found), tuple(unusable))


def _below(store: Path, unusable: list[str]) -> Iterator[SpecsSnapshot]:
    for path in sorted((store / FOLDER).glob("*.json")):
        try:
            snapshot = read_snapshot(path)
        except (OSError, ValueError) as error:
            unusable.append(f"{path}: {error}")
            continue
        if snapshot.venue in VENUES:
            yield snapshot
        else:
            unusable.append(f"{path}: is of no venue known here ({snapshot.venue or 'it names none'})")


def _specs(snapshot: SpecsSnapshot, symbol: str | None, unusable: list[str]) -> InstrumentSpecs | None:
    if symbol is None:
        return None
    venue, written = VENUES[snapshot.venue], snapshot.specs[symbol]
    wrong = specs_findings({symbol: written})
    if wrong:
        unusable.append(f"{snapshot.path}: {key_of(wrong[0].path[1:])}: {wrong[0].message}")
        return None
    specs = SymbolSpecs.model_validate(written)
    return instrument_of(venue.name, symbol, specs, venue.taker_fee_rate, venue.maker_fee_rate)


def _require_symbol(symbol: str, meant: list[SpecsSnapshot]) -> None:
    known = sorted({name for each in meant for name in each.specs})
    if symbol not in known:
        more = f" and {len(known) - NAMED:,} more" if len(known) > NAMED else ""
        hint = did_you_mean(symbol, known) or f"they are of {', '.join(known[:NAMED])}{more}"
        raise RequestError(f"no snapshot has rules of {symbol}", hint=hint)
