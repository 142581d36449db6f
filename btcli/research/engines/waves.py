"""Chunks in turns of a few a worker, over pools that may lose their workers and are then opened again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from btcli.errors import AccessError
from btcli.research.engines.surroundings import closed_quietly
from btcli.research.engines.task import Done, Task, done_of

A_WORKER = 8  # chunks of a wave; at its end some wait for the last one, so that a wave is not too short
MOST_STARTS = 3
MOST_NAMED = 8

Results = Callable[[Task, Sequence[int]], Generator[str]]


class WorkerLost(Exception):
    """A worker died, and with it the work of its whole pool."""


class Pool(NamedTuple):
    """Workers that are there: how many chunks they do at once, and how to have some done, in any order.

    `results` raises WorkerLost where the pool is no more.
    """

    slots: int
    results: Results


There = Callable[[], Mapping[int, str]]
Opened = Callable[[], AbstractContextManager[Pool]]  # which raises WorkerLost, too, where workers did not come


def in_waves(opened: Opened, task: Task, missing: Sequence[int], there: There) -> Iterator[Done]:
    """Have the missing chunks done, and give each with what the task said of it as soon as it is.

    After a worker was lost `there` says what is done, as the task would, and the pool is opened again. Raises what the
    task raised, and AccessError for workers without btcli, and for a chunk at which they were lost once
    more than MOST_STARTS times.
    """
    left, losses = dict.fromkeys(missing), Counter[int]()
    while left:
        wave: Sequence[int] = ()
        slots = 1
        try:
            with opened() as pool:
                slots = pool.slots
                while left:
                    wave = next_wave(tuple(left), losses, slots)
                    with closed_quietly(pool.results(task, wave)) as texts:
                        for text in texts:
                            done = done_of(text)
                            del left[done.chunk], losses[done.chunk]
                            yield done
        except ImportError as error:
            hint = "install the same btcli, and the same packages, on every machine"
            raise AccessError(
                f"a worker cannot import what it needs: {error}", where="the workers", hint=hint
            ) from None
        except WorkerLost as error:
            for index, said in sorted(there().items()):
                if index in left:
                    del left[index], losses[index]
                    yield Done(index, said)
            suspects = [index for index in wave if index in left] or list(left)
            losses.update(suspects[:slots])
            _require_hope(losses, str(error))


def next_wave(left: tuple[int, ...], losses: Counter[int], slots: int) -> tuple[int, ...]:
    """The chunks to be done next: those first at which workers were lost, and one alone that was there twice."""
    suspects = tuple(index for index in left if losses[index])
    if alone := tuple(index for index in suspects if losses[index] > 1):
        return alone[:1]
    return (suspects or left)[: slots if suspects or slots == 1 else slots * A_WORKER]


def _require_hope(losses: Counter[int], said: str) -> None:
    most = max(losses.values(), default=0)
    if most <= MOST_STARTS:
        return
    lost = sorted(index for index, times in losses.items() if times == most)
    named = ", ".join(map(str, lost[:MOST_NAMED])) + (", …" if len(lost) > MOST_NAMED else "")
    raise AccessError(
        f"workers were lost {most} times, the last time at chunk{'s' if len(lost) > 1 else ''} {named}: {said}",
        where="the workers",
        hint="what is done is kept, and the same command goes on with it; a worker may have been short of memory "
        "(take fewer --workers), or the strategy may have ended its process",
    )
