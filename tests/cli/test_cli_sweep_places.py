"""A table says the same wherever the project lies, whatever its system file is called and remarks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from cli_worlds import Said, say
from sweep_worlds import grids, ruled_world
from worker_worlds import SPECS, begun, ended

import btcli.workflows.research.sweep
from btcli.research.estimate import Estimate

STRATEGY = """\
from dataclasses import dataclass

from btcli.strategies import Direction, Signal, Strategy
from lib.helping import checked


class Turns(Strategy):
    @dataclass(frozen=True)
    class Params:
        hold: int = 3

    def __init__(self, params):
        self.params, self.asked = params, 0

    def decide(self, snapshot):
        self.asked += 1
        checked(self.params.hold)
        return None if self.asked % self.params.hold else Signal(Direction.LONG, stop_distance=snapshot.ltf.close / 50)
"""
HELPING = 'def checked(hold):\n    if hold == 5:\n        raise ValueError("not five")\n'
IN_PYTHON = ("use: turns.py:Turns", "params: {hold: 4}")


def sweep_of(folder: Path, *words: object) -> Said:
    """A sweep of the month."""
    return say(folder, "sweep", *words, "--window", "jan", "--workers", 1, "--json")


def reasons(folder: Path, said: Said) -> list[str | None]:
    """Why trials have no figures."""
    assert said.code == 0, said
    return pl.read_parquet(folder / said.envelope["data"]["table"])["reason"].to_list()


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of sample data under rules."""
    return ruled_world(tmp_path_factory.mktemp("ruled") / "world")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A system of rules, one of the same data in Python, and its code."""
    folder = ruled_world(tmp_path / "first")
    text = (folder / "system.yml").read_text()
    head = text.partition("features:")[0]
    (folder / "python.yml").write_text(f"{head}strategy: {{{', '.join(IN_PYTHON)}}}\n")
    (folder / "turns.py").write_text(STRATEGY)
    (folder / "lib").mkdir()
    (folder / "lib" / "helping.py").write_text(HELPING)
    return folder


FAR = grids("strategy.params.far=[0.01, 0.05]")
RULES = grids("features.ltf.slow=['ema(close, 12)', fast * 2]", "features.ltf.fast=['ema(close, 5)', slow * 0.5]")
WORLDS = grids("timeframes.exec=[1h, 30m]", "timeframes.ltf=[1h, 30m]")
CASES = {
    "values that cannot be run together": ("system.yml", RULES, "fast"),
    "worlds that cannot be": ("system.yml", WORLDS, "exec 1h is longer than ltf 30m"),
    "code that raises": ("python.yml", grids("strategy.params.hold=[4, 5]"), "not five"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_reason_hangs_on_no_place(project: Path, tmp_path: Path, case: str) -> None:
    """The same id has the same bytes from another folder, below the working one, and under another name."""
    system, grid, told = CASES[case]
    here = sweep_of(project, system, *grid)
    (reason, *_) = (each for each in reasons(project, here) if each)
    assert told in reason
    assert str(tmp_path) not in reason
    (tmp_path / "deep").mkdir()
    below = Path(shutil.copytree(project, tmp_path / "deep" / "er", ignore=shutil.ignore_patterns("sweeps", "*.jsonl")))
    (below / system).rename(below / "named_so.yml")
    text = (below / "named_so.yml").read_text()
    (below / "named_so.yml").write_text(f"# a remark\n\n{text}")
    for folder, name in (
        (below, "named_so.yml"),
        (tmp_path, "deep/er/named_so.yml"),
        (tmp_path, below / "named_so.yml"),
    ):
        data = ("--data", below / "data", "--out", tmp_path / f"out{len(str(name))}{len(str(folder))}")
        there = sweep_of(folder, name, *grid, *data)
        assert there.envelope["data"]["sweep_id"] == here.envelope["data"]["sweep_id"]
        assert there.envelope["data"]["table_digest"] == here.envelope["data"]["table_digest"], reasons(folder, there)


def test_the_frames_of_code_are_named_from_the_system_file(project: Path) -> None:
    """A file beside it by its name, one in a folder with that."""
    said = sweep_of(project, "python.yml", *grids("strategy.params.hold=[5]"))
    (reason,) = reasons(project, said)
    assert reason is not None
    assert reason.startswith("lib/helping.py:3 Turns.decide raised")
    assert 'File "turns.py", line 17, in decide' in reason


ODD = """\
import os, signal, threading


def checked(hold):
    KEPT.append(object())
    WHATS[hold]()


def failing(what):
    raise ValueError(what)


KEPT = []
WHATS = {
    2: lambda: failing(object()),
    3: lambda: failing({failing: 0}),
    4: lambda: os.kill(os.getpid(), 9),
    5: lambda: os.killpg(os.getpgrp(), 9),
    6: lambda: signal.pthread_kill(threading.get_ident(), 9),
}
"""
TOLD = {
    2: "ValueError: <object object at 0x…>",
    3: "ValueError: {<function failing at 0x…>: 0}",
    4: "os.kill(…, 9) would end btcli",
    5: "os.killpg(…, 9) would end btcli",
    6: "signal.pthread_kill(…, 9) would end btcli",
}


def test_a_reason_hangs_on_no_process(project: Path) -> None:
    """Where an object lies in memory, and the number of a process, are left out: any other says the same."""
    (project / "lib" / "helping.py").write_text(ODD)
    words = ("python.yml", "--window", "jan", *grids("strategy.params.hold=2..6"), "--workers", 1)
    here, there = (ended(begun(project, *words, "--out", name, start_new_session=True)) for name in "ab")
    rows, others = (pl.read_parquet(project / each["table"])["reason"].to_list() for each in (here, there))
    assert rows == others
    assert [told for told, row in zip(TOLD.values(), rows, strict=True) if told not in row] == []


@pytest.mark.parametrize("name", ["sharpe=7", "new=7", "o*", "o?", "o[1]", "it's"])
def test_the_name_of_a_folder_says_nothing_of_its_rows(ruled: Path, tmp_path: Path, name: str) -> None:
    """One that is a pattern of another's, or a partition to readers of Parquet: the same table, and the same best."""
    plain, odd = (sweep_of(ruled, "system.yml", *FAR, "--out", tmp_path / each) for each in ("o1", name))
    for told in ("table_digest", "best", "trials"):
        assert odd.envelope["data"][told] == plain.envelope["data"][told]
    shown = say(ruled, "sweep", "show", "--out", tmp_path / name, "--json").envelope["data"]
    assert shown["trials"] == 2
    sweep = tmp_path / name / "small" / "jan" / plain.envelope["data"]["sweep_id"]
    (sweep / "done.json").unlink()
    exported = say(ruled, "sweep", "export", sweep, "--to", tmp_path / "rows.parquet", "--json")
    assert exported.envelope["data"]["rows"] == 2, exported
    rows, table = (pl.read_parquet(file, glob=False) for file in (tmp_path / "rows.parquet", sweep / "trials.parquet"))
    assert rows.equals(table)


ENDLESS = """\
def checked(hold):
    if hold > 3:
        other(hold)


def other(hold):
    checked(hold)
"""


def test_a_reason_hangs_on_no_depth_at_which_a_trial_begins(project: Path) -> None:
    """Functions that call each other without end come to Python's limit at one place in any process."""
    (project / "lib" / "helping.py").write_text(ENDLESS)
    words = ("python.yml", *grids("strategy.params.hold=3..5"))
    here = sweep_of(project, *words, "--backend", "threads")
    there = sweep_of(project, *words, "--backend", "loky", "--out", "there")
    (endless, _) = filter(None, reasons(project, here))
    assert "RecursionError: maximum recursion depth exceeded" in endless
    assert reasons(project, here) == reasons(project, there)
    ran = say(project, "run", "python.yml", "--window", "jan", "--set", "strategy.params.hold=4", "--json")
    assert endless.startswith(f"{ran.envelope['errors'][0]['where']} Turns.decide raised")


LONG = """\
def checked(hold):
    if hold != 4:
        raise ValueError("".join(chr(0x20000 + (hold * 7919 + place * place) % 40_000) for place in range(30_000)))
"""


def test_the_disk_that_is_told_holds_long_reasons_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is cut in its row, and what they take is seen from the sample."""
    estimates: list[Estimate] = []
    monkeypatch.setattr(
        btcli.workflows.research.sweep, "require_room", lambda folder, estimate: estimates.append(estimate)
    )
    (project / "lib" / "helping.py").write_text(LONG)
    words = ("python.yml", *grids("strategy.params.hold=5..12"))
    here = sweep_of(project, *words, "--backend", "threads")
    assert {len(each or "") for each in reasons(project, here)} == {2000 + len("… 28,000 more characters")}
    folder = project / here.envelope["data"]["sweep_dir"]
    taken = sum(each.stat().st_blocks * 512 for each in (folder, *folder.rglob("*")))
    assert estimates[0].disk_bytes >= estimates[0].room_bytes >= taken


def test_a_key_makes_no_difference_only_where_there_are_results(project: Path) -> None:
    """Trials of which none had a result are equal in nothing."""
    said = sweep_of(project, "python.yml", "--set", "strategy.params.hold=5", *grids("risk.sizing.qty=[0.05, 0.1]"))
    assert said.envelope["data"]["statuses"] == {"RAISED": 2}
    assert said.envelope["data"]["idle"] == []


def test_a_trial_is_run_from_any_folder(project: Path, tmp_path: Path) -> None:
    """Trading rules in a file beside a system that was named from above are found from the system's folder, too."""
    rules = json.loads((SPECS / "sample.json").read_text())
    (project / "rules.json").write_text(json.dumps(rules))
    (project / "system.yml").write_text(f"instruments: rules.json\n{(project / 'system.yml').read_text()}")
    words = ("--data", project / "data", "--json")
    said = say(tmp_path, "sweep", "first/system.yml", *RULES[:2], "--window", "jan", *words)
    trial = ("--trial", f"{tmp_path / said.envelope['data']['sweep_dir']}:1", *words)
    places = (tmp_path, "first/system.yml"), (project, "system.yml"), (Path("/"), project / "system.yml")
    for folder, system in places:
        told = say(folder, "run", system, *trial, "--out", tmp_path / "runs")
        assert told.code == 0, (folder, told)
        assert told.envelope["data"]["equals_trial"] is True
