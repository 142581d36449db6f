"""The same work for many numbers in several threads, ended within a moment when the user wants it to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread
from typing import TypeVar

from btcli.hands import wait_for
from btcli.interrupts import interrupts_held

T = TypeVar("T")
Stops = Callable[[], bool]
Work = Callable[[int], T]


class Stopped(Exception):
    """Raised by work that was told to stop before it was done."""


class _Shared:
    """What threads that do the same work share: the numbers that are left, and what became of it so far."""

    def __init__(self, numbers: int) -> None:
        self.left: Iterator[int] = iter(range(numbers))
        self.failures: list[BaseException] = []
        self.is_over = False

    def stops(self) -> bool:
        """Whether to stop."""
        return self.is_over


def in_threads(start: Callable[[Stops], Work[T]], numbers: int, threads: int) -> list[T]:
    """What the work gives for 0 to `numbers` - 1, in this order, whatever the number of threads.

    `start` is called once in each thread and makes the thread's own work; that asks from time to time what it was
    handed, whether to stop, and then raises Stopped. Anything else that it raises ends all of them and is raised here,
    and so is KeyboardInterrupt: once they have ended, or at a second one, which leaves those that never ask.
    """
    shared, done = _Shared(numbers), dict[int, T]()

    def serve() -> None:
        try:
            _serve(start, shared, done)
        except BaseException as failure:  # noqa: BLE001  raised by who waits
            shared.failures.append(failure)
            shared.is_over = True

    crew = [Thread(target=serve, daemon=True) for _ in range(min(threads, numbers))]
    with interrupts_held() as look:
        try:
            for each in crew:
                each.start()
            wait_for(crew, look)
        finally:
            shared.is_over = True
            wait_for(crew, look)
    if shared.failures:
        try:
            raise shared.failures[0]
        finally:
            shared.failures.clear()  # its trace holds this frame, and so all of it would stay
    return [done[number] for number in range(numbers)]


def _serve(start: Callable[[Stops], Work[T]], shared: _Shared, done: dict[int, T]) -> None:
    """Do what is left until nothing is, or until it is to stop; all threads take from the same numbers."""
    work = start(shared.stops)
    for number in shared.left:
        if shared.is_over:
            return
        try:
            done[number] = work(number)
        except Stopped:
            return
