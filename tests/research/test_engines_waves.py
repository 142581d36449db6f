"""Chunks in turns: what is asked for next, what crosses to a worker, and what is done when workers are lost."""

from __future__ import annotations

import json
import shlex
import sys
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import engine_chunks as chunks
import pytest

from btcli.errors import AccessError, ConfigError, Problem, RequestError, SourceError, UnhealthyData
from btcli.research.engines.choosing import DASK, LOKY, Engine, require_engine
from btcli.research.engines.task import Task, answer, done_of, task_of
from btcli.research.engines.waves import Pool, WorkerLost, in_waves, next_wave
from btcli.sources.unknown_host import UnknownHost


class Worker:
    """Pools of this process that are lost at given chunks, so many times, with everything they had not done yet."""

    def __init__(self, slots: int, losses: dict[int, int]) -> None:
        self.slots, self.losses = slots, Counter(losses)
        self.waves: list[Sequence[int]] = []
        self.opened = 0

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        """One pool."""
        self.opened += 1
        yield Pool(self.slots, self._results)

    def _results(self, task: Task, wave: Sequence[int]) -> Generator[str]:
        self.waves.append(wave)
        for index in wave:
            if self.losses[index]:
                self.losses[index] -= 1
                raise WorkerLost("gone")
            yield answer(tuple(task), index)


def done(worker: Worker, folder: Path, many: int) -> list[int]:
    """The chunks in the order in which they were told as done."""
    task = task_of(chunks.write, str(folder), "d")
    told = list(in_waves(worker.pool, task, range(many), lambda: chunks.there(folder)))
    assert all(said == f"{index}.chunk" for index, said in told)
    return [index for index, _ in told]


def test_waves_hold_eight_chunks_a_worker(tmp_path: Path) -> None:
    """Chunks are asked for eight a worker at a time, of one pool, in their order."""
    worker = Worker(2, {})
    assert done(worker, tmp_path, 35) == list(range(35))
    assert [len(wave) for wave in worker.waves] == [16, 16, 3]
    assert worker.opened == 1


def test_one_worker_is_given_one_chunk_at_a_time(tmp_path: Path) -> None:
    """What one worker does is known at every moment."""
    worker = Worker(1, {})
    assert done(worker, tmp_path, 3) == [0, 1, 2]
    assert worker.waves == [(0,), (1,), (2,)]


def test_a_lost_worker_costs_what_it_was_at_and_no_more(tmp_path: Path) -> None:
    """After a loss the pool is opened again, chunks that are there are not asked for twice, and each is told once."""
    worker = Worker(2, {4: 1})
    assert done(worker, tmp_path, 10) == list(range(10))
    assert worker.opened == 2
    assert worker.waves == [tuple(range(10)), (4, 5), tuple(range(6, 10))]


def test_a_chunk_that_was_there_at_two_losses_is_done_alone(tmp_path: Path) -> None:
    """Which of two chunks costs the workers is found by asking for one of them alone."""
    worker = Worker(2, {5: 3})
    assert done(worker, tmp_path, 6) == list(range(6))
    assert worker.waves == [tuple(range(6)), (5,), (5,), (5,)]
    assert worker.opened == 4


def test_a_chunk_that_costs_workers_four_times_is_named(tmp_path: Path) -> None:
    """After three new beginnings the chunk is named, with what to do; chunks that could be done are done."""
    worker = Worker(2, {3: 99})
    with pytest.raises(AccessError, match=r"lost 4 times, the last time at chunk 3: gone") as raised:
        done(worker, tmp_path, 9)
    assert worker.opened == 4
    assert "the same command goes on" in raised.value.problems[0].hint
    assert chunks.there(tmp_path).keys() == {0, 1, 2}


def test_a_pool_that_is_lost_at_once_every_time_is_opened_four_times(tmp_path: Path) -> None:
    """Where no chunk is ever done, there are three new beginnings, and the error names what was asked for."""
    worker = Worker(4, dict.fromkeys(range(40), 99))
    with pytest.raises(AccessError, match="at chunk 0: gone"):
        done(worker, tmp_path, 40)
    assert worker.opened == 4


def test_a_pool_that_cannot_be_opened_is_tried_four_times(tmp_path: Path) -> None:
    """Workers that do not come are workers that are lost."""
    opened = []

    @contextmanager
    def pool() -> Iterator[Pool]:
        opened.append(1)
        raise WorkerLost("none came")
        yield

    with pytest.raises(AccessError, match="lost 4 times, the last time at chunk 2: none came"):
        list(in_waves(pool, task_of(chunks.write, str(tmp_path), "d"), [2, 3], dict))
    assert len(opened) == 4


def test_chunks_that_others_did_meanwhile_are_told_after_a_loss(tmp_path: Path) -> None:
    """A chunk that is there is not done again, whoever did it."""
    for index in (6, 7):
        chunks.write(str(tmp_path), "d", index)
    worker = Worker(2, {1: 1})
    assert done(worker, tmp_path, 8) == [0, 6, 7, 1, 2, 3, 4, 5]


def test_suspects_come_before_others_and_once_more_than_one_alone() -> None:
    """What is asked for next hangs on the losses alone."""
    assert next_wave((1, 2, 3), Counter(), 2) == (1, 2, 3)
    assert next_wave((1, 2, 3), Counter({3: 1}), 2) == (3,)
    assert next_wave((1, 2, 3), Counter({2: 1, 3: 2}), 2) == (3,)


@pytest.mark.parametrize(
    "error",
    [
        RequestError("no", where="--grid", hint="another", adds="--yes"),
        ConfigError((Problem("a", "f:1:2"), Problem("b", steps=("do: this",)))),
        UnhealthyData("holes"),
    ],
)
def test_an_error_is_the_same_on_the_other_side(error: RequestError, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of btcli crosses as text and is raised as what it was: kind, exit code and every problem."""

    def fail(*_: object) -> str:
        raise error

    monkeypatch.setattr(chunks, "write", fail)
    with pytest.raises(type(error)) as raised:
        done_of(answer((f"{chunks.__name__}:write", ("a", "b")), 7))
    assert raised.value.problems == error.problems
    assert str(raised.value) == str(error)
    assert (raised.value.exit_code, raised.value.code) == (error.exit_code, error.code)


def test_a_kind_that_is_not_known_everywhere_is_the_nearest_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of one module arrives as the kind of error that it is one of."""

    def fail(*_: object) -> str:
        raise UnknownHost("nowhere.invalid")

    monkeypatch.setattr(chunks, "write", fail)
    with pytest.raises(SourceError) as raised:
        done_of(answer((f"{chunks.__name__}:write", ("a", "b")), 7))
    assert type(raised.value) is SourceError


def test_what_crosses_is_plain_text(tmp_path: Path) -> None:
    """A worker is given names and numbers, and answers in JSON."""
    task = task_of(chunks.write, str(tmp_path), "digest")
    assert task == ("engine_chunks:write", (str(tmp_path), "digest"))
    assert json.loads(answer(tuple(task), 4)) == [4, "4.chunk", None]
    assert (tmp_path / "4.chunk").read_text() == "digest 16"


def test_a_function_without_a_name_is_refused() -> None:
    """What another process could not import is refused before any is started."""
    with pytest.raises(ValueError, match="cannot be imported"):
        task_of(lambda *_: "", "a")


def test_loky_has_no_address() -> None:
    """An address is refused where workers are only ever started on this machine."""
    with pytest.raises(RequestError, match="this machine"):
        require_engine(Engine(LOKY, 2, "10.0.0.1:8786"))


def test_a_dask_cluster_has_a_number_of_workers_of_its_own() -> None:
    """A number is refused where it would be ignored."""
    with pytest.raises(RequestError, match="the workers that it has"):
        require_engine(Engine(DASK, 2, "10.0.0.1:8786"))


def test_an_engine_that_is_not_installed_says_how_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that installs it is told as one that can be pasted, on a line of its own."""
    monkeypatch.setattr("btcli.research.engines.choosing.NEEDS", {DASK: ("no-such-package-here",)})
    with pytest.raises(RequestError, match="no-such-package-here is not installed") as raised:
        require_engine(Engine(DASK))
    (step,) = raised.value.problems[0].steps
    assert step == f"install it with: {shlex.quote(sys.executable)} -m pip install 'btcli[dask]'"
