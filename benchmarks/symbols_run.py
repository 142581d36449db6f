"""Times `btcli run` of many symbols against one, by its own --timing; prints figures and judges nothing.

Both are real commands over the same generated month of one-minute candles; each line shows the result's digest.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 3
RULES = (
    "{tick_size: 0.00001, qty_step: 0.001, min_qty: 0.001, max_qty: 5000000,"
    " tiers: [{limit_usdt: 5000000, maintenance_rate: 0.01, max_leverage: 50}]}"
)
SYSTEM = """\
system: symbols_NUMBER
venue: sample
symbols: [NAMES]
timeframes: TIMEFRAMES
windows:
  month: {start: 2024-02-01, end: 2024-03-01}
data: {derive_from: 1m}
account: {initial_equity_usdt: EQUITY, leverage: 5}
risk: {sizing: {notional_usdt: 1000}}
strategy: {use: STRATEGY}
instruments:
"""
FRAMES = {
    "minutes": "{exec: 1m, ltf: 1m}",
    "quarters": "{exec: 1m, ltf: 15m, mtf: 1h, htf: 4h}",
}
STRATEGIES = ("ema_rsi_atr", "mtf_trend")


def system_of(number: int, frames: str, strategy: str) -> str:
    """A system file with the first so many symbols, and as much equity for each."""
    names = [f"S{place:03}USDT" for place in range(number)]
    words = {
        "NUMBER": str(number),
        "NAMES": ", ".join(names),
        "TIMEFRAMES": FRAMES[frames],
        "EQUITY": str(10_000 * number),
        "STRATEGY": strategy,
    }
    text = SYSTEM
    for word, value in words.items():
        text = text.replace(word, value)
    return text + "".join(f"  {name}: {RULES}\n" for name in names)


def said(folder: Path, *words: str) -> dict[str, Any]:
    """What a command answers to machines."""
    command = [sys.executable, "-m", "btcli", *words, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment)
    data: dict[str, Any] = json.loads(done.stdout)["data"]
    return data


def fastest(folder: Path, file: str, repeats: int) -> dict[str, Any]:
    """The timing of the run that took the least of the processors, with the number of its trades."""
    runs = [said(folder, "run", file, "--timing") for _ in range(repeats)]
    best = min(runs, key=lambda run: run["timing"]["engine_cpu_s"])
    return {**best["timing"], "trades": best["metrics"]["trades"], "run": best["run_id"]}


def shown(number: int, timing: dict[str, Any]) -> None:
    """One line."""
    seconds = f"engine {timing['engine_s']:7.3f} s wall {timing['engine_cpu_s']:7.3f} s of processors"
    result = f"{timing['trades']:6,} trades, run {timing['run']}, result {timing['result_sha256'][:16]}"
    print(f"  {number:3} symbol{' ' if number == 1 else 's'} {seconds}, {result}", flush=True)


def compare(folder: Path, number: int, frames: str, strategy: str, repeats: int) -> None:
    """Both runs and their ratio."""
    print(f"{strategy} on {FRAMES[frames]}, a month of 1m bars", flush=True)
    found = []
    for symbols in (1, number):
        (folder / f"{symbols}.yml").write_text(system_of(symbols, frames, strategy))
        found.append(fastest(folder, f"{symbols}.yml", repeats))
        shown(symbols, found[-1])
    one, many = found
    by_wall, by_cpu = (many[key] / one[key] for key in ("engine_s", "engine_cpu_s"))
    print(f"  ratio {by_wall:.1f} by wall, {by_cpu:.1f} by processors", flush=True)


def main() -> None:
    """Generate the candles once, then compare each strategy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=20, help="how many against one (default 20)")
    parser.add_argument("--strategy", choices=STRATEGIES, help="only this one")
    parser.add_argument("--frames", choices=tuple(FRAMES), default="quarters", help="minutes takes many minutes")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"of each run (default {REPEATS})")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "system.yml").write_text(system_of(asked.symbols, "quarters", "mtf_trend"))
        said(folder, "data", "sample", "system.yml")
        for strategy in [asked.strategy] if asked.strategy else STRATEGIES:
            compare(folder, asked.symbols, asked.frames, strategy, asked.repeats)


if __name__ == "__main__":
    main()
