"""One step of the exchange: phases A to E for all symbols, in the order of the rulebook's section 3."""

from __future__ import annotations

from btcli.exchange.boundary import settle_funding, test_liquidations
from btcli.exchange.closing import count_step, mark_positions, test_stops, write_row
from btcli.exchange.codes import BOUNDARY, CLOSE, OPEN, RUNNING, STOPS
from btcli.exchange.compiled import compiled, entry
from btcli.exchange.ledger import place
from btcli.exchange.opening import open_bar
from btcli.exchange.path import walk
from btcli.exchange.values import World

EVENTS_PER_STEP = 16  # without funding: the stops of the run and what belongs to them
EVENTS_PER_SYMBOL = 16
EVENTS_PER_ORDER = 16
EVENTS_PER_CUT = 4


@compiled
def begin_step(w: World, i: int) -> None:
    """Forget what belonged to the step before."""
    account = w.account[0]
    account["step"] = i
    account["has_liquidated"] = 0
    account["is_halted"] = 0
    account["committed_usdt"] = 0.0
    for s in range(len(w.positions)):
        w.positions[s]["volume_used"] = 0.0


@compiled
def step(w: World, i: int) -> None:
    """Run one step."""
    begin_step(w, i)
    ts_open = w.ts_open[i]
    place(w.account[0], BOUNDARY, 0, 0.0, ts_open)
    for s in range(len(w.positions)):
        if w.has_bar[s, i]:
            settle_funding(w, s, i)
    test_liquidations(w, i)
    if w.account[0]["is_halted"] == 0:
        place(w.account[0], OPEN, 0, 0.0, ts_open)
        open_bar(w, i)
    if w.account[0]["is_halted"] == 0:
        walk(w, i)
    _close(w, i)


@compiled
def _close(w: World, i: int) -> None:
    """Phases D and E; when the run ends here, the row shows the account after that."""
    account = w.account[0]
    place(w.account[0], CLOSE, 0, 0.0, w.ts_open[i] + w.rules[0]["step_ms"])
    mark_positions(w, i)
    count_step(w)
    place(w.account[0], STOPS, 0, 0.0, w.ts_open[i] + w.rules[0]["step_ms"])
    test_stops(w, i)
    write_row(w, account["n_rows"], i)
    account["n_rows"] = account["n_rows"] + 1


@compiled
def due_settlements(w: World, i: int) -> int:
    """How many settlements this step would write."""
    due = 0
    for s in range(len(w.positions)):
        row = w.positions[s]["next_funding"]
        if w.positions[s]["side"] != 0:
            while row < w.positions[s]["funding_end"] and w.funding_ts[row] <= w.ts_open[i]:
                due += 1
                row += 1
    return due


@compiled
def has_room(w: World, i: int) -> bool:
    """Whether everything one step can write fits into the buffers."""
    account = w.account[0]
    symbols = len(w.positions)
    events = EVENTS_PER_STEP + EVENTS_PER_SYMBOL * symbols + EVENTS_PER_ORDER * account["n_orders"]
    events += 2 * due_settlements(w, i)
    if w.rules[0]["is_ladder"]:
        events += EVENTS_PER_CUT * len(w.tiers)
    trades = 2 * symbols + 2 * account["n_orders"]
    return (
        account["n_events"] + events <= len(w.events)
        and account["n_trades"] + trades <= len(w.trades)
        and account["n_rows"] < len(w.rows)
    )


@entry
def advance(w: World, i: int, j: int) -> int:
    """Run steps i to j - 1; returns the next step to run.

    Stops early, with the steps done so far complete, when the run has ended or when a buffer wants emptying.
    """
    while i < j and w.account[0]["status"] == RUNNING and has_room(w, i):
        step(w, i)
        i += 1
    return i
