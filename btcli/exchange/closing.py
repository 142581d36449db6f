"""Phases D and E: the close of a bar. The account is marked and recorded, then the stops of the run are tested."""

from __future__ import annotations

from btcli.exchange.account import available_balance, desk_of, is_flat, revalue
from btcli.exchange.bracket import follow
from btcli.exchange.codes import (
    DAILY_LOSS_REACHED,
    EXIT_DELISTED,
    NO_CODE,
    NO_FLAGS,
    SYMBOL_DELISTED,
    END_OF_DATA,
    ENTRIES_DISABLED,
    ENTRIES_ENABLED,
    EQUITY_FLOOR_HIT,
    EXIT_END_OF_DATA,
    EXIT_RUN_STOPPED,
    MAX_DRAWDOWN_HIT,
    RUN_IS_STOPPED,
    RUN_LIQUIDATED,
    RUN_STOPPED,
    RUNNING,
    STARVED,
)
from btcli.exchange.compiled import compiled
from btcli.exchange.exits import close_all, close_slipped
from btcli.exchange.ledger import emit, journal_of
from btcli.exchange.margin import order_cost_of
from btcli.exchange.orders import cancel, cancel_all, drop_done
from btcli.exchange.pricing import prices_of
from btcli.exchange.rounding import round_up
from btcli.exchange.values import Record, Records, World

DAY_MS = 86_400_000


@compiled
def mark_positions(w: World, i: int) -> None:
    """Phase D: keep the closes of this step's bars and value the account at them."""
    account = w.account[0]
    begin_day(w, w.ts_open[i] + w.rules[0]["step_ms"])
    for s in range(len(w.positions)):
        if w.has_bar[s, i] == 0:
            continue
        position = w.positions[s]
        prices = prices_of(w, s, i)
        position["mark"] = prices.mark_close
        position["last"] = prices.close
        position["closed_at"] = w.ts_open[i] + w.rules[0]["step_ms"]
        if position["side"] != 0:
            follow(journal_of(w), desk_of(w, s), prices)
        if position["side"] != 0 and position["liquidation_price"] > 0.0:
            distance = abs(prices.mark_close / position["liquidation_price"] - 1.0)
            nearest = account["nearest_liquidation"]
            account["nearest_liquidation"] = distance if nearest < 0.0 else min(nearest, distance)
    close_delisted(w, i)
    revalue(w)
    account["peak_equity_usdt"] = max(account["peak_equity_usdt"], account["equity_usdt"])


@compiled
def close_delisted(w: World, i: int) -> None:
    """A symbol whose last bar this is, inside the window, is closed at its last mark."""
    if i == len(w.ts_open) - 1:
        return
    for s in range(len(w.positions)):
        position = w.positions[s]
        if position["last_step"] != i:
            continue
        j = journal_of(w)
        cancel_all(j, s, SYMBOL_DELISTED)
        if position["side"] != 0:
            close_all(j, desk_of(w, s), position["mark"], position["mark"], EXIT_DELISTED, NO_FLAGS)
    if w.account[0]["n_orders"] > 0:
        drop_done(w)


@compiled
def drawdown_usdt(account: Record) -> float:
    """How far equity lies below its peak."""
    return account["peak_equity_usdt"] - account["equity_usdt"]


@compiled
def free_of(account: Record, rules: Record) -> float:
    """The free margin of the account as it was last marked."""
    balance = account["equity_usdt"] if rules["is_cross"] else account["cash_usdt"]
    return balance - account["used_usdt"] - account["reserved_usdt"]


@compiled
def write_row(w: World, index: int, i: int) -> None:
    """Write the account as a row of the equity curve."""
    account = w.account[0]
    position = w.positions[0]
    free = free_of(account, w.rules[0])
    row = w.rows[index]
    row[0] = account["equity_usdt"]
    row[1] = account["cash_usdt"]
    row[2] = account["unrealized_usdt"]
    row[3] = account["used_usdt"]
    row[4] = free
    row[5] = max(0.0, free)
    row[6] = account["maintenance_usdt"]
    row[7] = position["mark"]
    row[8] = position["side"] * position["qty"]
    row[9] = drawdown_usdt(account)
    row[10] = row[9] / account["peak_equity_usdt"] * 100.0
    w.row_ts[index] = w.ts_open[i] + w.rules[0]["step_ms"]


@compiled
def count_step(w: World) -> None:
    """Count what the metrics want to know about time."""
    account = w.account[0]
    account["steps"] = account["steps"] + 1
    account["steps_disabled"] = account["steps_disabled"] + (1 if account["entries_disabled"] else 0)
    if not is_flat(w.positions):
        account["steps_in_position"] = account["steps_in_position"] + 1


@compiled
def terminal_status(w: World, i: int) -> int:
    """The first stop of the run that holds at this close, RUNNING when none does."""
    account = w.account[0]
    rules = w.rules[0]
    if account["has_liquidated"] and rules["stop_on_liquidation"]:
        return RUN_LIQUIDATED
    if account["equity_usdt"] <= rules["stop_equity_usdt"]:
        return EQUITY_FLOOR_HIT
    drawdown_pct = drawdown_usdt(account) / account["peak_equity_usdt"] * 100.0
    if rules["max_drawdown_pct"] > 0.0 and drawdown_pct >= rules["max_drawdown_pct"]:
        return MAX_DRAWDOWN_HIT
    if i == len(w.ts_open) - 1:
        return END_OF_DATA
    return RUNNING


@compiled
def end_run(w: World, status: int) -> None:
    """Cancel every order and close every position at the last close, with slippage."""
    account = w.account[0]
    account["status"] = status
    j = journal_of(w)
    for n in range(account["n_orders"]):
        cancel(j, w.orders[n], RUN_IS_STOPPED)
    drop_done(w)
    reason = EXIT_END_OF_DATA if status == END_OF_DATA else EXIT_RUN_STOPPED
    for s in range(len(w.positions)):
        position = w.positions[s]
        if position["side"] != 0:
            close_slipped(j, desk_of(w, s), position["last"], reason)
    revalue(w)
    account["peak_equity_usdt"] = max(account["peak_equity_usdt"], account["equity_usdt"])
    event = j.events[emit(j, RUN_STOPPED, 0)]
    event["code"] = status


@compiled
def smallest_order_cost(positions: Records, instruments: Records) -> float:
    """The order cost of the smallest order any symbol permits, long at the last close; 0 before the first bar."""
    cheapest = 0.0
    for s in range(len(positions)):
        price = positions[s]["last"]
        inst = instruments[s]
        if price <= 0.0:
            continue
        qty = max(inst["min_qty"], round_up(inst["min_notional_usdt"] / price, inst["step_k"], inst["step_den"]))
        cost = order_cost_of(1, price, qty, inst["leverage"], inst["taker_fee_rate"], inst["close_fee_rate"])
        if cheapest == 0.0 or cost < cheapest:
            cheapest = cost
    return cheapest


@compiled
def reason_to_disable(w: World, have: float, cost: float) -> int:
    """Why entries must wait: the day lost too much, or the flat account is too poor for the smallest order; 0: nothing."""
    account = w.account[0]
    limit = w.rules[0]["daily_loss_pct"]
    if limit > 0.0:
        lost = account["day_start_equity_usdt"] - account["equity_usdt"]
        if lost >= account["day_start_equity_usdt"] * limit / 100.0:
            return DAILY_LOSS_REACHED
    if is_flat(w.positions) and account["n_orders"] == 0 and have < cost:
        return STARVED
    return NO_CODE


@compiled
def test_entries(w: World) -> None:
    """Disable entries while there is a reason to, and enable them again when it passes; one event for each change."""
    account = w.account[0]
    have = available_balance(w)
    cost = smallest_order_cost(w.positions, w.instruments)
    code = reason_to_disable(w, have, cost)
    before = account["entries_disabled"]
    if code == before:
        return
    account["entries_disabled"] = code
    j = journal_of(w)
    event = j.events[emit(j, ENTRIES_DISABLED if code else ENTRIES_ENABLED, 0)]
    event["code"] = code if code else before
    event["have"] = have
    event["need"] = cost


@compiled
def begin_day(w: World, ts_close: int) -> None:
    """Keep the equity at the last close of the UTC day before; the first day starts with the initial equity."""
    account = w.account[0]
    day = (ts_close - 1) // DAY_MS
    if account["day"] != day:
        if account["day"] == 0:
            account["day_start_equity_usdt"] = account["initial_equity_usdt"]
        else:
            account["day_start_equity_usdt"] = account["equity_usdt"]
        account["day"] = day


@compiled
def test_stops(w: World, i: int) -> None:
    """Phase E of one step."""
    status = terminal_status(w, i)
    if status != RUNNING:
        end_run(w, status)
    else:
        test_entries(w)
