"""Kills a sweep of W1 by rules at random moments and starts it again, and tells what that cost; for Linux.

`python benchmarks/killed.py SYSTEM --data STORE [--start DAY --end DAY] [--fast N] [--slow N] [--kills N] [--seed N]
[--turns N]`
prints one JSON object: the seconds of processors of a sweep that nobody disturbed; those of all that were started of
one that was killed at moments spread over as long as the other took; how many of these were spent on chunks that were
not done, each from its beginning on; the ratio without them; and whether both tables have the same bytes.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from measuring import ROOT

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: who is orphaned by a kill becomes this process's, and tells what it took
LOOK_S = 0.001  # what is spent until a chunk is seen to be kept counts as not lost
PROCESS_CLOCK = 2  # CPUCLOCK_SCHED, of a process
FIRST_FAST, APART = 3, 30


class Ran(NamedTuple):
    """A process with its children: seconds in all, and of processors.

    And of processors when it had begun its first trials, and when it had kept each chunk; empty where it never did.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    begun_at_s: tuple[float, ...]
    kept_at_s: tuple[float, ...]
    said: str

    @property
    def lost_s(self) -> float:
        """What was spent on a chunk that was not done."""
        reached_s = (*self.begun_at_s, *self.kept_at_s)
        return self.cpu_s - reached_s[-1] if reached_s else 0.0


def sweep(asked: argparse.Namespace, folder: Path, out: str, *, few: bool = False) -> list[str]:
    """The command: every one of some fast averages with every one of some slow ones."""
    fast, slow = (2, 2) if few else (asked.fast, asked.slow)
    fasts = range(FIRST_FAST, FIRST_FAST + fast)
    slows = range(fasts[-1] + APART, fasts[-1] + APART + slow)
    grids = [
        f"features.ltf.{name}=[{', '.join(f'{chr(34)}ema(close, {n}){chr(34)}' for n in periods)}]"
        for name, periods in (("f", fasts), ("s", slows))
    ]
    words = [sys.executable, "-m", "btcli", "sweep", str(asked.system.resolve()), "--start", asked.start]
    words += ["--end", asked.end, "--data", str(asked.data.resolve()), "--out", str(folder / out), "--yes", "--json"]
    return words + [word for grid in grids for word in ("--grid", grid)]


def run(command: Sequence[str], folder: Path, kill_after_s: float | None = None) -> Ran:
    """Run a command to its end, or until it is killed with all its children."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    begun_s, begun_at_s, kept_at_s = time.perf_counter(), list[float](), list[float]()
    look = Look(folder)
    seen, begun_before = look.chunks(), look.begun()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
        while not has_ended(child.pid):
            if kill_after_s is not None and time.perf_counter() - begun_s > kill_after_s:
                os.killpg(child.pid, signal.SIGKILL)
                break
            if not begun_at_s and look.begun() > begun_before:
                begun_at_s.append(group_cpu_s(child.pid))
            if (found := look.chunks()) > seen:
                seen = found
                kept_at_s.append(group_cpu_s(child.pid))
            time.sleep(LOOK_S)
        usages = [usage for _, _, usage in waited()]
        child.returncode = 0
        said, complained = (stream.seek(0) or stream.read().decode() for stream in (out, err))
    if kill_after_s is None and not said:
        raise SystemExit(complained)
    spent_s = sum(each.ru_utime + each.ru_stime for each in usages)
    peak_mb = max(each.ru_maxrss for each in usages) / 1024
    return Ran(time.perf_counter() - begun_s, spent_s, peak_mb, tuple(begun_at_s), tuple(kept_at_s), said)


class Look:
    """What is written of the one sweep in a folder; where it lies is looked for until it is there."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._found = folder, dict[str, Path]()

    def _place(self, pattern: str) -> Path | None:
        if pattern not in self._found and (found := next(self._folder.glob(pattern), None)):
            self._found[pattern] = found
        return self._found.get(pattern)

    def chunks(self) -> int:
        """How many chunks are done."""
        chunks = self._place("*/*/*/*/chunks")
        return sum(each.suffix == ".parquet" for each in chunks.iterdir()) if chunks else 0

    def begun(self) -> int:
        """What grows when trials are begun.

        The first ones, by which chunks get their length, once the sweep has its folder; later on the first chunk, once
        it is noted that the sweep was asked for.
        """
        folder, order = self._place("*/*/*/*/lock"), self._place("*/order.txt")
        return (1 if folder else 0) + (order.stat().st_size if order else 0)


def has_ended(pid: int) -> bool:
    """Whether a child has ended; it is not waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def waited() -> Iterator[tuple[int, int, Any]]:
    """Every child, and who was orphaned, as each ends."""
    while True:
        try:
            yield os.wait4(-1, 0)
        except ChildProcessError:
            return


def group_cpu_s(leader: int) -> float:
    """The seconds of processors of all processes of a group, with those of threads that ended."""
    return sum(map(cpu_s, group(leader)))


def group(leader: int) -> Iterator[int]:
    """The processes of a group."""
    for told in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            if int(told.read_text().rpartition(")")[2].split()[2]) == leader:
                yield int(told.parent.name)


def cpu_s(process: int) -> float:
    """The seconds of processors of a process, as its clock has them; the id of that clock is what Linux makes of it."""
    with suppress(OSError):
        return time.clock_gettime(~process << 3 | PROCESS_CLOCK)
    return 0.0


def main() -> None:
    """Run both, so many times in turns, and tell."""
    asked = asked_of_line()
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    draw = random.Random(asked.seed).uniform
    with tempfile.TemporaryDirectory(prefix="btcli-killed-") as scratch:

        def folder(name: str) -> Path:
            made = Path(scratch) / name
            made.mkdir()
            return made

        few = folder("few")
        run(sweep(asked, few, "out", few=True), few)  # compiles
        pairs = [both(asked, draw, folder(f"whole {turn}"), folder(f"killed {turn}")) for turn in range(asked.turns)]
        print(json.dumps(told(pairs), indent=1))


Pair = tuple[Ran, list[Ran]]


def both(asked: argparse.Namespace, draw: Callable[[float, float], float], alone: Path, killed: Path) -> Pair:
    """A sweep that nobody disturbs, and all that is started of one that is killed."""
    whole = run(sweep(asked, alone, "out"), alone)
    moments = sorted(draw(0.0, whole.wall_s) for _ in range(asked.kills))
    command = sweep(asked, killed, "out")
    ran = [run(command, killed, until - since) for since, until in pairwise((0.0, *moments))]
    return whole, [*ran, run(command, killed)]


def told(pairs: Sequence[Pair]) -> dict[str, Any]:
    """What they came to; the ratio of each pair, and of all together: a machine is not as fast at every moment."""
    wholes, all_ran = [whole for whole, _ in pairs], [each for _, ran in pairs for each in ran]
    tables = [json.loads(each.said)["data"] for whole, ran in pairs for each in (whole, ran[-1])]
    killed = [each for _, ran in pairs for each in ran[:-1]]
    begun_s = [each.begun_at_s[0] for _, ran in pairs for each in ran[1:] if each.begun_at_s]
    chunks_s = [later - earlier for each in all_ran for earlier, later in pairwise(each.kept_at_s)]
    ratios = [without_lost_s(ran) / whole.cpu_s for whole, ran in pairs]
    return {
        "trials": tables[0]["trials"],
        "tables": sorted({table["table_digest"] for table in tables}),
        "kills": len(killed),
        "kills_after_a_chunk": sum(bool(each.kept_at_s) for each in killed),
        "chunk_cpu_s": round(median(chunks_s), 2),
        "start_cpu_s": round(median(begun_s), 2),
        "whole_wall_s": [round(each.wall_s, 2) for each in wholes],
        "whole_cpu_s": [round(each.cpu_s, 2) for each in wholes],
        "whole_peak_mb": [round(each.peak_mb) for each in wholes],
        "all_wall_s": round(sum(each.wall_s for each in all_ran), 2),
        "all_cpu_s": round(sum(each.cpu_s for each in all_ran), 2),
        "lost_cpu_s": round(sum(each.lost_s for each in killed), 2),
        "ratios_without_lost": [round(each, 3) for each in ratios],
        "ratio_without_lost": round(
            sum(without_lost_s(ran) for _, ran in pairs) / sum(each.cpu_s for each in wholes), 3
        ),
    }


def without_lost_s(ran: Sequence[Ran]) -> float:
    """What all that were started took, but for chunks that were not done; the last one was not killed."""
    return sum(each.cpu_s for each in ran) - sum(each.lost_s for each in ran[:-1])


def asked_of_line() -> argparse.Namespace:
    """What the command line asks for; by default 10,000 trials over 200,160 bars of a minute."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", default="2021-01-02")
    parser.add_argument("--end", default="2021-05-20")
    parser.add_argument("--fast", type=int, default=100)
    parser.add_argument("--slow", type=int, default=100)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--turns", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
