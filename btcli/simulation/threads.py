"""The same work for many numbers in several threads, ended within a moment when the user wants it to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

# The wait for threads is cut into pieces: polars lets signals restart what they interrupt, so that a wait without an
# end would not hear of one.
LOOK_S = 0.05

T = TypeVar("T")
Stops = Callable[[], bool]
Work = Callable[[int], T]


class Stopped(Exception):
    """Raised by work that was told to stop before it was done."""


def in_threads(start: Callable[[Stops], Work[T]], numbers: int, threads: int) -> list[T]:
    """What the work gives for 0 to `numbers` - 1, in this order, whatever the number of threads.

    `start` is called once in each thread and makes the thread's own work; that asks from time to time what it was
    handed, whether to stop, and then raises Stopped. Anything else that it raises ends all of them and is raised here,
    and so is KeyboardInterrupt.
    """
    left, done, stop = iter(range(numbers)), dict[int, T](), Event()
    with ThreadPoolExecutor(max(1, min(threads, numbers))) as pool:
        try:  # from here on: an interrupt may come before the last thread was started
            futures = {pool.submit(_serve, start, left, done, stop) for _ in range(min(threads, numbers))}
            while futures:
                over, futures = wait(futures, LOOK_S, FIRST_COMPLETED)
                for future in over:
                    future.result()
        finally:
            stop.set()
    return [done[number] for number in range(numbers)]


def _serve(start: Callable[[Stops], Work[T]], left: Iterator[int], done: dict[int, T], stop: Event) -> None:
    """Do what is left until nothing is, or until it is to stop; all threads take from the same numbers."""
    work = start(stop.is_set)
    for number in left:
        if stop.is_set():
            return
        try:
            done[number] = work(number)
        except Stopped:
            return
