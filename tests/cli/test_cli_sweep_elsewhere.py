"""Sweeps whose chunks are run by other processes of this machine: begun, stopped, changed, refused."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import hourly, say
from sweep_worlds import grids, refusal, ruled_world, swept
from worker_worlds import are_gone, at_work, begun, ended, own_world, pack_again

import btcli.research.packing
import btcli.workflows.research.sweep
from btcli.market.store.where import Stores
from btcli.research.bench import Bench
from btcli.research.estimate import Estimate
from btcli.research.plan import Plan, plan_of
from btcli.research.running import Work

SLOW = [
    *grids("strategy.params.hold=2..4", "strategy.params.far=0.01..0.1:0.01"),
    "--set",
    "strategy.params.rest_s=0.1",
]
LOKY, THREADS = ("--backend", "loky", "--workers", 2), ("--backend", "threads")
ODD = hourly(
    """\
features:
  ltf: {mean: "sma(close, 10)"}
strategy:
  use: mine.sub.one:One
  per_symbol: {ETHUSDT: {use: "two.py:Two"}}
""",
    "odd",
    "BTCUSDT, ETHUSDT",
)
ONE = """\
from dataclasses import dataclass
from pathlib import Path

from btcli.strategies import Direction, Signal, Strategy

print("loaded")


class One(Strategy):
    @dataclass(frozen=True)
    class Params:
        n: int = 3

    def __init__(self, params):
        self.n, self.asked = params.n, 0
        self.factor = float((Path(__file__).parent / "model.txt").read_text())

    def decide(self, snapshot):
        self.asked += 1
        if self.n == 4 and self.asked > 50:
            raise KeyboardInterrupt
        if self.asked % self.n:
            return None
        gap = (snapshot.ltf.close - snapshot.ltf["mean"]) * self.factor
        return Signal(Direction.LONG if gap > 0 else Direction.SHORT, stop_distance=snapshot.ltf.close * 0.02)


class Other(One):
    def decide(self, snapshot):
        if self.n == 3:
            raise SystemExit(0)
        return super().decide(snapshot)
"""
TWO = """\
import sys

from btcli.strategies import Direction, Signal, Strategy


class Two(Strategy):
    def decide(self, snapshot):
        sys.stdout.close()
        return Signal(Direction.LONG, stop_distance=snapshot.ltf.close * 0.1) if snapshot.ltf["mean"] > 0 else None
"""


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sample data under rules."""
    return ruled_world(tmp_path_factory.mktemp("ruled") / "world")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A project with a strategy in Python and all kinds of files beside it."""
    return own_world(tmp_path / "user")


@pytest.fixture
def packs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders of sweeps for which this process makes packs from now on: other processes run their chunks."""
    made: list[Path] = []

    def pack_sweep(folder: Path, *rest: Any) -> None:
        packing(folder, *rest)
        assert (folder / "pack" / "index.json").is_file()
        made.append(folder)

    packing = btcli.research.packing.pack_sweep
    monkeypatch.setattr(btcli.research.packing, "pack_sweep", pack_sweep)
    return made


@pytest.fixture(scope="module")
def slow_digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the slow sweep's table, run without a break in one process."""
    return str(ended(begun(own_world(tmp_path_factory.mktemp("slow")), *SLOW, *THREADS))["table_digest"])


def odd_world(folder: Path) -> Path:
    """A strategy in a package for one symbol, which opens a file that nothing names, and one in a file for another."""
    sub = folder / "mine" / "sub"
    sub.mkdir(parents=True)
    for each in (sub, sub.parent):
        (each / "__init__.py").touch()
    (sub / "one.py").write_text(ONE)
    (sub / "model.txt").write_text("1.5")
    (folder / "two.py").write_text(TWO)
    (folder / "system.yml").write_text(ODD)
    assert say(folder, "data", "sample", "system.yml", "--json").code == 0
    return folder


def until_a_chunk_is_done(sweeps: Path, child: subprocess.Popen[str]) -> None:
    """Wait for the first file of a chunk below a folder."""
    while child.poll() is None and not list(sweeps.glob("*/*/*/chunks/*.parquet")):
        time.sleep(0.01)


def failed(child: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of a sweep that ends with errors, and these."""
    out, err = child.communicate(timeout=300)
    assert "Traceback" not in err, err
    return child.returncode, list(json.loads(out)["errors"])


def test_worlds_and_refused_trials_are_the_same(ruled: Path) -> None:
    """Symbols and timeframes vary, some of which cannot be together: both tables have the same digest."""
    words = [
        "--window",
        "jan",
        *grids("symbols=[[BTCUSDT], [ETHUSDT], [BTCUSDT, ETHUSDT]]", "timeframes.exec=[1h, 30m]"),
    ]
    words += grids("timeframes.ltf=[1h, 30m]", "strategy.params.far=0.01..0.2:0.01")
    here, there = (ended(begun(ruled, *words, "--out", name, *more)) for name, more in (("a", ()), ("b", LOKY)))
    assert here["statuses"]["REFUSED"] == 60
    assert there["table_digest"] == here["table_digest"]
    assert there["on_this_data"] == here["on_this_data"]


def test_code_in_packages_and_of_single_symbols_is_the_same(tmp_path: Path) -> None:
    """A class that a value names, files that it opens, what it prints and closes, what it asks of `__main__`, and how
    it raises: the same table.
    """
    world = odd_world(tmp_path / "my code \u00e9")
    code = world / "mine" / "sub" / "one.py"
    code.write_text(f"import __main__\n\nprint(__main__.__file__)\n{code.read_text()}")
    words = grids("strategy.params.n=2..12", "strategy.use=[mine.sub.one:One, mine.sub.one:Other]")
    here, there = (
        ended(begun(world, *words, "--out", name, *more)) for name, more in (("a", ("--workers", 1)), ("b", LOKY))
    )
    assert here["statuses"] == {"END_OF_DATA": 19, "RAISED": 3}
    assert there["table_digest"] == here["table_digest"]


def test_a_sweep_goes_on_with_another_engine(own: Path, tmp_path: Path, slow_digest: str) -> None:
    """Killed among processes it goes on in one, killed in one it goes on among processes; no process is left over."""
    for name, first, then in (("a", LOKY, THREADS), ("b", THREADS, LOKY)):
        child = begun(own, *SLOW, *first, "--out", tmp_path / name)
        until_a_chunk_is_done(tmp_path / name, child)
        child.kill()
        child.communicate()
        assert are_gone(tmp_path / name)
        again = ended(begun(own, *SLOW, *then, "--out", tmp_path / name))
        assert again["table_digest"] == slow_digest
        assert 0 < again["chunks_found"] < again["chunks"]


def test_a_sweep_goes_on_from_another_folder_with_another_engine(own: Path, tmp_path: Path, packs: list[Path]) -> None:
    """Begun beside the system file and asked for again from above: workers find all that lies beside the file there."""
    words = (*grids("strategy.params.hold=2..4", "strategy.params.far=[0.01, 0.05]"), "--out", tmp_path / "out")
    whole = ended(begun(own, *words, *THREADS))
    sweep = own / whole["sweep_dir"]
    for each in (sweep / "done.json", *(sweep / "chunks").iterdir()):
        each.unlink()
    said = say(own.parent, "sweep", f"{own.name}/system.yml", *words, *LOKY, "--data", own / "data", "--json")
    again = said.envelope["data"]
    assert (again["sweep_dir"], again["table_digest"]) == (whole["sweep_dir"], whole["table_digest"])
    assert packs == [sweep.resolve()]
    assert not (sweep / "pack").exists()


def test_ctrl_c_ends_all_processes_and_keeps_what_is_done(own: Path, tmp_path: Path) -> None:
    """Exit 130 with a chunk or more there, and nothing that still runs."""
    child = begun(own, *SLOW, *LOKY, "--out", tmp_path / "out")
    at_work(tmp_path / "out", child)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=300)
    assert (child.returncode, json.loads(out)["exit_code"]) == (130, 130)
    assert "Traceback" not in err
    assert list((tmp_path / "out").glob("*/*/*/chunks/*.parquet"))
    assert are_gone(tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.new*"))


def test_what_was_begun_and_not_finished_goes_with_the_next_command(
    own: Path, tmp_path: Path, slow_digest: str
) -> None:
    """A pack, a table and a chunk in the making, as a killed process leaves them, and the pack of what is done."""
    whole = ended(begun(own, *SLOW, *THREADS, "--out", tmp_path))
    sweep = own / whole["sweep_dir"]
    for again in (False, True):
        for folder in ("pack.new/files/home", "trials.parquet.new.sorted", "pack/inputs"):
            (sweep / folder).mkdir(parents=True)
            (sweep / folder / "some.parquet").write_bytes(b"half of it")
        (sweep / "chunks" / "00001.node-1.new").write_bytes(b"half of it")
        (sweep / "trials.parquet.new").write_bytes(b"half of it")
        if again:
            (sweep / "done.json").unlink()
            next((sweep / "chunks").glob("*.parquet")).unlink()
        assert ended(begun(own, *SLOW, *THREADS, "--out", tmp_path))["table_digest"] == slow_digest
        assert sorted(path.name for path in sweep.iterdir()) == [
            "chunks",
            "done.json",
            "lock",
            "plan.json",
            "trials.parquet",
        ]
        assert {path.suffix for path in (sweep / "chunks").iterdir()} == {".parquet"}


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        (LOKY, "elsewhere/code/turns.py"),
        (THREADS, "lib/preds.csv"),
        pytest.param(THREADS, "elsewhere/code/helping.py", marks=pytest.mark.long),
        pytest.param(LOKY, "lib/preds.csv", marks=pytest.mark.long),
    ],
)
def test_a_file_that_changes_meanwhile_ends_it(
    own: Path, tmp_path: Path, slow_digest: str, engine: tuple[str, ...], name: str
) -> None:
    """No trial is run of other code or signals than those before it: told once, and put back it goes on."""
    out, file = tmp_path / "out", tmp_path / "user" / name
    child = begun(own, *SLOW, *engine, "--out", out)
    until_a_chunk_is_done(out, child)
    before = file.read_text()
    file.write_text(before.replace("0.5", "0.51") if name.endswith("csv") else before + "\nX = 1\n")
    code, errors = failed(child)
    assert code in (1, 3)
    assert len(errors) == 1
    assert "changed while the sweep was going on" in errors[0]["message"]
    assert errors[0]["where"].endswith(file.name)
    code, errors = failed(begun(own, *SLOW, *engine, "--out", out))
    assert code == 2
    assert "it cannot be gone on with" in errors[0]["message"]
    file.write_text(before)
    again = ended(begun(own, *SLOW, *engine, "--out", out))
    assert again["table_digest"] == slow_digest
    assert again["chunks_found"] > 0


@pytest.mark.parametrize(
    ("words", "said", "where"),
    [
        (("--backend", "dusk"), "there is no backend 'dusk'", "--backend"),
        (("--address", "tcp://127.0.0.1:1"), "is that of a cluster", "--address"),
        (("--backend", "threads", "--address", "x"), "is that of a cluster", "--address"),
        (("--backend", ""), "there is no backend ''", "--backend"),
        (("--backend", "dask", "--address", ""), "'' is not where a cluster is", "--address"),
        (("--backend", "ray", "--address", " "), "' ' is not where a cluster is", "--address"),
        (("--backend", "ray", "--address", "local"), "'local' is not where a cluster is", "--address"),
        (("--address", ""), "is that of a cluster", "--address"),
        (("--backend", "loky", "--address", "x"), "loky starts its workers on this machine", "--address"),
    ],
)
def test_engines_that_there_are_not_are_refused(ruled: Path, words: tuple[str, ...], said: str, where: str) -> None:
    """Exit 2 before the first trial, with the option."""
    code, problem = refusal(swept(ruled, *grids("strategy.params.far=[0.01]"), *words, "--out", "nowhere"))
    assert (code, problem["message"], problem["where"]) == (2, said, where)
    assert not (ruled / "nowhere").exists()


def test_little_work_in_python_stays_in_one_process(own: Path, packs: list[Path]) -> None:
    """Where other processes take longer to start than they save none is started, unless they are asked for."""
    few = ("sweep", *grids("strategy.params.hold=[2, 3, 4]"), "--set", "strategy.params.rest_s=0.1", "--json")
    data = say(own, *few, "--workers", 2).envelope["data"]
    assert packs == []
    asked = say(own, *few, *LOKY, "--out", "asked").envelope["data"]
    assert packs == [(own / asked["sweep_dir"]).resolve()]
    assert asked["table_digest"] == data["table_digest"]


@pytest.mark.parametrize("kind", ["rules", "python"])
def test_the_disk_that_is_told_is_not_less_than_what_is_used(
    kind: str, ruled: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks and folders of a real pack, of rules and of a strategy with all kinds of files, and then of the sweep."""
    estimates: list[Estimate] = []
    taken: list[int] = []
    estimated, packing = btcli.workflows.research.sweep.estimate_of, btcli.research.packing.pack_sweep

    def pack_sweep(folder: Path, plan: Plan, bench: Bench, stores: Stores) -> None:
        packing(folder, plan, bench, stores)
        most, used = btcli.research.packing.most_bytes(plan, bench), on_disk(folder / "pack")
        assert used <= most <= 2 * used
        taken.append(used)

    def estimate_of(plan: Plan, left: int, work: Work, *, is_new: bool) -> Estimate:
        estimates.append(estimated(plan, left, work, is_new=is_new))
        return estimates[-1]

    monkeypatch.setattr(btcli.research.packing, "pack_sweep", pack_sweep)
    monkeypatch.setattr(btcli.workflows.research.sweep, "estimate_of", estimate_of)
    rules = ["--window", "jan", *grids("strategy.params.far=0.001..1.5:0.001")]
    world, words = (ruled, rules) if kind == "rules" else (own, SLOW)
    out = tmp_path / "out"
    said = say(world, "sweep", *words, *LOKY, "--out", out, "--json")
    assert said.code == 0, said
    (told,) = estimates
    assert told.disk_bytes >= told.room_bytes >= sum(taken) + on_disk(out)


def on_disk(folder: Path) -> int:
    """What a folder and all below it take of the disk."""
    return sum(each.lstat().st_blocks * 512 for each in (folder, *folder.rglob("*")))


def test_a_pack_that_was_damaged_is_told_and_made_again(ruled: Path, tmp_path: Path) -> None:
    """A byte of an input is another: exit 3 with the file; without the pack it is made again."""
    words = ["--window", "jan", *grids("strategy.params.far=0.01..0.05:0.01"), "--out", tmp_path]
    whole = ended(begun(ruled, *words, *LOKY))
    sweep = Path(whole["sweep_dir"])
    (sweep / "done.json").unlink()
    shutil.rmtree(sweep / "chunks")
    pack_again(ruled, sweep, plan_of((sweep / "plan.json").read_bytes()))
    damaged = next(sweep.glob("pack/inputs/*.parquet"))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    code, errors = failed(begun(ruled, *words, *LOKY))
    assert (code, len(errors)) == (3, 1)
    assert damaged.name in errors[0]["where"]
    assert "remove the folder pack" in errors[0]["hint"]
    shutil.rmtree(sweep / "pack")
    assert ended(begun(ruled, *words, *LOKY))["table_digest"] == whole["table_digest"]


def test_a_pack_for_which_there_is_no_room_is_told_and_leaves_nothing(ruled: Path, tmp_path: Path) -> None:
    """A file may not grow beyond 6 kB, as on a disk that is full: exit 3, no half of a pack; with room it goes on."""

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))

    words = ["--window", "jan", *grids("strategy.params.far=0.001..1.5:0.001"), *LOKY, "--out", tmp_path]
    code, errors = failed(begun(ruled, *words, preexec_fn=no_room))
    assert (code, len(errors)) == (3, 1)
    assert errors[0]["message"].startswith("cannot write: ")
    (sweep,) = tmp_path.glob("*/*/*")
    assert sorted(path.name for path in sweep.iterdir()) == ["lock", "plan.json"]
    assert ended(begun(ruled, *words))["chunks_found"] == 0
