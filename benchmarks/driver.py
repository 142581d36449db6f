"""Times the exchange itself over the bars of a recorded run: its wishes are handed over, no strategy is asked.

`python benchmarks/driver.py SYSTEM --window NAME --data STORE --run RUN_FOLDER [--repeats N]` prints one JSON object.
The wishes are the signals that the run told; a driver that follows them ends in the very state of the run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from measuring import ROOT, call
from numpy.typing import NDArray

sys.path.insert(0, str(ROOT))

from btcli.config.loading import load_system
from btcli.engine.setup import exchange_for
from btcli.engine.timeline import timeline
from btcli.exchange.book.codes import EXIT_SIGNAL, FLAT, RUNNING
from btcli.exchange.book.records import EVENT_CAPACITY, ORDER, ROW_CAPACITY, TRADE_CAPACITY
from btcli.exchange.face.request import OrderRequest, write_request
from btcli.exchange.face.simulated import SimulatedExchange, advance, submit_close, submit_entry
from btcli.exchange.machine.compiled import compiled, entry
from btcli.market.loader import load_run_inputs
from btcli.market.store.reading import open_store
from btcli.workflows.preparing import chosen_window, prepared

WISH = np.dtype([("step", "i8"), ("side", "i8"), ("stop_distance", "f8"), ("target_distance", "f8")])
Wishes = NDArray[np.void]
Driver = Callable[[SimulatedExchange, Wishes, bool], None]


class World(NamedTuple):
    """What a run steps through: a maker of exchanges that stand at its first step, and when each step closes."""

    exchange: Callable[[], SimulatedExchange]
    ts_close: NDArray[np.int64]


def world(system_file: Path, window: str, store: Path) -> World:
    """The world of a system's window, read from a store."""
    system = load_system(system_file, ())
    parts = prepared(system, *chosen_window(system, window, None, None), system_file.parent)
    with open_store(store, system.env) as reader:
        inputs = load_run_inputs(reader, parts.system, parts.spans)
    line = timeline([each.bars for each in inputs.symbols], inputs.window.start_ms, inputs.window.end_ms)
    return World(lambda: exchange_for(parts.system, inputs.symbols, parts.instruments, line), line.ts_close)


def wishes_of(run: Path, ts_close: NDArray[np.int64]) -> Wishes:
    """The signals of a recorded run as an array of WISH, with the step at whose close each was given."""
    with (run / "events.jsonl").open() as lines:
        told = [json.loads(line) for line in lines if '"event":"signal"' in line]
    closes = [round(datetime.fromisoformat(each["ts"]).timestamp() * 1000) for each in told]
    wishes = np.zeros(len(told), WISH)
    wishes["step"] = np.searchsorted(ts_close, closes)
    wishes["side"] = [1 if each["direction"] == "long" else -1 for each in told]
    for name in ("stop_distance", "target_distance"):
        wishes[name] = [each[name] for each in told]
    return wishes


def by_calls(exchange: SimulatedExchange, wishes: Wishes, _: bool) -> None:
    """As a run does it: Python steps the exchange to each wish, and submits what follows; it keeps all rows."""
    done = 0
    for step, side, stop, target in wishes.tolist():
        exchange.advance(done, step + 1)
        done = step + 1
        if exchange.side(0):
            exchange.submit_close(0)
        exchange.submit_entry(0, side, stop_distance=stop, target_distance=target)
    exchange.advance(done, exchange.steps)


def in_one_loop(exchange: SimulatedExchange, wishes: Wishes, keeps_rows: bool) -> None:
    """The same steps and requests without Python between them; events and trades are thrown away."""
    tape, books = exchange._tape, exchange._books
    blank = np.zeros(1, ORDER)
    write_request(blank, OrderRequest(0, FLAT))
    done = at = 0
    while done < exchange.steps and exchange.status == "RUNNING":
        done, at = _follow(*tape, books, blank, wishes, done, at, keeps_rows)
        if keeps_rows:
            exchange._keep_rows()
    books["account"]["n_events"] = books["account"]["n_trades"] = 0


@entry
def _follow(
    ts_open: Any, ts_close: Any, last: Any, mark: Any, has_bar: Any, funding_ts: Any, funding: Any,
    books: Any, blank: Any, wishes: Wishes, i: int, at: int, keeps_rows: bool,
) -> tuple[int, int]:  # fmt: skip
    """Run on from step i and wish `at`, until the end or until rows want keeping; the next of both."""
    account = books[0]["account"]
    while i < len(ts_open) and account["status"] == RUNNING:
        until = wishes[at]["step"] + 1 if at < len(wishes) else len(ts_open)
        i = advance(ts_open, ts_close, last, mark, has_bar, funding_ts, funding, books, i, until, False)
        if i == until and at < len(wishes):
            _submit(books, blank, wishes[at])
            at += 1
        if account["n_events"] > EVENT_CAPACITY // 2 or account["n_trades"] > TRADE_CAPACITY // 2:
            account["n_events"] = account["n_trades"] = 0
        if account["n_rows"] > ROW_CAPACITY // 2:
            if keeps_rows:
                break
            account["n_rows"] = 0
    return i, at


@compiled
def _submit(books: Any, blank: Any, wish: Any) -> None:
    """Close what is held, and enter by the wish."""
    if books[0]["positions"][0]["side"] != FLAT:
        books["request"][0] = blank[0]
        books[0]["request"]["exit_reason"] = EXIT_SIGNAL
        submit_close(books)
    books["request"][0] = blank[0]
    request = books[0]["request"]
    request["side"], request["stop_distance"] = wish["side"], wish["stop_distance"]
    request["target_distance"][0], request["target_share"][0] = wish["target_distance"], 1.0
    submit_entry(books)


DRIVERS: tuple[tuple[str, Driver, bool], ...] = (  # and whether they keep the rows of equity
    ("calls", by_calls, True),
    ("one loop", in_one_loop, True),
    ("one loop", in_one_loop, False),
)


def measured(world: World, wishes: Wishes, repeats: int) -> list[dict[str, Any]]:
    """Each driver over the wishes and over none, in turns: nanoseconds of processors a bar, and where it ended."""
    cases: list[dict[str, Any]] = []
    for turn in range(repeats + 1):
        for place, (chosen, (name, drive, keeps)) in enumerate(product((wishes, wishes[:0]), DRIVERS)):
            exchange = world.exchange()
            spent = call(lambda: drive(exchange, chosen, keeps))  # noqa: B023
            if not turn:  # the first compiles
                end = _end(exchange, keeps)
                cases.append({"driver": name, "wishes": len(chosen), "rows": keeps, "ns_per_bar": [], **end})
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
