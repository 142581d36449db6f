"""`btcli data list`: what the store holds, where it has holes, and who wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from btcli.market.picturing import SeriesPicture, picture
from btcli.market.store.reading import SeriesCoverage, open_store
from btcli.workflows.provenance import Origin, origins


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
