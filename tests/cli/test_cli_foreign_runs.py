"""Runs that came from somebody else: what a replay executes of them, when, and what it says before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, only_run, say, small_world
from command_line import Finished, btcli

from btcli.digest import sha256_of_file

STRATEGY = """\
import os
from pathlib import Path

from btcli.strategies import Direction, Signal, Strategy
from pieces import SHARE

Path(os.environ["SEEN"]).write_text("executed")


class Mine(Strategy):
    features = {"ltf": {"mean": "sma(close, 30)"}}

    def decide(self, snapshot):
        if not snapshot.exchange.has_position and snapshot.ltf.close > snapshot.ltf["mean"]:
            return Signal(Direction.LONG, stop_distance=SHARE * snapshot.ltf.close)
"""
LOOKS = """\
import os
from importlib import import_module
from pathlib import Path

found = []
for name in ("beside", "in_the_run", "pieces", "json", "rich"):
    try:
        found.append(f"{name} {import_module(name).__file__}")
    except ImportError:
        found.append(f"{name} none")
Path(os.environ["SEEN"]).write_text("\\n".join(found))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose strategy is made of two files, with one packed run; the strategy leaves a mark when executed."""
    folder = tmp_path_factory.mktemp("foreign") / "project"
    small_world(folder)
    (folder / "mine.py").write_text(STRATEGY)
    (folder / "pieces.py").write_text("SHARE = 0.02\n")
    (folder / "system.yml").write_text(SYSTEM.replace("use: mtf_trend", 'use: "mine.py:Mine"'))
    done = btcli("run", "--pack", cwd=folder, env={"SEEN": str(folder / "seen"), "NUMBA_DISABLE_JIT": "1"})
    assert done.code == 0, done.err
    (folder / "seen").unlink()
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """A copy of it to forge."""
    return Path(shutil.copytree(made, tmp_path / "project"))


def replay(project: Path, *words: object, cwd: Path | None = None) -> Finished:
    """Replay the project's run in a process of its own; the strategy leaves its mark in `seen`."""
    run = only_run(project)
    environment = {"SEEN": str(project / "seen"), "NUMBA_DISABLE_JIT": "1"}
    return btcli("replay", run, "--data", project / "data", *words, cwd=cwd or project, env=environment)


def was_executed(project: Path) -> bool:
    """Whether the strategy of the project's run left its mark."""
    return (project / "seen").exists()


def forged(project: Path, name: str, content: str) -> None:
    """Change a file of the run as a maker would who wants it to verify: index and manifest name the new digests."""
    run = only_run(project)
    path = run / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if name.startswith("pack/strategy/"):
        index = json.loads((run / "pack" / "index.json").read_text())
        length = len(content.encode()).to_bytes(8, "little")
        index["strategy"][name.removeprefix("pack/strategy/")] = digest(length + content.encode())
        (run / "pack" / "index.json").write_text(json.dumps(index))
    manifest = json.loads((run / "run_manifest.json").read_text())
    for changed in (name, "pack/index.json"):
        found = run / changed
        manifest["outputs"]["files"][changed] = {"sha256": sha256_of_file(found), "size": found.stat().st_size}
    (run / "run_manifest.json").write_text(json.dumps(manifest))


def digest(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def test_a_replay_says_what_it_runs(copy: Path) -> None:
    """Before a strategy file of somebody is executed, stderr names the file and its digest; --json has both."""
    done = replay(copy, "--pack-only", "--json")
    file = only_run(copy) / "pack" / "strategy" / "mine.py"
    assert (done.code, was_executed(copy)) == (0, True)
    assert done.err.split() == f"about to run mine.py:Mine: {file}, sha256 {sha256_of_file(file)}".split()
    assert done.envelope["data"]["ran"] == [{"use": "mine.py:Mine", "file": str(file), "sha256": sha256_of_file(file)}]


def test_a_replay_of_a_project_says_what_it_runs(copy: Path) -> None:
    """Without --pack-only it is the project's file that is run, and named."""
    done = replay(copy)
    assert done.code == 0
    assert f"about to run mine.py:Mine: {copy / 'mine.py'}, sha256 {sha256_of_file(copy / 'mine.py')}" in done.err


def test_a_built_in_strategy_is_nobodys_code(tmp_path: Path) -> None:
    """A strategy that comes with btcli is not announced."""
    folder = small_world(tmp_path / "world")
    interpreted = {"NUMBA_DISABLE_JIT": "1"}
    assert btcli("run", cwd=folder, env=interpreted).code == 0
    done = btcli("replay", "latest", cwd=folder, env=interpreted)
    assert (done.code, done.err) == (0, "")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "an event changed": lambda run: (run / "events.jsonl").write_bytes((run / "events.jsonl").read_bytes() + b"\n"),
    "a packed source changed": lambda run: (run / "pack" / "strategy" / "mine.py").write_text(LOOKS),
    "a file missing": lambda run: (run / "trades.csv").unlink(),
    "a file more": lambda run: (run / "numpy.py").write_text(LOOKS),
    "a source more": lambda run: (run / "pack" / "strategy" / "rich.py").write_text(LOOKS),
    "a link more": lambda run: (run / "link.py").symlink_to("/etc/hostname"),
    "the system changed": lambda run: (run / "system.resolved.yml").write_text("{}"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "words",
    [("--pack-only",), pytest.param((), marks=pytest.mark.long), pytest.param(("--no-run",), marks=pytest.mark.long)],
)
def test_a_tampered_run_executes_nothing(copy: Path, damage: str, words: tuple[str, ...]) -> None:
    """A run with a file that is not the recorded one is told so, exit code 1, and none of its code is executed."""
    DAMAGES[damage](only_run(copy))
    done = replay(copy, *words)
    assert (done.code, was_executed(copy)) == (1, False), done.err
    assert "identical" not in done.out
    assert "about to run" not in done.err


@pytest.mark.parametrize("words", [(), ("--pack-only",)])
def test_files_and_data_alone_are_verified(copy: Path, words: tuple[str, ...]) -> None:
    """--no-run executes nothing, ends with a word of its own, and exit code 0 when files and data are as recorded."""
    done = replay(copy, "--no-run", *words)
    assert (done.code, done.err, was_executed(copy)) == (0, "", False)
    assert done.out.splitlines()[-1] == "replay: intact"
    assert "identical" not in done.out


def test_changed_data_is_found_without_running(copy: Path) -> None:
    """--no-run finds a changed candle, also one of the warm-up before the window, and names its row."""
    change = copy / "BTCUSDT-1h.csv"
    change.write_text("ts_open,open,high,low,close,volume\n1704024000000,41000,42000,40000,41000,5\n")  # 12-31 12:00
    named = ("--venue", "sample", "--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "1h")
    assert say(copy, "data", "import", change, *named).code == 0
    done = replay(copy, "--no-run")
    assert (done.code, was_executed(copy)) == (1, False)
    assert done.out.splitlines()[-1] == "replay: differs"
    assert "trade 1h: the first row that differs is now that of 2023-12-31T12:00:00.000Z" in done.err
    assert replay(copy, "--no-run", "--pack-only").code == 0


def test_missing_data_is_found_without_running(copy: Path) -> None:
    """--no-run without the store's rows is a no, and names every series."""
    shutil.rmtree(copy / "data")
    done = replay(copy, "--no-run", "--json")
    assert done.code == 1
    assert len(done.envelope["data"]["drift"]) == 4


def test_a_pack_sees_its_own_files_and_what_is_installed(copy: Path, tmp_path: Path) -> None:
    """Modules of the working directory and of the run's folder are not found; Python's and installed ones are."""
    (tmp_path / "here").mkdir()
    for place in (tmp_path / "here" / "beside.py", only_run(copy) / "in_the_run.py"):
        place.write_text("")
    forged(copy, "in_the_run.py", "")
    forged(copy, "pack/strategy/mine.py", STRATEGY.replace("SHARE\n", "SHARE\n" + LOOKS, 1))
    text = (only_run(copy) / "pack" / "strategy" / "mine.py").read_text()
    forged(copy, "pack/strategy/mine.py", text.replace('write_text("executed")', "exists()"))
    done = replay(copy, "--pack-only", cwd=tmp_path / "here")
    found = dict(line.split(maxsplit=1) for line in (copy / "seen").read_text().splitlines())
    assert done.code in (0, 1)
    assert (found["beside"], found["in_the_run"]) == ("none", "none")
    assert found["pieces"] == str(only_run(copy) / "pack" / "strategy" / "pieces.py")
    assert "site-packages" in found["rich"]
    assert found["json"].endswith("json/__init__.py")


@pytest.mark.parametrize(
    "name", ["rich", "json", *(pytest.param(name, marks=pytest.mark.long) for name in ("numpy", "btcli", "site"))]
)
def test_a_pack_takes_no_installed_name(copy: Path, name: str) -> None:
    """A packed module with the name of an installed one is refused, and nothing is executed."""
    forged(copy, f"pack/strategy/{name}.py", LOOKS)
    done = replay(copy, "--pack-only")
    assert (done.code, was_executed(copy)) == (2, False)
    assert f"its {name} has the name of an installed module" in done.err


def test_a_pack_takes_no_installed_name_as_a_folder(copy: Path) -> None:
    """So is a packed package."""
    forged(copy, "pack/strategy/polars/__init__.py", LOOKS)
    done = replay(copy, "--pack-only")
    assert (done.code, was_executed(copy)) == (2, False)


def test_a_pack_holds_no_compiled_code(copy: Path) -> None:
    """A compiled file beside the sources, though the manifest names it, is no source."""
    forged(copy, "pack/strategy/__pycache__/pieces.cpython-311.pyc", "x")
    done = replay(copy, "--pack-only")
    assert (done.code, was_executed(copy)) == (1, False)


@pytest.mark.parametrize("use", ["/tmp/elsewhere.py:Mine", "../../../../../other.py:Mine", "sub/../../x.py:Mine"])
def test_a_strategy_outside_the_pack_is_refused(copy: Path, use: str) -> None:
    """A resolved system that names a file out of the pack runs nothing."""
    text = (only_run(copy) / "system.resolved.yml").read_text()
    forged(copy, "system.resolved.yml", text.replace("mine.py:Mine", use))
    done = replay(copy, "--pack-only")
    assert (done.code, was_executed(copy)) == (2, False)
    assert "leads out of the run's own files" in done.err


def test_a_strategy_outside_the_project_is_packed(copy: Path, tmp_path: Path) -> None:
    """A strategy that lies elsewhere is packed under its bare name, and replayed from there when it is gone."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("mine.py", "pieces.py"):
        shutil.move(copy / name, outside / name)
    shutil.rmtree(copy / "runs")
    environment = {"SEEN": str(copy / "seen"), "NUMBA_DISABLE_JIT": "1"}
    use = f"strategy.use={outside / 'mine.py'}:Mine"
    assert btcli("run", "--pack", "--set", use, cwd=copy, env=environment).code == 0
    shutil.rmtree(outside)
    done = replay(copy, "--pack-only")
    assert (done.code, done.out.splitlines()[-1]) == (0, "replay: identical")
    assert f"about to run {outside / 'mine.py'}:Mine: {only_run(copy) / 'pack' / 'strategy' / 'mine.py'}" in done.err


@pytest.mark.parametrize("project", [".", "pack/strategy", "pack"])
def test_a_run_that_calls_itself_a_project_is_sealed(copy: Path, project: str) -> None:
    """A manifest whose project is the run's own folder shadows nothing that is installed."""
    run = only_run(copy)
    manifest = json.loads((run / "run_manifest.json").read_text())
    manifest["environment"]["project"] = project
    (run / "run_manifest.json").write_text(json.dumps(manifest))
    for name in ("mine.py", "rich.py"):
        forged(copy, f"{project}/{name}".removeprefix("./"), LOOKS)
    done = replay(copy)
    assert (done.code, was_executed(copy)) == (2, False)
    assert "its rich has the name of an installed module" in done.err
