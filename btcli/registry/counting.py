"""How many results there are on the same data, and which of them one is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from btcli.registry.records import Registry, Tried

Result = tuple[str, tuple[str, ...], int, int]
Data = tuple[str, tuple[str, ...], int, int]


class Count(NamedTuple):
    """A result is the one at `place`, from 1 on in the order in which they came, of `of` on this data."""

    place: int
    of: int


class Counting:
    """Counts the results of a registry; what shares its data with one is found once."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._pools: dict[Data, dict[Result, int]] = {}

    def of(self, like: Tried) -> Count | None:
        """The place of the last result of `like` among all on its data; None where none of its own is there.

        Results pool by venue, a symbol in common, and an overlap of more than half of the window of `like`. The
        same result of the same symbols and window counts once, however often it was made.
        """
        pool = self._pool_of(like)
        known = [pool[each] for each in _results(like) if each in pool]
        return Count(max(known), len(pool)) if known else None

    def on_data_of(self, likes: Iterable[Tried]) -> int:
        """How many distinct results there are on the data of any of these."""
        return len({(like.venue, result) for like in likes for result in self._pool_of(like)})

    def _pool_of(self, like: Tried) -> dict[Result, int]:
        data = _data(like)
        if data not in self._pools:
            self._pools[data] = _pool(self._registry, like)
        return self._pools[data]


def _pool(registry: Registry, like: Tried) -> dict[Result, int]:
    """The results on the data of `like`, and at which place they came."""
    pool: dict[Result, int] = {}
    for each in registry.tried:
        if shares_data(each, like):
            for result in _results(each):
                pool.setdefault(result, len(pool) + 1)
    return pool


def _results(tried: Tried) -> Iterator[Result]:
    """Its results, each with what it is of."""
    _, symbols, start_ms, end_ms = _data(tried)
    return ((result, symbols, start_ms, end_ms) for result in tried.results)


def _data(tried: Tried) -> Data:
    """What results are of: in which order symbols are written is not."""
    return tried.venue, tuple(sorted(tried.symbols)), tried.start_ms, tried.end_ms


def was_known_unseen(registry: Registry, like: Tried, elsewhere: Iterable[Tried] = ()) -> bool:
    """Whether all results of `like` were come to before anything that they read had been sealed, here or `elsewhere`.

    The same result of the same symbols and window is one, by whichever run or sweep it was come to first.
    """
    left, data = set(like.results), _data(like)
    for each in chain(registry.tried, elsewhere):
        if not each.after_reveal and _data(each) == data:
            left.difference_update(each.results)
    return not left


def shares_data(one: Tried, like: Tried) -> bool:
    """Whether one was tried on the data of the other.

    >>> like = Tried("bybit", ("BTCUSDT",), 100, 200, "run a", ())
    >>> shares_data(Tried("bybit", ("ETHUSDT", "BTCUSDT"), 0, 151, "run b", ()), like)
    True
    >>> shares_data(Tried("bybit", ("BTCUSDT",), 0, 150, "run c", ()), like)
    False
    """
    if one.venue != like.venue or not set(one.symbols) & set(like.symbols):
        return False
    overlap_ms = min(one.end_ms, like.end_ms) - max(one.start_ms, like.start_ms)
    return 2 * overlap_ms > like.end_ms - like.start_ms


def tried_by(registry: Registry, by: str) -> Tried | None:
    """What a run, or a part of a sweep, last came to; None where the registry does not know it."""
    return next((each for each in reversed(registry.tried) if each.by == by), None)
