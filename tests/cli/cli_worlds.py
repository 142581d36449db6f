"""A small project in a folder of its own: a system on an hour's candles, a month of sample data, and one packed run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

SYSTEM = """\
system: small
venue: sample
symbols: [BTCUSDT]
timeframes: {exec: 1h, ltf: 1h, htf: 4h}
windows:
  jan: {start: 2024-01-01, end: 2024-01-31}
account: {initial_equity_usdt: 10000, leverage: 5}
risk: {sizing: {risk_pct: 1}}
strategy: {use: mtf_trend}
"""

RAISES = """\
from btcli.strategies import Strategy


class Raises(Strategy):
    features = {"ltf": {"mean": "sma(close, 3)"}}

    def decide(self, snapshot):
        return self.helper(snapshot)

    def helper(self, snapshot):
        if snapshot.ltf.bar.ts_close >= 1_704_153_600_000:  # 2024-01-02
            raise ValueError("not my day")
"""

SLOW = """\
import time

from btcli.strategies import Strategy


class Slow(Strategy):
    features = {"ltf": {"mean": "sma(close, 3)"}}

    def decide(self, snapshot):
        time.sleep(0.2)
"""


@dataclass(frozen=True)
class Said:
    """What a command answered, run inside this process."""

    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """The one JSON line on stdout."""
        return dict(json.loads(self.out))


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder, on a wide screen without colours."""
    before, columns = Path.cwd(), os.environ.get("COLUMNS")
    os.chdir(folder)
    os.environ["COLUMNS"] = "200"
    try:
        yield
    finally:
        os.chdir(before)
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns


def say(folder: Path, *words: object) -> Said:
    """Run `btcli WORDS` in a folder, in this process: quick, with everything but the process itself."""
    from btcli.cli.edge.main import answered

    out, err = StringIO(), StringIO()
    with inside(folder), redirect_stdout(out), redirect_stderr(err):
        code = answered([str(word) for word in words])
    return Said(code, out.getvalue(), err.getvalue())


def small_world(folder: Path) -> Path:
    """A folder with system.yml and the sample data that it needs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "system.yml").write_text(SYSTEM)
    assert say(folder, "data", "sample").code == 0
    return folder


def only_run(folder: Path) -> Path:
    """The one run below a folder."""
    (found,) = (folder / "runs").glob("*/*/*")
    return found
