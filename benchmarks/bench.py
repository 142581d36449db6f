"""Times btcli over its loads and prints stages, ns per bar, peak memory and digests; it judges nothing.

`python benchmarks/bench.py [SHARED] [--quick] [--only WORD] [--repeats N]`; SHARED is the folder of the shared loads,
default: $BTCLI_BENCH_LOADS, or shared/load beside this checkout. Repetitions alternate, so that all loads see the same
machine; every figure is their median.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from loads import GENERATOR, MONTHS, SAMPLE_LOADS, YEARS, Load, write_sample_loads, write_shared_loads
from measuring import NOISY_PCT, ROOT, Spent, machine, middle, python

RUNS = "runs"
RESULTS = ("events.jsonl", "equity_curve.csv", "trades.csv", "metrics.json")
COMPARED = (  # in one call: what for, above, below, and the figure
    ("a year / a month of W1, engine", "W1 in Python, a year", "W1 in Python, a month", "engine_cpu_s"),
    ("20 symbols / 1, engine", SAMPLE_LOADS[2].name, SAMPLE_LOADS[1].name, "engine_cpu_s"),
)
FEW, MANY = YEARS[2].name, YEARS[3].name


class Turn(NamedTuple):
    """One run of a load: what its process spent, its own timing, and what it left."""

    spent: Spent
    timing: dict[str, Any]
    decisions: int
    trades: int
    steps: int
    events_bytes: int
    events: int
    outputs: str  # digest of the files of RESULTS


def turn(folder: Path, load: Load) -> Turn:
    """Run a load into a fresh folder, which the next run of anything replaces."""
    shutil.rmtree(folder / RUNS, ignore_errors=True)
    done = python(folder, "-m", "btcli", *words_of(load), "--timing", "--json")
    answer = json.loads(done.out)["data"]
    run = folder / answer["run_dir"]
    manifest = json.loads((run / "run_manifest.json").read_text())
    events = run / "events.jsonl"
    with events.open("rb") as lines:
        first, others = json.loads(next(lines)), sum(1 for _ in lines)
    files = manifest["outputs"]["files"]
    outputs = hashlib.sha256(" ".join(files[name]["sha256"] for name in RESULTS).encode()).hexdigest()
    counts = (answer["metrics"]["decisions"], answer["metrics"]["trades"], first["steps"])
    return Turn(done.spent, answer["timing"], *counts, events.stat().st_size, 1 + others, outputs)


def words_of(load: Load) -> list[str]:
    """The command of a load."""
    sets = (word for each in load.sets for word in ("--set", each))
    return ["run", load.system, "--window", load.window, "--data", load.store, "--out", RUNS, *sets]


def stages_of(folder: Path, load: Load) -> dict[str, float]:
    """Seconds of processors by stage, all passes together, from one more run whose functions are wrapped."""
    shutil.rmtree(folder / RUNS, ignore_errors=True)
    done = python(folder, str(ROOT / "benchmarks" / "stages.py"), *words_of(load))
    seconds: dict[str, float] = json.loads(done.err.splitlines()[-1])
    return seconds


def show_load(load: Load, turns: list[Turn], stages: dict[str, float], made_by: str) -> None:
    """The lines of a load."""
    last = turns[-1]
    cpu_ns = [each.timing["engine_cpu_s"] * 1e9 for each in turns]
    wall, cpu = middle([each.spent.wall_s for each in turns], "s"), middle([each.spent.cpu_s for each in turns], "s")
    print(f"\n{load.name}: {last.steps:,} steps, {last.decisions:,} decisions; candles by {made_by}")
    print(f"  whole command   {wall} on the wall, {cpu} of processors, {memory_mb(turns):,.0f} MB at most")
    bar = middle([spent / last.steps for spent in cpu_ns], "ns a bar", 0)
    asked = middle([spent / max(last.decisions, 1) for spent in cpu_ns], "ns a decision", 0)
    print(f"  recorded pass   {bar}, {asked}, set up in {middle([t.timing['setup_s'] for t in turns], 's')}")
    print("  stages, cpu s   " + ", ".join(f"{name} {spent:.2f}" for name, spent in stages.items()))
    print(f"  events.jsonl    {last.events_bytes / 1e6:,.1f} MB, {last.events:,} events")
    digests = {(each.timing["result_sha256"][:16], each.outputs[:16]) for each in turns}
    print("  result          " + "; ".join(f"state {state}, outputs {outputs}" for state, outputs in sorted(digests)))
    if len(digests) > 1:
        print("  THE RESULTS DIFFER FROM RUN TO RUN")


def memory_mb(turns: list[Turn]) -> float:
    """The median of the peaks."""
    return median(each.spent.peak_mb for each in turns)


def show_ratios(found: dict[str, list[Turn]]) -> None:
    """What two loads of this call have to do with each other."""
    print("\nratios of this call")
    for name, above, below, key in COMPARED:
        if above in found and below in found:
            pairs = zip(found[above], found[below], strict=True)
            print(f"  {name:32} {middle([one.timing[key] / other.timing[key] for one, other in pairs], 'times')}")
    if FEW in found and MANY in found:
        more_mb = memory_mb(found[MANY]) - memory_mb(found[FEW])
        print(f"  {found[MANY][0].events:,} events need {more_mb:,.0f} MB more than {found[FEW][0].events:,}")


def show_driver(folder: Path, load: Load, repeats: int, made_by: str) -> None:
    """The exchange alone over the bars and wishes of a load."""
    turn(folder, load)
    run = next((folder / RUNS).glob("*/*/*/"))
    words = [load.system, "--window", load.window, "--data", load.store, "--run", str(run), "--repeats", str(repeats)]
    told = json.loads(python(folder, str(ROOT / "benchmarks" / "driver.py"), *words).out)
    print(f"\nthe exchange alone on the bars of: {load.name}; {told['bars']:,} bars by {made_by}")
    for case in told["cases"]:
        what = f"{case['wishes']:,} wishes" if case["wishes"] else "flat"
        rows = f"rows {case['rows_sha256'][:16]}" if case["rows"] else "rows thrown away"
        figure = middle(case["ns_per_bar"], "ns a bar", 1)
        print(f"  by {case['driver']:9} {what:14} {figure:40} state {case['state'][:16]}, {rows}", flush=True)


def shared_folder(asked: Path | None) -> Path:
    """Where the shared loads are looked for."""
    named = asked or os.environ.get("BTCLI_BENCH_LOADS")
    return (Path(named) if named else ROOT.parent / "shared" / "load").resolve()


def show_small(folder: Path, repeats: int) -> None:
    """What every command pays, and the replay of a run."""
    turn(folder, SAMPLE_LOADS[0])
    run = next((folder / RUNS).glob("*/*/*/"))
    for name, words in (("btcli --help", ["--help"]), ("replay of it", ["replay", str(run), "--data", "sample"])):
        spent = [python(folder, "-m", "btcli", *words).spent for _ in range(repeats)]
        wall, cpu = middle([each.wall_s for each in spent], "s"), middle([each.cpu_s for each in spent], "s")
        print(f"  {name:15} {wall} on the wall, {cpu} of processors, {max(each.peak_mb for each in spent):,.0f} MB")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", help="the folder of the shared loads")
    parser.add_argument("--quick", action="store_true", help="months only")
    parser.add_argument("--only", default="", metavar="WORD", help="only loads with this in their name")
    parser.add_argument("--repeats", type=int, default=3, help="of each run (default 3)")
    asked = parser.parse_args()
    print(machine())
    print(f"commit {commit()}; medians of {asked.repeats} in turns, noisy: further apart than {NOISY_PCT:.0f} %")
    with tempfile.TemporaryDirectory(prefix="btcli-bench-") as scratch:
        bench(Path(scratch), asked)


def bench(folder: Path, asked: argparse.Namespace) -> None:
    """Write what the loads need, run them in turns, and print."""
    shared = shared_folder(asked.shared)
    made_by = {"sample": write_sample_loads(folder)}
    loads, is_there = list(SAMPLE_LOADS), (shared / GENERATOR).is_file()
    if is_there:
        made_by["shared"] = write_shared_loads(folder, shared)
        loads += MONTHS if asked.quick else [*MONTHS, *YEARS]
    loads = [load for load in loads if asked.only in load.name]
    found: dict[str, list[Turn]] = {load.name: [] for load in loads}
    for load in loads[:1]:
        turn(folder, load)  # compiles
    for _ in range(asked.repeats):
        for load in loads:
            found[load.name].append(turn(folder, load))
    for load in loads:
        show_load(load, found[load.name], stages_of(folder, load), made_by[load.store])
    if loads:
        show_ratios(found)
    if SAMPLE_LOADS[0] in loads:
        show_small(folder, asked.repeats)
    for load in (MONTHS if asked.quick else YEARS)[:1]:
        if load in loads:
            show_driver(folder, load, asked.repeats, made_by[load.store])
    if not is_there:
        print(f"\nThe shared loads were left out: {shared} has no {GENERATOR}.")
        print("Give their folder: make bench LOADS=/path/to/load")


def commit() -> str:
    """The commit of this checkout, with a mark when files were changed since."""
    git = shutil.which("git")
    words = [git, "describe", "--always", "--dirty"] if git else ["true"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
