"""Times the exchange itself over the bars of a recorded run: its wishes are handed over, no strategy is asked.

`python benchmarks/driver.py SYSTEM --window NAME --data STORE --run RUN_FOLDER [--repeats N]` prints one JSON object.
The wishes are the signals that the run told; a driver that follows them ends in the very state of the run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from measuring import ROOT, call
from numpy.typing import NDArray

sys.path.insert(0, str(ROOT))

from btcli.config.loading import load_system
from btcli.engine.setup import terms_for
from btcli.exchange.book.asked import WISH
from btcli.exchange.book.codes import ASK, DECIDES, ENDED, FULL
from btcli.exchange.book.records import BOOK
from btcli.exchange.driver.drive import drive
from btcli.exchange.face.calendar import nothing_on
from btcli.exchange.face.score import begin_score
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.face.tape import with_calendar
from btcli.exchange.face.wish import write_wish
from btcli.exchange.machine.compiled import compiled, entry
from btcli.exchange.machine.views import record_at
from btcli.market.loader import load_run_inputs
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.simulation.parts import chosen_window, prepared
from btcli.simulation.passes import world_for
from btcli.strategies import Direction, Signal

WISH_BYTES = WISH.itemsize


class Wishes(NamedTuple):
    """The signals of a run with the steps at whose closes they were given, ascending."""

    steps: NDArray[np.int64]
    signals: Sequence[Signal]
    records: NDArray[np.void]  # of WISH


Driver = Callable[[SimulatedExchange, Wishes, bool], None]


class World(NamedTuple):
    """What a run steps through: a maker of exchanges at its first step that ask at steps, and when each step closes."""

    exchange: Callable[[NDArray[np.int64]], SimulatedExchange]
    ts_close: NDArray[np.int64]


def world(system_file: Path, window: str, store: Path) -> World:
    """The world of a system's window, read from a store."""
    system = load_system(system_file, ())
    parts = prepared(system, *chosen_window(system, window, None, None), system_file.parent)
    with open_store(Store(store, system.env)) as reader:
        inputs = load_run_inputs(reader, parts.system, parts.spans)
    whole = world_for(parts, inputs)

    def exchange(asks: NDArray[np.int64]) -> SimulatedExchange:
        calendar = nothing_on(1, whole.line.steps)
        calendar.flags[asks], calendar.deciding[0, asks] = DECIDES, 1
        market = with_calendar(whole.market, calendar)
        equity_usdt = parts.system.account.initial_equity_usdt
        return SimulatedExchange(market, whole.instruments, terms_for(parts.system), equity_usdt)

    return World(exchange, whole.line.ts_close)


def wishes_of(run: Path, ts_close: NDArray[np.int64]) -> Wishes:
    """The signals that a recorded run told."""
    with (run / "events.jsonl").open() as lines:
        told = [json.loads(line) for line in lines if '"event":"signal"' in line]
    closes = [round(datetime.fromisoformat(each["ts"]).timestamp() * 1000) for each in told]
    signals = [
        Signal(
            Direction[each["direction"].upper()], **{name: each[name] for name in ("stop_distance", "target_distance")}
        )
        for each in told
    ]
    records = np.zeros(len(signals), WISH)
    for place, signal in enumerate(signals):
        write_wish(records[place : place + 1], signal)
    return Wishes(np.searchsorted(ts_close, closes), signals, records)


def by_calls(exchange: SimulatedExchange, wishes: Wishes, _: bool) -> None:
    """As a run does it: Python is asked at each wish, and answers; it keeps all rows."""
    answers = iter(wishes.signals)
    while (why := exchange.drive(exchange.steps)) != ENDED:
        if why == ASK:
            exchange.answer(next(answers))
        else:
            exchange.drain_events()


def in_one_loop(exchange: SimulatedExchange, wishes: Wishes, keeps_rows: bool) -> None:
    """The same steps and wishes without Python between them; events and trades are thrown away."""
    if not keeps_rows:
        begin_score(exchange._book, int(exchange._tape.ts_open[0]), int(exchange._tape.ts_close[-1]))
    given, at = wishes.records.ctypes.data, 0
    while at >= 0:
        at = _follow(*exchange._addresses, given, at, exchange.steps, keeps_rows)
        if keeps_rows:
            exchange._keep_rows()
    _empty(exchange._books[0])


@entry
def _follow(tape_at: int, book_at: int, wishes_at: int, at: int, steps: int, keeps_rows: int) -> int:
    """Run on with wish `at`: the next wish where rows want keeping, -1 at the end."""
    book = record_at(book_at, BOOK)
    while True:
        why = drive(tape_at, book_at, steps)
        if why == ASK:
            book["wish"][0] = record_at(wishes_at + at * WISH_BYTES, WISH)
            book["cursor"]["is_answered"] = 1
            at += 1
        elif why == FULL:
            _empty(book)
            if keeps_rows:
                return at
        else:
            return -1


@compiled
def _empty(book: Any) -> None:
    """Throw away what was told."""
    account = book["account"]
    account["n_events"] = account["n_trades"] = 0
    book["cursor"]["n_wishes"] = 0


DRIVERS: tuple[tuple[str, Driver, bool], ...] = (  # and whether they keep the rows of equity
    ("calls", by_calls, True),
    ("one loop", in_one_loop, True),
    ("one loop", in_one_loop, False),
)


def measured(world: World, wishes: Wishes, repeats: int) -> list[dict[str, Any]]:
    """Each driver over the wishes and over none, in turns: nanoseconds of processors a bar, and where it ended."""
    cases: list[dict[str, Any]] = []
    none = Wishes(wishes.steps[:0], (), wishes.records[:0])
    for turn in range(repeats + 1):
        for place, (chosen, (name, driver, keeps)) in enumerate(product((wishes, none), DRIVERS)):
            exchange = world.exchange(chosen.steps)
            spent = call(lambda: driver(exchange, chosen, keeps))  # noqa: B023
            if not turn:  # the first compiles
                end = _end(exchange, keeps)
                cases.append({"driver": name, "wishes": len(chosen.steps), "rows": keeps, "ns_per_bar": [], **end})
            else:
                cases[place]["ns_per_bar"].append(spent.cpu_s * 1e9 / exchange.steps)
    return cases


def _end(exchange: SimulatedExchange, keeps_rows: bool) -> dict[str, str]:
    """Digests of where a driver ended, and of its rows."""
    state = exchange.state_hash()
    rows = exchange.drain_equity()[1]
    return {"state": state} | ({"rows_sha256": hashlib.sha256(rows.tobytes()).hexdigest()} if keeps_rows else {})


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system", type=Path)
    parser.add_argument("--window", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    stage = world(asked.system, asked.window, asked.data)
    wishes = wishes_of(asked.run, stage.ts_close)
    print(json.dumps({"bars": len(stage.ts_close), "cases": measured(stage, wishes, asked.repeats)}))


if __name__ == "__main__":
    main()
