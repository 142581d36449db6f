"""The recorded pass and its files; the curve of a long run by rules, most of what is written, by a second process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from btcli.artifacts.manifest import FileOutput
from btcli.artifacts.recorder import EQUITY, EVENTS, TRADES, CurveRows, Recorder
from btcli.engine.result import EngineResult
from btcli.engine.sink import EventSink
from btcli.engine.world import World
from btcli.processors import processors
from btcli.simulation.second_process import Beside
from btcli.simulation.sinks import Both

MANY_STEPS = 100_000  # a fork costs as much as the text of some thousands of rows
Walk = Callable[[EventSink], EngineResult]


class Recorded(NamedTuple):
    """What the files of the pass hold, and what is to be told of how they came about.

    `outline` is that of the curve, USDT.
    """

    written: Mapping[str, FileOutput]
    outline: tuple[float, ...]
    warnings: tuple[str, ...] = ()


class Recording(NamedTuple):
    """How the pass ended, and `files`, which waits for those that are not written yet."""

    result: EngineResult
    files: Callable[[], Recorded]


class _Curve(NamedTuple):
    """What the file of the curve holds, and the state in which the pass ended that its rows are of."""

    output: FileOutput
    outline: tuple[float, ...]
    state_hash: str


@contextmanager
def recording(
    folder: Path, world: World, walk: Walk, again: Walk, sink: EventSink, rows: Callable[[], CurveRows]
) -> Iterator[Recording]:
    """Walk the pass and tell the files in `folder` and then `sink`; `rows` chooses those of the curve.

    `again` walks the same pass with nobody watching; its process ends with the block. Raises what the walk raises,
    AccessError when the folder refuses.
    """
    if not is_worth_a_process(world):
        with Recorder(folder, rows()) as recorder:
            result = walk(Both(recorder, sink))
        yield Recording(result, lambda: Recorded(recorder.written, recorder.outline.points()))
        return
    with Beside(lambda: _curve_alone(folder, again, rows())) as beside:
        with Recorder(folder, files=(EVENTS, TRADES)) as recorder:
            result = walk(Both(recorder, sink))
        yield Recording(result, lambda: _with_curve(recorder.written, beside, result.state_hash))


def _with_curve(written: Mapping[str, FileOutput], beside: Beside[_Curve], state_hash: str) -> Recorded:
    curve = beside.result()
    assert curve.state_hash == state_hash, "the same pass ended in two states"
    said = (f"{beside.failure}; the equity curve was written by this process",) if beside.failure else ()
    return Recorded({**written, EQUITY: curve.output}, curve.outline, said)


def is_worth_a_process(world: World) -> bool:
    """Whether another processor is there for the curve, and the pass so short beside its text that it is walked twice.

    Rules decide inside the loop; a strategy in Python would have to be asked again.
    """
    is_ruled = all(rules is not None for rules in world.rules)
    return is_ruled and world.line.steps >= MANY_STEPS and sys.platform == "linux" and processors() > 1


def _curve_alone(folder: Path, walk: Walk, rows: CurveRows) -> _Curve:
    with Recorder(folder, rows, (EQUITY,)) as recorder:
        result = walk(recorder)
    return _Curve(recorder.written[EQUITY], recorder.outline.points(), result.state_hash)
