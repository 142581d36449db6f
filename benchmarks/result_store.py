"""What the result store of a large sweep costs: chunks that are there are verified, and put together as the table.

Rows are made up: random figures and daily returns, which hardly compress. It prints and judges nothing.

    python benchmarks/result_store.py FOLDER [--trials 100000 1000000] [--days 365]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from btcli.research.folder import CHUNKS, SweepDir
from btcli.research.plan import MOST_CHUNKS, Asked, Plan, Source
from btcli.research.ranking import counted
from btcli.research.running import Hearing, note_done
from btcli.research.table import PARQUET, RETURNS, TEXT, name_of, schema_of, write_table


def main() -> None:
    """Print a line for each number of trials, and one for each step, in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--step", choices=("made", "verified", "noted", "table"))
    asked = parser.parse_args()
    if asked.step:
        step(asked.step, asked.folder / str(asked.trials[0]), asked.trials[0], asked.days)
        return
    print(f"duckdb {duckdb.__version__}, load average {os.getloadavg()[0]:.1f}, {asked.days} days")
    print("| trials | step | wall s | cpu s | peak MB | on disk MB |\n|---|---|---|---|---|---|", flush=True)
    for trials in asked.trials:
        for each in ("made", "verified", "noted", "table"):
            words = [str(asked.folder), "--trials", str(trials), "--days", str(asked.days), "--step", each]
            subprocess.run([sys.executable, __file__, *words], check=True)


def step(name: str, folder: Path, trials: int, days: int) -> None:
    """Do one step and print its figures."""
    plan = plan_of_size(trials)
    sweep = SweepDir(folder)
    steps: dict[str, Callable[[], object]] = {
        "made": lambda: make(sweep, plan, days),
        "verified": lambda: sweep.done(plan),
        "noted": lambda: note_done(
            Hearing("sharpe", trials, watching), trials, sorted((folder / CHUNKS).glob("*.parquet"))
        ),
        "table": lambda: put_together(sweep, plan),
    }
    begun_s = time.perf_counter()
    steps[name]()
    wall_s, used = time.perf_counter() - begun_s, resource.getrusage(resource.RUSAGE_SELF)
    disk_mb = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    cpu_s, peak_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"| {trials:,} | {name} | {wall_s:.1f} | {cpu_s:.1f} | {peak_mb:,.0f} | {disk_mb:,.0f} |", flush=True)


def watching(done: int, trials: int, best: float | None) -> None:
    """Somebody who watches."""


def plan_of_size(trials: int) -> Plan:
    """A plan of so many trials of two keys, in as many chunks as a sweep may have."""
    grid = (f"strategy.params.fast=1..{trials // 100}", "strategy.params.slow=1..100")
    source = Source("system: made_up\n", "made_up.yml")
    length = max(1, -(-trials // MOST_CHUNKS))
    return Plan(source, "made_up", "year", (0, 1), Asked(grid, None, 0), length=length)


def make(sweep: SweepDir, plan: Plan, days: int) -> None:
    """Write all chunks."""
    (sweep.path / CHUNKS).mkdir(parents=True)
    columns = ", ".join(
        f"{made_up(name, kind, days)} AS {name_of(name)}" for name, kind in schema_of(plan.space).items()
    )
    for index in range(plan.chunks):
        rows = f"SELECT {columns} FROM unnest({list(plan.chunk(index))}::BIGINT[]) AS trials(trial)"
        sweep.keep(plan, index, lambda file, rows=rows: duckdb.execute(f"COPY ({rows}) TO '{file}' {PARQUET}"))


def made_up(name: str, kind: str, days: int) -> str:
    """Values for a column as SQL makes them of a trial's number: digits without a pattern."""
    share = "hash({}) / 18446744073709551616.0"
    if name in ("trial", "status", "never_traded"):
        return {"trial": "trial", "status": "'FINISHED'", "never_traded": "false"}[name]
    if name == RETURNS:
        return f"list_transform(range({days}), day -> (({share.format('trial * 10000 + day')} - 0.5) * 0.04)::FLOAT)"
    drawn = share.format(f"trial || '{name}'")
    return f"'{name}-' || trial" if kind == TEXT else f"({drawn} * 1e6)::{kind}"


def put_together(sweep: SweepDir, plan: Plan) -> None:
    """The table, as a sweep ends with it."""
    chunks, _ = sweep.done(plan)
    files = [chunks[index] for index in range(plan.chunks)]
    sweep.finish(partial(write_table, files), lambda: counted([sweep.table], plan.keys))


if __name__ == "__main__":
    main()
