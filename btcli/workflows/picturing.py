"""`btcli data list`: what the store holds, where it has holes, and who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from btcli.market.picturing import SeriesPicture, picture
from btcli.market.store.reading import SeriesCoverage, SyncEntry, open_store


@dataclass(frozen=True)
class Origin:
    """Neighbouring writes of one tool from one source, taken together; `digests` are those of what was received."""

    tool: str
    source: str
    start_ms: int
    end_ms: int
    rows: int
    last_at_ms: int
    digests: tuple[str, ...]


@dataclass(frozen=True)
class StoredSeries:
    """One series of the store: its extent, its picture, and the origins of its rows in the order of time."""

    coverage: SeriesCoverage
    picture: SeriesPicture
    origins: tuple[Origin, ...]


def stored_series(store: Path, env: str, *, lock_wait_s: float = 30.0) -> tuple[StoredSeries, ...]:
    """Every series of the store; none when there is no store."""
    with open_store(store, env, lock_wait_s=lock_wait_s) as reader:
        log = reader.sync_log()
        return tuple(
            StoredSeries(
                each,
                picture(each.series, reader.times(each.series), reader.absent(each.series)),
                origins([entry for entry in log if entry.series == each.series]),
            )
            for each in reader.coverage()
        )


def origins(log: Sequence[SyncEntry]) -> tuple[Origin, ...]:
    """The writes of one series, ascending in time; those that touch and have one tool and source are one."""
    joined: list[Origin] = []
    for entry in sorted(log, key=lambda entry: (entry.start_ms, entry.entry)):
        if not entry.rows_new + entry.rows_changed + entry.rows_same:
            continue
        source = entry.source.partition(" (")[0]
        last = joined[-1] if joined else None
        if last is None or (last.tool, last.source) != (entry.tool, source):
            joined.append(Origin(entry.tool, source, *_extent(entry), entry.at_ms, (entry.source_digest,)))
            continue
        joined[-1] = Origin(
            entry.tool,
            source,
            last.start_ms,
            max(last.end_ms, entry.end_ms),
            last.rows + entry.rows_new + entry.rows_changed,
            max(last.last_at_ms, entry.at_ms),
            (*last.digests, entry.source_digest),
        )
    return tuple(joined)


def _extent(entry: SyncEntry) -> tuple[int, int, int]:
    return entry.start_ms, entry.end_ms, entry.rows_new + entry.rows_changed
