"""The systems of configs/ in a folder with the data that they need, each also with its twin in Python."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from cli_worlds import Said, say

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"
ARTIFACTS = ("events.jsonl", "trades.csv", "equity_curve.csv")
# Each with the class that says the same in Python. Of funding_carry there is none: a snapshot has no funding rate.
TWINS = {
    "ema_rsi_atr": "EmaRsiAtr",
    "mtf_trend": "MtfTrend",
    "ema_cross": "EmaCross",
    "donchian": "Donchian",
    "rsi2": "Rsi2",
    "bollinger": "Bollinger",
    "macd": "Macd",
    "grid": "Grid",
    "pullback": "Pullback",
}


def ruled_systems() -> list[str]:
    """The names of the files in configs/ that state a system as rules over sample data."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(CONFIGS.glob("*.yml"))}
    return [name for name, text in texts.items() if "\n  rules:\n" in text and "\nvenue: sample" in text]


def comparable(name: str, text: str) -> str:
    """What Python can say: its targets are shares of what is held, so that the pullback goes without its adds."""
    return re.sub(r"^ +adds: .*\n", "", text, flags=re.MULTILINE) if name == "pullback" else text


def python_text(name: str, text: str) -> str:
    """The same system, decided by its twin: its features are declared there, and its parameters are the same."""
    head, _, strategy = text.partition("\nstrategy:\n")
    head = re.sub(r"\nfeatures:\n(  .*\n?)+", "\n", head + "\n")
    head = head.replace(f"\nsystem: {name}\n", f"\nsystem: {name}_python\n")
    params = re.search(r"^  params: .*$", strategy, re.MULTILINE)
    return f"{head}strategy:\n  use: system_twins.py:{TWINS[name]}\n{params[0] if params else ''}\n"


def place_systems(folder: Path, names: list[str]) -> None:
    """Write systems, what is compared of them, their twins, and the file that those are in."""
    shutil.copy(Path(__file__).parent / "system_twins.py", folder)
    for name in names:
        text = (CONFIGS / f"{name}.yml").read_text(encoding="utf-8")
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
        if name in TWINS:
            (folder / f"{name}_rules.yml").write_text(comparable(name, text), encoding="utf-8")
            (folder / f"{name}_python.yml").write_text(python_text(name, text), encoding="utf-8")


def run_of(folder: Path, name: str, *words: object) -> Path:
    """The folder of a run that ended well."""
    said: Said = say(folder, "run", f"{name}.yml", *words, "--json")
    assert said.code == 0, said.err + said.out
    return folder / said.envelope["data"]["run_dir"]


def written(run: Path) -> dict[str, bytes]:
    """What a run wrote of what happened, by file."""
    return {name: (run / name).read_bytes() for name in ARTIFACTS}


def trades_by_side(run: Path) -> Counter[Any]:
    """How many trades were long, and how many short."""
    with (run / "trades.csv").open(encoding="utf-8", newline="") as file:
        return Counter(row["side"] for row in csv.DictReader(file))
