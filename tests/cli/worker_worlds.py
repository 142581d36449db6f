"""Sweeps whose chunks are run by fresh processes that have nothing but the sweep's folder."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli_worlds import hourly, say
from command_line import ROOT, environment

from btcli.market.loader import RunInputs, load_run_inputs, with_signals
from btcli.market.store.reading import open_store
from btcli.market.store.where import Stores
from btcli.research.bench import Bench, Load
from btcli.research.folder import SweepDir
from btcli.research.packing import pack_sweep
from btcli.research.plan import Plan, plan_of
from btcli.research.table import write_table
from btcli.simulation.parts import Prepared

SPECS = ROOT / "btcli" / "config" / "specs" / "snapshots"

ALL = "\n".join(
    (
        "import sys",
        "from btcli.research.worker import run_chunk",
        "for index in map(int, sys.argv[3:]):",
        "    print(run_chunk(sys.argv[1], sys.argv[2], index), flush=True)",
    )
)

SYSTEM = hourly(
    """\
instruments: ../lib/specs.json
signals: {file: SIGNALS, available_at: ts}
features:
  ltf: {mean: {python: "../lib/mine.py:rolled", bars: 10, args: {n: 10}}}
strategy: {use: "code/turns.py:Turns"}
""",
    "own",
)
STRATEGY = """\
import random
import time
from dataclasses import dataclass

from helping import sign

from btcli.strategies import Direction, Signal, Strategy

SEEN = []


class Turns(Strategy):
    @dataclass(frozen=True)
    class Params:
        hold: int = 3
        far: float = 0.02
        rest_s: float = 0.0

    def __init__(self, params):
        self.params, self.asked = params, 0
        time.sleep(params.rest_s)
        SEEN.append(params)
        assert len(SEEN) == 1, "another trial's module"

    def decide(self, snapshot):
        self.asked += 1
        if self.params.hold == 5:
            raise ValueError(f"no luck in {__file__}")
        if self.params.hold == 6:
            import os

            os._exit(3)
        if self.asked % self.params.hold or random.random() < 0.1:
            return None
        import later

        close = snapshot.ltf.close
        score = later.shifted(snapshot.signals["score"])
        side = Direction.LONG if sign(close - snapshot.ltf["mean"] + score) > 0 else Direction.SHORT
        return Signal(side, stop_distance=close * self.params.far)
"""
HELPING = "def sign(value):\n    return (value > 0) - (value < 0)\n"
LATER = "def shifted(score):\n    return 200 * (score - 0.5)\n"
FUNCTIONS = "def rolled(bars, n):\n    return bars['close'].rolling_mean(n)\n"
HOUR_MS, START_MS = 3_600_000, 1_704_067_200_000


def own_world(folder: Path) -> Path:
    """A project whose system names code, a table and trading rules by all kinds of paths, links among them."""
    project, code, lib = folder / "project", folder / "elsewhere" / "code", folder / "lib"
    for each in (project, code, lib):
        each.mkdir(parents=True)
    (project / "code").symlink_to(code)
    (code / "turns.py").write_text(STRATEGY)
    (code / "helping.py").write_text(HELPING)
    (project / "later.py").write_text(LATER)
    (lib / "mine.py").write_text(FUNCTIONS)
    rows = [f"{START_MS + 3 * place * HOUR_MS + 1},{(place * 37 % 100) / 100}" for place in range(10 * 24)]
    (lib / "preds.csv").write_text("ts,score\n" + "\n".join(rows) + "\n")
    specs = json.loads((SPECS / "sample.json").read_text())
    specs["instruments"]["BTCUSDT"] |= {"qty_step": "0.01", "min_qty": 0.01}
    (lib / "specs.json").write_text(json.dumps(specs))
    (project / "system.yml").write_text(SYSTEM.replace("SIGNALS", str(lib / "preds.csv")))
    said = say(project, "data", "sample", "system.yml", "--json")
    assert said.code == 0, said
    return project


def packed(world: Path, done: Path, folder: Path, length: int | None = None, data: Path | None = None) -> Plan:
    """The plan of a sweep that is done, with its pack and no chunks yet, of another `length` where one is said.

    The sweep was asked for in the folder `world`; the store is its `data`, or another.
    """
    plan = plan_of((done / "plan.json").read_bytes())
    plan = plan if length is None else replace(plan, length=length)
    folder.mkdir(parents=True)
    SweepDir(folder).write_plan(plan)
    pack_again(world, folder, plan, data)
    return plan


def pack_again(world: Path, folder: Path, plan: Plan, data: Path | None = None) -> None:
    """Ask for the pack of a plan."""
    stores = Stores(data or world / "data", 1.0)
    with chdir(world):
        pack_sweep(folder, plan, Bench(plan, loader(stores)), stores)


def loader(stores: Stores) -> Load:
    """Inputs out of the user's store."""

    def load(parts: Prepared) -> RunInputs:
        with open_store(stores.of(parts.system.env)) as reader:
            return with_signals(load_run_inputs(reader, parts.system, parts.spans), parts.signals)

    return load


def worker(
    folder: Path, plan: Plan, indexes: Iterable[int], home: Path, *, keeps_objects: bool = True, compiles: bool = True
) -> subprocess.Popen[str]:
    """A process with an empty home that runs these chunks one after the other, and says the names of their files.

    It finds stored object code unless not even that is kept, and fails where it would compile unless it may.
    """
    home.mkdir(parents=True, exist_ok=True)
    around = {"HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "TMPDIR": str(home / "tmp")}
    (home / "tmp").mkdir(exist_ok=True)
    command = [sys.executable, "-P", "-c", ALL, str(folder), plan.digest, *map(str, indexes)]
    if not compiles:
        (home.parent / "blocked").mkdir(exist_ok=True)
        (home.parent / "blocked" / "numba.py").write_text("raise RuntimeError('it would compile')\n")
        around["PYTHONPATH"] += f"{os.pathsep}{home.parent / 'blocked'}"
    if keeps_objects:
        around["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    if interpreted := os.environ.get("NUMBA_DISABLE_JIT"):
        around["NUMBA_DISABLE_JIT"] = interpreted
    return subprocess.Popen(command, cwd=home, env=around, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def names(child: subprocess.Popen[str]) -> list[str]:
    """What a worker that comes to its end has said."""
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, err
    return out.split()


def table_digest(folder: Path, plan: Plan) -> str:
    """The digest of the table of a sweep all of whose chunks are there."""
    chunks, damaged = SweepDir(folder).done(plan)
    assert (sorted(chunks), damaged) == (list(range(plan.chunks)), [])
    table = folder / "table.parquet"
    write_table([chunks[index] for index in range(plan.chunks)], table)
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    table.unlink()
    return digest


SHORT_CHUNKS = """
import sys
from btcli.cli.edge.main import main
from btcli.cli.edge.starting import start_lean
start_lean()
from btcli.research import running
assert running.CHUNK_S > 0.1
running.CHUNK_S = 0.1
"""
NEVER_ENDING = """
import time
from pathlib import Path
from btcli.research.folder import SweepDir
keep = SweepDir.keep
def kept(sweep, plan, index, write):
    if index == plan.chunks - 1:
        Path({mark!r}).touch()
        while True:
            time.sleep(0.01)
    return keep(sweep, plan, index, write)
SweepDir.keep = kept
"""


def begun(
    folder: Path, *words: object, has_short_chunks: bool = False, waits_at: Path | None = None, **named: Any
) -> subprocess.Popen[str]:
    """A sweep that goes on in a process of its own; with short chunks it has many also where a machine is fast.

    With a file that it `waits_at` it leaves that before its last chunk, which it never makes, and has short chunks too.
    """
    never_ending = "" if waits_at is None else NEVER_ENDING.format(mark=str(waits_at))
    has_program = has_short_chunks or waits_at is not None
    program = ("-c", f"{SHORT_CHUNKS}{never_ending}main()") if has_program else ("-m", "btcli")
    return subprocess.Popen(
        [sys.executable, *program, "sweep", "--json", *map(str, words)],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **named,
    )


def ended(child: subprocess.Popen[str]) -> dict[str, Any]:
    """What a sweep answers that comes to its end."""
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, (out, err)
    return dict(json.loads(out)["data"])


def workers_of(sweeps: Path) -> dict[int, int]:
    """The processes that run chunks of sweeps below a folder, with the worker that each belongs to."""
    found = {}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            words, status = (each / "cmdline").read_bytes(), (each / "stat").read_text()
        except OSError:  # it has ended
            continue
        if b"btcli.research.serving" in words and os.fsencode(sweeps) in words:
            found[int(each.name)] = int(status.rpartition(")")[2].split()[1])
    return found


def kill_a_worker(sweeps: Path, child: subprocess.Popen[str]) -> None:
    """SIGKILL for one of the engine's workers, once a chunk is done and while others are not."""
    worker = next(iter(at_work(sweeps, child).values()))
    os.kill(worker, signal.SIGKILL)


def at_work(sweeps: Path, child: subprocess.Popen[str]) -> dict[int, int]:
    """The workers of a sweep, once a chunk is done and while others are not."""
    until_s = time.monotonic() + 600
    while child.poll() is None and time.monotonic() < until_s:
        if list(sweeps.glob("*/*/*/chunks/*.parquet")) and (workers := workers_of(sweeps)):
            return workers
        time.sleep(0.01)
    raise AssertionError(f"no worker was seen at work: {child.communicate()}")


def are_gone(sweeps: Path) -> bool:
    """Whether no process is left that runs chunks of sweeps below a folder, a while after it was to end."""
    until_s = time.monotonic() + 300
    while workers_of(sweeps) and time.monotonic() < until_s:
        time.sleep(0.05)
    return not workers_of(sweeps)
