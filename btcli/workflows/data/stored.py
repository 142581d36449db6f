"""`btcli data list`: what the store holds, where it has holes, and who wrote it."""

from __future__ import annotations

from btcli.frozen import frozen
from btcli.market.picture import SeriesPicture, picture
from btcli.market.store.drafts import leftovers
from btcli.market.store.reading import SeriesCoverage, Told, open_store
from btcli.market.store.where import Store
from btcli.workflows.provenance import Origin, origins


@frozen
class StoredSeries:
    """One series of the store: its extent, its picture, and the origins of its rows in the order of time.

    `told` is what its venue's answers said of ranges without rows, with the evidence.
    """

    coverage: SeriesCoverage
    picture: SeriesPicture
    origins: tuple[Origin, ...]
    told: tuple[Told, ...] = ()


def stored_series(store: Store) -> tuple[StoredSeries, ...]:
    """Every series of the store; none when there is no store."""
    with open_store(store) as reader:
        log = reader.sync_log()
        return tuple(
            StoredSeries(
                each,
                picture(each.series, reader.times(each.series), reader.absent(each.series)),
                origins([entry for entry in log if entry.series == each.series]),
                tuple(reader.told(each.series)),
            )
            for each in reader.coverage()
        )


def left_behind(store: Store) -> tuple[str, ...]:
    """Files that processes which were cut short left beside the store, each as a sentence; nothing is removed."""
    return tuple(
        f"{left} ({left.stat().st_size:,} bytes) was left behind by a process that was cut short;"
        f" the next command that writes removes it, and so does btcli data compact{store.options}"
        for left in leftovers(store.path)
    )
