"""The cache of columns: each computed once, by one thread, and bounded in bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Semaphore
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from btcli.engine.columns import ColumnCache

PATIENCE_S = 300


def column(value: float, numbers: int = 100) -> NDArray[np.float64]:
    """A column of 8 bytes a number."""
    return np.full(numbers, value)


def never() -> NDArray[np.float64]:
    raise AssertionError("it was kept")


def test_a_column_is_computed_once_and_then_the_same_object() -> None:
    """The second to ask gets what the first got, which none can write."""
    cache = ColumnCache()
    first = cache.get("a", lambda: column(1.0))
    assert cache.get("a", never) is first
    assert (cache.hits, cache.misses, cache.held_bytes) == (1, 1, 800)
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 2.0


def test_beyond_the_bound_what_was_used_least_lately_goes() -> None:
    """Three of 800 bytes fit into 2,400; asking for the oldest keeps it, and the next one loses its place."""
    cache = ColumnCache(2_400)
    for name in "abc":
        cache.get(name, lambda: column(1.0))
    cache.get("a", never)
    cache.get("d", lambda: column(4.0))
    assert cache.held_bytes == 2_400
    for name in "acd":
        cache.get(name, never)
    assert cache.get("b", lambda: column(2.0))[0] == 2.0
    assert (cache.hits, cache.misses) == (4, 5)


def test_a_column_larger_than_the_bound_is_given_but_not_kept() -> None:
    """It drives nothing else out."""
    cache = ColumnCache(1_000)
    cache.get("small", lambda: column(1.0))
    assert len(cache.get("large", lambda: column(2.0, 1_000))) == 1_000
    assert cache.held_bytes == 800
    cache.get("small", never)
    cache.get("large", lambda: column(2.0, 1_000))
    assert cache.misses == 3


def test_columns_are_computed_from_columns() -> None:
    """While one is computed it may ask for others."""
    cache = ColumnCache()
    doubled = cache.get("twice", lambda: 2.0 * cache.get("once", lambda: column(3.0)))
    assert doubled[0] == 6.0
    assert cache.get("once", never)[0] == 3.0


def test_two_threads_never_compute_the_same_column() -> None:
    """All that ask while one computes wait for it and get its array, even one too large to be kept."""
    cache, begun, may_end, computed = ColumnCache(10), Event(), Event(), []
    looks = Semaphore(0)

    class Key(str):
        """Tells each time that it is looked for."""

        def __hash__(self) -> int:
            looks.release()
            return super().__hash__()

    def slowly() -> Any:
        computed.append(1)
        begun.set()
        assert may_end.wait(PATIENCE_S)
        return column(7.0)

    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(cache.get, "a", slowly)
        assert begun.wait(PATIENCE_S)
        others = [threads.submit(cache.get, Key("a"), never) for _ in range(3)]
        assert cache.get("b", lambda: column(8.0))[0] == 8.0  # what others compute stops nobody else
        for _ in range(2 * len(others)):  # among what is kept, and among what is computed
            assert looks.acquire(timeout=PATIENCE_S)
        may_end.set()
        given = [each.result() for each in (first, *others)]
    assert len(computed) == 1
    assert all(each is given[0] for each in given)
    assert (cache.hits, cache.misses) == (3, 2)


def test_who_waited_for_one_that_failed_tries_again() -> None:
    """What goes wrong reaches the one that computed; the key is free afterwards."""
    cache, begun, may_end = ColumnCache(), Event(), Event()

    def fail() -> Any:
        begun.set()
        assert may_end.wait(PATIENCE_S)
        raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.get, "a", fail)
        assert begun.wait(PATIENCE_S)
        second = threads.submit(cache.get, "a", lambda: column(2.0))
        may_end.set()
        with pytest.raises(KeyboardInterrupt):
            first.result()
        assert second.result()[0] == 2.0
    assert cache.get("a", never)[0] == 2.0


def test_many_threads_with_little_room_get_what_they_asked_for() -> None:
    """Whatever comes and goes meanwhile, and the bound holds at the end."""
    cache, together = ColumnCache(5 * 800), Barrier(8)

    def ask(seed: int) -> bool:
        together.wait()
        keys = np.random.Generator(np.random.PCG64(seed)).integers(0, 12, 400).tolist()
        return all(cache.get(key, lambda key=key: column(float(key)))[99] == key for key in keys)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(8)))
    assert cache.held_bytes <= 5 * 800
    assert cache.hits + cache.misses == 8 * 400
