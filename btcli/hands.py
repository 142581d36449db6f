"""Threads beside the caller's: at whatever moment that is interrupted, they end and nothing stays locked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from threading import Event, Thread, get_ident, main_thread
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from weakref import ref

from btcli.interrupts import LOOK_S, Look, interrupts_held

IDLE_S = 1.0

T = TypeVar("T")


class Coming(Generic[T]):
    """What comes of work that was handed on."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work, self._is_over = work, Event()
        self._given: list[T] = []
        self._failure: BaseException | None = None

    def find(self) -> None:
        """Do the work."""
        try:
            self._given.append(self._work())
        except BaseException as failure:  # noqa: BLE001  raised by who waits
            self._failure = failure
        finally:
            self._is_over.set()

    def wait(self, look: Look) -> None:
        """Until it has come or failed; looks meanwhile, and raises what a look raises."""
        while not self._is_over.wait(LOOK_S):
            look()

    def result(self) -> T:
        """Wait for it; raises what the work raised, and KeyboardInterrupt."""
        with interrupts_held() as look:
            self.wait(look)
        if self._failure is not None:
            raise self._failure
        return self._given[0]


Asked = SimpleQueue[Coming[Any] | None]


class Hands:
    """So many threads, which do what is begun in its order; the end of the process does not wait for them.

    As a context manager: with the block ends what was begun.
    """

    def __init__(self, count: int = 1) -> None:
        self._asked: Asked = SimpleQueue()
        self._count = count
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def begin(self, work: Callable[[], T]) -> Coming[T]:
        """Have it done."""
        coming = Coming(work)
        with interrupts_held():
            self._asked.put(coming)
            self._threads = [each for each in self._threads if each.is_alive()]  # none in a process that was forked
            if len(self._threads) < self._count:
                thread = Thread(target=_serve, args=(self._asked, ref(self)), daemon=True)
                thread.start()
                self._threads.append(thread)
        return coming

    def end(self, *, is_wanted: bool = True, waits: bool = True) -> None:
        """No more comes: wait until all is done, or no more than what is under way where the rest is not wanted.

        An interrupt meanwhile is raised at once, and the threads end by themselves.
        """
        with interrupts_held() as look:
            while not is_wanted and not self._asked.empty():
                self._asked.get()
            for _ in self._threads:
                self._asked.put(None)
            if waits:
                wait_for(self._threads, look)
            self._threads.clear()


def wait_for(threads: Iterable[Thread], look: Look) -> None:
    """Until all have ended that were begun; looks meanwhile, and raises what a look raises."""
    for each in threads:
        while each.is_alive():
            each.join(LOOK_S)
            look()


def beside(work: Callable[[], T]) -> T:
    """Do work whose own locks an interrupt would leave locked: not in the main thread, which waits for it."""
    return apart(work) if get_ident() == main_thread().ident else work()


def apart(work: Callable[[], T]) -> T:
    """Do work in a thread of its own, which has none of what runs in this one; this one waits for it."""
    hands = Hands()
    try:
        return hands.begin(work).result()
    finally:
        hands.end(waits=False)


def _serve(asked: Asked, owner: ref[Hands]) -> None:
    """Do what is asked for until no more is; that nobody can ask any more is looked at from time to time.

    (A `__del__` that says so would swallow an interrupt.)
    """
    while True:
        try:
            coming = asked.get(timeout=IDLE_S)
        except Empty:
            if owner() is None:
                return
            continue
        if coming is None:
            return
        coming.find()
        del coming  # what it holds may be large, and the next one far
