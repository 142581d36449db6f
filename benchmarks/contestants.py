"""Who does the same work in `make bench-peers`: this program and the peers, each as a whole process, started cold."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bench import turn
from loads import BYBIT, GENERATOR, MINUTES, Load, import_series
from measuring import ROOT, Spent, process, python

FIRST = datetime(2021, 1, 2, tzinfo=UTC)  # the generated candles begin a day earlier
MONTH_MINUTES = 43_200
COLUMNS = "columns"  # the folder of the arrays, a folder a symbol in it
PLAIN = ("costs.funding=none", "fills.mark_source=last")  # what peers can state; as are prices without steps
SPECS = (
    "{tick_size: 0.00000001, qty_step: 0.001, min_qty: 0.001, max_qty: 1000,"
    " tiers: [{limit_usdt: 5000000, maintenance_rate: 0.005, max_leverage: 100}]}"
)


class Work(NamedTuple):
    """W1 on bars of a minute, decided on each of them: days from `FIRST` on, and symbols."""

    days: int
    symbols: int = 1

    @property
    def start_ms(self) -> int:
        """The opening of its first bar."""
        return round(FIRST.timestamp() * 1000)

    @property
    def name(self) -> str:
        """What a table calls it."""
        return f"{self.days} days" + (f", {self.symbols} symbols" if self.symbols > 1 else "")

    def load(self, system: str, *more: str) -> Load:
        """It as a run of btcli; `more`: settings."""
        last = FIRST + timedelta(days=self.days - 1)
        window = f"windows={{w: {{start: {FIRST:%Y-%m-%d}, end: {last:%Y-%m-%d}}}}}"
        sets = (window, *symbol_sets(self.symbols)) if self.symbols > 1 else (window,)
        return Load(self.name, system, "w", BYBIT, (*sets, *more))

    def words(self) -> list[str]:
        """It as the arguments of a peer's program."""
        end_ms = self.start_ms + self.days * 86_400_000
        return [str(self.start_ms), str(end_ms), *(f"{COLUMNS}/{name}" for name in symbol_names(self.symbols))]


class Contestant(NamedTuple):
    """A way to do the work: a system file of btcli, or a peer's program with its mode."""

    name: str
    program: str
    mode: str = ""
    differs: str = ""  # where the peer cannot state the same rule
    grows: bool = True  # whether it is also timed on other numbers of bars and symbols

    @property
    def is_btcli(self) -> bool:
        """Whether it is this program."""
        return not self.mode


class Told(NamedTuple):
    """What a process spent, and what it found: trades, and the digest of all its figures."""

    spent: Spent
    trades: int
    sha256: str


NO_EXIT_FEE = "the position that is open at the end is valued at the last close and pays no fee for its exit"
TWO_RUNS = "long and short are two runs, the curve of the short one has the wrong sign and is not used; "
FIRST_CLOSE = "a cross at the very first close of the window counts, for the others the second is the first that can"
CONTESTANTS = (
    Contestant("btcli, Python strategy", "w1_python.yml"),
    Contestant("btcli, rules", "w1_rules.yml", differs=FIRST_CLOSE),
    Contestant("raptorbt, lean", "w1_raptorbt.py", "lean", TWO_RUNS + NO_EXIT_FEE),
    Contestant("raptorbt, pandas", "w1_raptorbt.py", "pandas", TWO_RUNS + NO_EXIT_FEE),
    Contestant("raptorbt, pandas, from CSV", "w1_raptorbt.py", "csv", TWO_RUNS + NO_EXIT_FEE, grows=False),
    Contestant("raptorbt, its class", "w1_raptorbt.py", "class", NO_EXIT_FEE),
    Contestant("vectorbt, its Rust engine", "w1_vectorbt.py", "rust", NO_EXIT_FEE),
    Contestant("vectorbt, its numba engine", "w1_vectorbt.py", "numba", NO_EXIT_FEE, grows=False),
    Contestant(
        "backtesting.py",
        "w1_backtesting.py",
        "class",
        "the position that is open at the end is closed at the open of the last bar, not at its close",
    ),
)
LEANEST = CONTESTANTS[2].name


def symbol_names(count: int) -> list[str]:
    """The symbols of a work."""
    return ["BTCUSDT", *(f"S{place:03}USDT" for place in range(1, count))]


def symbol_sets(count: int) -> tuple[str, ...]:
    """What makes the shared system one of several symbols, with as much cash for each."""
    names = symbol_names(count)
    return f"symbols=[{', '.join(names)}]", specs_of(names), f"account.initial_equity_usdt={100_000 * count}"


def specs_of(names: list[str]) -> str:
    """The setting of symbols whose prices have no steps that could be seen."""
    return f"instruments={{{', '.join(f'{name}: {SPECS}' for name in names)}}}"


AGREED = (*PLAIN, specs_of(symbol_names(1)))


def write_symbol(folder: Path, shared: Path, place: int) -> None:
    """A symbol's candles, mark candles and funding in the store, and its columns; the first has a whole year."""
    minutes, symbol, seed = (MINUTES, "BTCUSDT", 7) if not place else (MONTH_MINUTES, f"S{place:03}USDT", 7 + place)
    shutil.rmtree(folder / "generated", ignore_errors=True)
    python(folder, str(shared / GENERATOR), str(minutes), "generated", str(seed))
    for file, series in (("ohlcv", "trade"), ("mark", "mark"), ("funding", "funding")):
        import_series(folder, f"generated/{file}_{minutes}.parquet", symbol, series)
    candles, columns = folder / "generated" / f"ohlcv_{minutes}", f"{COLUMNS}/{symbol}"
    python(folder, str(ROOT / "benchmarks" / "columns.py"), f"{candles}.parquet", columns)
    candles.with_suffix(".csv").rename(folder / columns / "candles.csv")


def done(folder: Path, peers: Path, who: Contestant, work: Work, *more: str) -> Told:
    """Let one do the work once; `more`: settings of a system, or options of a peer's program."""
    if who.is_btcli:
        run = turn(folder, work.load(who.program, *more))
        return Told(run.spent, run.trades, run.outputs[:16])
    script = str(ROOT / "benchmarks" / "peers" / who.program)
    ended = process(folder, str(peers), script, who.mode, *work.words(), *more)
    told = json.loads(ended.out.splitlines()[-1])
    return Told(ended.spent, told["trades"], told["sha256"][:16])


def complaint(said: str) -> str:
    """Why a process ended: the message of a JSON answer, else the last line."""
    last = said.strip().splitlines()[-1]
    try:
        return str(json.loads(last)["errors"][0]["message"])
    except (ValueError, LookupError):
        return last
