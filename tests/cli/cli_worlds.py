"""A small project in a folder of its own: a system on an hour's candles, a month of sample data, and one packed run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from command_line import Finished

TURNING = "{sizing: {qty: 0.05}, on_opposite_signal: reverse}"


def hourly(
    rest: str, name: str = "small", symbols: str = "BTCUSDT", start: str = "2024-01-01", risk: str = TURNING
) -> str:
    """The text of a system on an hour's candles of one January, with what else it says."""
    return f"""\
system: {name}
venue: sample
symbols: [{symbols}]
timeframes: {{exec: 1h, ltf: 1h, htf: 4h}}
windows:
  jan: {{start: {start}, end: 2024-01-31}}
account: {{initial_equity_usdt: 10000, leverage: 5}}
risk: {risk}
{rest}"""


SYSTEM = hourly(
    """\
strategy: {use: mtf_trend}
""",
    risk="{sizing: {risk_pct: 1}}",
)

RULED = hourly(
    """\
features:
  ltf: {fast: "ema(close, 5)", slow: "ema(close, 12)"}
  htf: {trend: "ema(close, 10)"}
strategy:
  params: {far: 0.02}
  rules:
    long: {enter: "cross_above(fast, slow) and htf.close > htf.trend"}
    short: {enter: "cross_below(fast, slow) and htf.close < htf.trend"}
    stop: far * close
"""
)
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


class Said(Finished):
    """What a command answered, run inside this process."""


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


def world_with_run(folder: Path, *words: object) -> Path:
    """The same with one run."""
    small_world(folder)
    run_in(folder, *words)
    return folder


def run_in(folder: Path, *words: object) -> Path:
    """Run the system of a folder; the run's own folder."""
    said = say(folder, "run", *words, "--json")
    assert said.code == 0, said.out + said.err
    return folder / said.envelope["data"]["run_dir"]


def only_run(folder: Path) -> Path:
    """The one run below a folder."""
    (found,) = (folder / "runs").glob("*/*/*")
    return found
