"""Types the blocks of a page, one after the other, as a reader would: into a shell, into Python, into a system file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from command_line import TIMEOUT_S, environment
from pages import RUN, Block
from ruamel.yaml import YAML

from btcli.config.loading import parse_system

STEPS = "btcli init first && cd first && btcli data sample && btcli run --window q1 --pack"
REST = {
    "system": "example",
    "venue": "bybit",
    "symbols": "[BTCUSDT]",
    "timeframes": "{exec: 1m, ltf: 15m, mtf: 1h, htf: 4h}",
    "risk": "{sizing: {qty: 0.01}}",
    "strategy": "{use: ema_rsi_atr}",
}
NO_NETWORK = {"BTCLI_BYBIT_URL": "http://127.0.0.1:9", "BTCLI_BINANCE_URL": "http://127.0.0.1:9", "BTCLI_RETRIES": "0"}
CHANGING = re.compile(r"\b[0-9a-f]{12,64}\b|\b\d+\.\d+ s\b")
Done = subprocess.CompletedProcess[str]


def candles(days: int) -> str:
    """A file of 5m candles whose prices swing, from 2024-01-01 on."""
    rows = (
        f"{1_704_067_200_000 + 300_000 * row},{100 + row % 7},110,90,{100 + row % 6},3" for row in range(days * 288)
    )
    return "\n".join(("open_time,open,high,low,close,volume", *rows, ""))


def shell(text: str, folder: Path, path: str) -> Done:
    """Type a text into a shell that ends at the first failure."""
    return _process(["sh", "-ec", text], folder, path)


def _process(words: list[str], folder: Path, path: str) -> Done:
    switches = environment({"PATH": path, "COLUMNS": "80", **NO_NETWORK})
    return subprocess.run(
        words, cwd=folder, env=switches, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


def type_one_shell(blocks: Iterable[Block], folder: Path, path: str) -> Done:
    """Type blocks into one shell, as from a fresh terminal: what the first sets the last still has."""
    return shell("\n".join(block.text for block in blocks), folder, path)


def type_all(blocks: Iterable[Block], folder: Path, path: str) -> list[Done]:
    """Run the blocks that are not marked otherwise; a block of output must be what the one before it wrote.

    A block of JSON must be JSON.
    """
    done: list[Done] = []
    for block in blocks:
        if block.mark.startswith("not run: "):
            continue
        if block.mark == "output":
            _require_shown(block, done[-1].stdout)
        elif block.language == "yaml":
            done += _read(block, folder, path)
        elif block.language == "json":
            json.loads(block.text)
        elif block.language in RUN:
            done.append(_typed(block, folder, path))
    return done


def _typed(block: Block, folder: Path, path: str) -> Done:
    words = [sys.executable, "-c", block.text]
    done = shell(block.text, folder, path) if block.language == "sh" else _process(words, folder, path)
    expected = int(block.mark.removeprefix("exits ")) if block.mark.startswith("exits ") else 0
    assert done.returncode == expected, f"{block.where}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    return done


def _read(block: Block, folder: Path, path: str) -> list[Done]:
    """Take YAML for a system file, whole or in part, or for a workflow, whose btcli steps are typed."""
    loaded = YAML(typ="safe").load(block.text)
    if "jobs" in loaded:
        steps = [step.get("run", "") for job in loaded["jobs"].values() for step in job["steps"]]
        return [
            _typed(block._replace(language="sh", text=step), folder, path) for step in steps if step.startswith("btcli")
        ]
    assert parse_system("".join(f"{k}: {v}\n" for k, v in REST.items() if k not in loaded) + block.text, block.where)
    return []


def _require_shown(block: Block, said: str) -> None:
    lines = [words_of(line) for line in block.text.splitlines() if line.strip(" …")]
    assert [line for line in lines if line not in words_of(said)] == [], f"{block.where}\n{said}"


def words_of(text: str) -> str:
    """A text with one space between its words, and without digests and seconds."""
    return " ".join(CHANGING.sub("*", text).split())
