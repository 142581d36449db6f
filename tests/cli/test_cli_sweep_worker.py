"""A chunk of a sweep run by a process that has nothing but the sweep's folder: the table is the same, byte for byte."""

from __future__ import annotations

import json
import platform
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from command_line import btcli
from sweep_worlds import grids, ruled_world, swept
from worker_worlds import names, own_world, pack_again, packed, table_digest, worker

from btcli.digest import digest_of
from btcli.research import worker as worker_module
from btcli.research.plan import Plan

GRID = grids("strategy.params.far=0.01..0.06:0.01", "features.ltf.slow=ema(close, {10..40:10})")
KILLED = """import ctypes, os
        if os.path.exists("MARKER"):
            with open("MARKER", "a") as file:
                file.write("x")
            getattr(ctypes.CDLL(None), "raise")(9)
"""
BY_RULES = """\
strategy:
  params: {weak: 0.3}
  rules:
    long: {enter: "signals.score > 0.5 and close > mean", exit: signals.score < weak}
    short: {enter: "signals.score < weak and close < mean"}
"""
OWN = grids("strategy.params.hold=3..6", "strategy.params.far=[0.01, 0.03]")


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with sample data under rules."""
    return ruled_world(tmp_path / "world")


@pytest.mark.parametrize("length", [None, 5])
def test_a_fresh_process_runs_chunks_from_the_folder_alone(world: Path, tmp_path: Path, length: int | None) -> None:
    """Without store, system file and home, in another folder, with chunks of any length: the same digest."""
    data = swept(world, *GRID).envelope["data"]
    plan = packed(world, world / data["sweep_dir"], tmp_path / "shared", length)
    shutil.move(world, tmp_path / "gone")
    child = worker(tmp_path / "shared", plan, range(plan.chunks), tmp_path / "home")
    assert len(names(child)) == plan.chunks
    assert table_digest(tmp_path / "shared", plan) == data["table_digest"]


@pytest.mark.parametrize("is_there", [False, True])
def test_strategies_in_python_are_run_from_their_texts(tmp_path: Path, *, is_there: bool) -> None:
    """Code, functions, signals and trading rules by absolute paths, through .. and a link, there or not: the same."""
    project = own_world(tmp_path / "user")
    data = btcli("sweep", *OWN, "--workers", 1, "--json", cwd=project).envelope["data"]
    table = pl.read_parquet(project / data["table"])
    assert table["status"].to_list() == ["END_OF_DATA"] * 4 + ["RAISED"] * 4
    assert f"no luck in {tmp_path}/user/elsewhere/code/turns.py" in table["reason"][4]
    assert "os._exit(3) would end btcli" in table["reason"][6]
    assert not table["never_traded"][:4].any()
    plan = packed(project, project / data["sweep_dir"], tmp_path / "shared", 3)
    if not is_there:
        shutil.move(tmp_path / "user", tmp_path / "gone")
    children = [worker(tmp_path / "shared", plan, part, tmp_path / f"home{part[0]}") for part in ([0, 2], [1, 0])]
    for child in children:
        names(child)
    assert table_digest(tmp_path / "shared", plan) == data["table_digest"]
    assert not [path for path in tmp_path.glob("home*/**/*") if path.name != "tmp"]


def test_functions_and_signals_of_rules_are_read_from_the_folder(tmp_path: Path) -> None:
    """Rules that compare a function's values and a file's scores, with trading rules of a file: the same table."""
    project = own_world(tmp_path / "user")
    text = (project / "system.yml").read_text()
    (project / "system.yml").write_text(text[: text.index("strategy:")] + BY_RULES)
    words = grids("strategy.params.weak=0.1..0.5:0.1", "features.ltf.mean.args.n=[5, 10]")
    data = btcli("sweep", *words, "--json", cwd=project).envelope["data"]
    assert data["distinct_results"] == 10
    plan = packed(project, project / data["sweep_dir"], tmp_path / "shared", 4)
    shutil.move(tmp_path / "user", tmp_path / "gone")
    names(worker(tmp_path / "shared", plan, range(plan.chunks), tmp_path / "home"))
    assert table_digest(tmp_path / "shared", plan) == data["table_digest"]


def test_files_that_only_values_name_are_packed(tmp_path: Path) -> None:
    """Signals, trading rules and functions vary, and rules look at another symbol: eight worlds, the same table."""
    project, lib = own_world(tmp_path / "user"), tmp_path / "user" / "lib"
    text = (project / "system.yml").read_text()
    looking = BY_RULES.replace("close > mean", "close > mean and ETHUSDT.close > 0")
    (project / "system.yml").write_text(text[: text.index("strategy:")] + looking)
    assert btcli("data", "sample", "system.yml", "--json", cwd=project).code == 0
    preds = (lib / "preds.csv").read_text()
    (lib / "other.csv").write_text(preds.replace("0.9", "0.0").replace("0.1", "0.8"))
    (lib / "other.py").write_text("def rolled(bars, n):\n    return bars['close'].rolling_max(n)\n")
    words = grids("signals.file=[../lib/preds.csv, ../lib/other.csv]", "instruments=[packaged, ../lib/specs.json]")
    words += grids("features.ltf.mean.python=['../lib/mine.py:rolled', '../lib/other.py:rolled']")
    words += ["--set", "risk.sizing.qty=0.055"]
    data = btcli("sweep", *words, "--json", cwd=project).envelope["data"]
    assert data["distinct_results"] > 4
    plan = packed(project, project / data["sweep_dir"], tmp_path / "shared", 3)
    shutil.move(tmp_path / "user", tmp_path / "gone")
    names(worker(tmp_path / "shared", plan, range(plan.chunks), tmp_path / "home"))
    assert table_digest(tmp_path / "shared", plan) == data["table_digest"]


def test_a_process_of_which_nothing_is_asked_goes_and_another_comes(world: Path, tmp_path: Path) -> None:
    """After half a second without a chunk it has ended, also where a thread runs on; the next chunk is done as ever."""
    done = world / swept(world, *GRID).envelope["data"]["sweep_dir"]
    plan = packed(world, done, tmp_path / "shared", 10)
    code = "import threading, time; from btcli.research import serving; serving.IDLE_S = 0.5; "
    code += "threading.Thread(target=time.sleep, args=(600,)).start(); serving.serve()"
    before, worker_module.CHILD = worker_module.CHILD, ("-c", code)
    try:
        first = worker_module.run_chunk(str(tmp_path / "shared"), plan.digest, 0)
        worker_module._children[0]._process.wait(300)
        second = worker_module.run_chunk(str(tmp_path / "shared"), plan.digest, 1)
    finally:
        worker_module.CHILD = before
        worker_module._children.pop().end()
    assert (first[:6], second[:6]) == ("00000-", "00001-")


@pytest.mark.parametrize(
    ("cwd", "file"), [("", "user/project/system.yml"), ("user/lib", "../link/system.yml"), ("user/link", "")]
)
def test_the_system_file_may_be_named_from_anywhere(tmp_path: Path, cwd: str, file: str) -> None:
    """From above the project, through a link beside it, by its whole path: reasons too are the same bytes elsewhere."""
    own_world(tmp_path / "user")
    (tmp_path / "user" / "link").symlink_to("project")
    here, data = tmp_path / cwd, tmp_path / "user" / "project" / "data"
    system = file or tmp_path / "user" / "link" / "system.yml"
    words = ("--workers", 1, "--data", data, "--out", tmp_path / "out", "--json")
    said = btcli("sweep", system, *OWN, *words, cwd=here).envelope["data"]
    plan = packed(here, tmp_path / "out" / "own" / "jan" / said["sweep_id"], tmp_path / "shared", 3, data)
    shutil.move(tmp_path / "user", tmp_path / "gone")
    names(worker(tmp_path / "shared", plan, range(plan.chunks), tmp_path / "home"))
    assert table_digest(tmp_path / "shared", plan) == said["table_digest"]


def test_a_process_that_is_killed_again_and_again_is_told(tmp_path: Path) -> None:
    """Compiled code ends it by a signal, each time it is tried: the chunk and the signal are named, nothing hangs."""
    project, marker = own_world(tmp_path / "user"), tmp_path / "marker"
    code = tmp_path / "user" / "elsewhere" / "code" / "turns.py"
    code.write_text(code.read_text().replace("time.sleep(params.rest_s)", KILLED.replace("MARKER", str(marker))))
    done = (
        project
        / btcli("sweep", *grids("strategy.params.hold=[3, 4]"), "--json", cwd=project).envelope["data"]["sweep_dir"]
    )
    plan = packed(project, done, tmp_path / "shared")
    marker.touch()
    said = refusal_of(tmp_path / "shared", plan, tmp_path / "home")
    assert "the process that ran chunk 0 was ended by signal 9, before it had an answer" in said
    assert marker.read_text() == "xxx"


def refusal_of(folder: Path, plan: Plan, home: Path) -> str:
    """What a worker says that runs nothing, without leaving a chunk."""
    out, err = worker(folder, plan, [0], home).communicate(timeout=300)
    assert out == ""
    assert not list(folder.glob("chunks/*"))
    return err.splitlines()[-1]


def test_what_is_not_as_it_was_packed_is_refused(world: Path, tmp_path: Path) -> None:
    """A byte changed in an input, a file, the index or the plan, another plan's digest: named, with what to do."""
    (world / "mine.py").write_text("def wide(bars):\n    return bars['close'].rolling_mean(3)\n")
    text = (world / "system.yml").read_text()
    (world / "system.yml").write_text(
        text.replace('{fast: "ema(close, 5)"', '{fast: {python: "mine.py:wide", bars: 3}')
    )
    done = world / swept(world, *GRID).envelope["data"]["sweep_dir"]
    shared = tmp_path / "shared"
    plan = packed(world, done, shared)
    (world / "mine.py").write_text("def wide(bars):\n    return bars['close']\n")  # of the user's, not of the pack
    pack = shared / "pack"
    (source,) = pack.glob("files/**/mine.py")
    for file in (
        next(pack.glob("inputs/*.parquet")),
        next(pack.glob("objects/*.o")),
        source,
        pack / "index.json",
        shared / "plan.json",
    ):
        before = file.read_bytes()
        changed = bytearray(before)
        changed[len(before) // 2] ^= 1
        file.write_bytes(changed)
        said = refusal_of(shared, plan, tmp_path / "home")
        assert said.startswith("btcli.errors.AccessError: ")
        assert file.name in said
        file.write_bytes(before)
    other = replace(plan, code={"research_sha256": "0" * 64})
    assert "is the folder of another sweep" in refusal_of(shared, other, tmp_path / "home")
    source.unlink()
    assert "mine.py is not what was packed" in refusal_of(shared, plan, tmp_path / "home")


def test_a_worker_that_lacks_the_folder_says_where_it_runs(world: Path, tmp_path: Path) -> None:
    """No folder, no pack in it, no place for chunks: what there is here may be missing on another machine, named so."""
    done = world / swept(world, *GRID).envelope["data"]["sweep_dir"]
    shared, home = tmp_path / "shared", tmp_path / "home"
    plan = packed(world, done, shared)
    (shared / "pack").rename(tmp_path / "pack")
    said = [refusal_of(tmp_path / "nowhere", plan, home), refusal_of(shared, plan, home)]
    (tmp_path / "pack").rename(shared / "pack")
    shutil.rmtree(shared / "chunks", ignore_errors=True)
    (shared / "chunks").write_text("no folder")
    said.append(refusal_of(shared, plan, home))
    for line, doing in zip(said, ("read the plan", "read the pack", "write"), strict=True):
        assert f"cannot {doing}: " in line
        assert f"on {platform.node()}, where a worker runs (every worker has to read and write" in line


def rewrite_index(shared: Path, **other: Any) -> None:
    """Let a pack say something else, with the digest that belongs to it."""
    index = shared / "pack" / "index.json"
    written = json.loads(index.read_text())
    del written["sha256"]
    said = {**written, **other}
    index.write_text(json.dumps({**said, "sha256": digest_of(said)}))


def test_another_btcli_is_refused_before_anything_is_run(world: Path, tmp_path: Path) -> None:
    """A pack of another version, other code, another numpy: both are named, and what to do; nothing is written."""
    done = world / swept(world, *GRID).envelope["data"]["sweep_dir"]
    shared = tmp_path / "shared"
    plan = packed(world, done, shared)
    made_by = json.loads((shared / "pack" / "index.json").read_text())["made_by"]
    for name, said in (("btcli", "btcli 0.1.0"), ("numpy", "numpy "), ("engine_sha256", "btcli's code ")):
        rewrite_index(shared, made_by={**made_by, name: "0.0.9"})
        told = refusal_of(shared, plan, tmp_path / "home")
        assert f"this worker has {said}" in told
        assert "the sweep was begun with 0.0.9 (install the same on every machine" in told
    rewrite_index(shared, made_by=made_by)
    names(worker(shared, plan, [0], tmp_path / "home"))


def test_a_pack_is_written_once_and_whole(world: Path, tmp_path: Path) -> None:
    """Asked for again it stays as it is; one that was begun and not finished is none, and made anew."""
    done = world / swept(world, *GRID).envelope["data"]["sweep_dir"]
    shared = tmp_path / "shared"
    plan = packed(world, done, shared)
    before = {path: path.stat().st_mtime_ns for path in shared.glob("pack/**/*")}
    pack_again(world, shared, plan)
    assert {path: path.stat().st_mtime_ns for path in shared.glob("pack/**/*")} == before
    (shared / "pack").rename(shared / "pack.new")
    (shared / "pack.new" / "index.json").unlink()
    pack_again(world, shared, plan)
    assert not (shared / "pack.new").exists()
    names(worker(shared, plan, [0], tmp_path / "home"))


def test_a_pack_is_replaced_by_one_that_is_whole(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops it while the pack before is removed finds the new one; what is left of the other is a draft."""
    done = world / swept(world, *GRID).envelope["data"]["sweep_dir"]
    shared = tmp_path / "shared"
    plan = packed(world, done, shared)
    (shared / "pack" / "index.json").write_text("{}")

    def stopped(place: Path, **_: object) -> None:
        if (place / "index.json").exists():
            (place / "index.json").unlink()
            raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", stopped)
    with pytest.raises(KeyboardInterrupt):
        pack_again(world, shared, plan)
    monkeypatch.undo()
    names(worker(shared, plan, [0], tmp_path / "home"))
    assert sorted(each.name for each in shared.glob("pack*")) == ["pack", "pack.before.new"]


def test_a_worker_takes_machine_code_from_the_pack_and_keeps_nothing(world: Path, tmp_path: Path) -> None:
    """In a home and a temporary folder that are empty it compiles nothing, and leaves both as they were."""
    done = world / swept(world, *GRID).envelope["data"]["sweep_dir"]
    plan = packed(world, done, tmp_path / "shared")
    names(worker(tmp_path / "shared", plan, [0], tmp_path / "home", keeps_objects=False, compiles=False))
    assert [path.name for path in (tmp_path / "home").rglob("*")] == ["tmp"]
    rewrite_index(tmp_path / "shared", objects={})
    without = worker(tmp_path / "shared", plan, [0], tmp_path / "home", keeps_objects=False, compiles=False)
    assert "it would compile" in without.communicate(timeout=300)[1]


@pytest.mark.long
def test_a_worker_without_machine_code_compiles_and_keeps_nothing(world: Path, tmp_path: Path) -> None:
    """In a home that is empty, with a pack of another kind of processor: the same digest, and nothing is left."""
    data = swept(world, *GRID).envelope["data"]
    plan = packed(world, world / data["sweep_dir"], tmp_path / "shared")
    rewrite_index(tmp_path / "shared", objects={})
    names(worker(tmp_path / "shared", plan, range(plan.chunks), tmp_path / "home", keeps_objects=False))
    assert table_digest(tmp_path / "shared", plan) == data["table_digest"]
    assert [path.name for path in (tmp_path / "home").rglob("*")] == ["tmp"]
