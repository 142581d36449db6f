"""Phases D and E: the close of a bar. The account is marked and recorded, then the stops of the run are tested."""

from __future__ import annotations

from btcli.exchange.book.codes import (
    DAILY_LOSS_REACHED,
    END_OF_DATA,
    ENTRIES_DISABLED,
    ENTRIES_ENABLED,
    EQUITY_FLOOR_HIT,
    EXIT_DELISTED,
    EXIT_END_OF_DATA,
    EXIT_RUN_STOPPED,
    MAX_DRAWDOWN_HIT,
    NO_CODE,
    NO_FLAGS,
    RUN_IS_STOPPED,
    RUN_LIQUIDATED,
    RUN_STOPPED,
    RUNNING,
    STARVED,
    SYMBOL_DELISTED,
)
from btcli.exchange.book.ledger import emit
from btcli.exchange.book.orders import cancel, cancel_all, drop_done
from btcli.exchange.book.records import DAY_MS, ROW_MAINTENANCE, ROW_UNREALIZED, ROW_USED, Record
from btcli.exchange.formulas.balances import available_balance, drawdown_pct, free_of, is_flat, symbol_of
from btcli.exchange.formulas.costs import cost_of
from btcli.exchange.formulas.rounding import round_up
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.bracket import follow
from btcli.exchange.phases.exits import close_all, close_slipped
from btcli.exchange.phases.valuing import revalue


@compiled
def mark_positions(book: Record) -> None:
    """Phase D: keep the closes of this step's bars, and let the stops follow them."""
    account = book["account"]
    begin_day(book, book["account"]["ts_close"])
    for s in range(book["n_symbols"]):
        if book["prices"][s]["has_bar"] == 0:
            continue
        position = book["positions"][s]
        prices = book["prices"][s]
        position["mark"] = prices["mark_close"]
        position["last"] = prices["close"]
        position["closed_at"] = book["account"]["ts_close"]
        if position["side"] != 0:
            follow(book, symbol_of(book, s), prices)
            note_liquidation_distance(account, position, prices["mark_close"])


@compiled
def note_liquidation_distance(account: Record, position: Record, mark_close: float) -> None:
    """Keep how near a mark close came to a position's liquidation price."""
    if position["side"] != 0 and position["liquidation_price"] > 0.0:
        distance = abs(mark_close / position["liquidation_price"] - 1.0)
        nearest = account["nearest_liquidation"]
        account["nearest_liquidation"] = distance if nearest < 0.0 else min(nearest, distance)


@compiled
def value_account(book: Record) -> None:
    """Value the account at the marks, and keep its peak."""
    revalue(book)
    account = book["account"]
    account["peak_equity_usdt"] = max(account["peak_equity_usdt"], account["equity_usdt"])


@compiled
def close_delisted(book: Record) -> None:
    """A symbol whose last bar this is, inside the window, is closed at its last mark."""
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if book["instruments"][s]["last_step"] != book["account"]["step"]:
            continue
        cancel_all(book, s, SYMBOL_DELISTED)
        if position["side"] != 0:
            close_all(book, symbol_of(book, s), position["mark"], position["mark"], EXIT_DELISTED, NO_FLAGS)
    if book["account"]["n_orders"] > 0:
        drop_done(book)


@compiled
def is_last_step(book: Record) -> bool:
    """Whether no step follows."""
    return book["account"]["step"] == book["terms"]["n_steps"] - 1


@compiled
def write_row(book: Record, index: int) -> None:
    """Write the account as a row of the equity curve."""
    account, row = book["account"], book["rows"][index]
    row[ROW_UNREALIZED] = account["unrealized_usdt"]
    row[ROW_USED] = account["used_usdt"]
    row[ROW_MAINTENANCE] = account["maintenance_usdt"]
    complete_row(book, index, account["peak_equity_usdt"], book["positions"][0]["mark"], account["ts_close"])


@compiled
def complete_row(book: Record, index: int, peak: float, mark: float, ts_close: int) -> None:
    """Write what follows from the sums over the positions that a row holds already."""
    account, position, row = book["account"], book["positions"][0], book["rows"][index]
    cash = account["cash_usdt"]
    equity = cash + row[ROW_UNREALIZED]
    free = free_of(cash, equity, row[ROW_USED], account["reserved_usdt"], book["terms"])
    row[0] = equity
    row[1] = cash
    row[4] = free
    row[5] = max(0.0, free)
    row[7] = mark
    row[8] = position["side"] * position["qty"]
    row[9] = peak - equity
    row[10] = (peak - equity) / peak * 100.0
    book["row_ts"][index] = ts_close


@compiled
def count_step(book: Record) -> None:
    """Count what the metrics want to know about time."""
    account = book["account"]
    account["steps"] = account["steps"] + 1
    account["steps_disabled"] = account["steps_disabled"] + (1 if account["entries_disabled"] else 0)
    if not is_flat(book):
        account["steps_in_position"] = account["steps_in_position"] + 1


@compiled
def terminal_status(book: Record) -> int:
    """The first stop of the run that holds at this close, RUNNING when none does."""
    account = book["account"]
    terms = book["terms"]
    if account["has_liquidated"] and terms["stop_on_liquidation"]:
        return RUN_LIQUIDATED
    if account["equity_usdt"] <= terms["stop_equity_usdt"]:
        return EQUITY_FLOOR_HIT
    if terms["max_drawdown_pct"] > 0.0 and drawdown_pct(account) >= terms["max_drawdown_pct"]:
        return MAX_DRAWDOWN_HIT
    if is_last_step(book):
        return END_OF_DATA
    return RUNNING


@compiled
def end_run(book: Record, status: int) -> None:
    """Cancel every order and close every position at the last close, with slippage."""
    account = book["account"]
    account["status"] = status
    for n in range(account["n_orders"]):
        cancel(book, book["orders"][n], RUN_IS_STOPPED)
    drop_done(book)
    reason = EXIT_END_OF_DATA if status == END_OF_DATA else EXIT_RUN_STOPPED
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if position["side"] != 0:
            close_slipped(book, symbol_of(book, s), position["last"], reason)
    value_account(book)
    event = book["events"][emit(book, RUN_STOPPED, 0)]
    event["code"] = status


@compiled
def smallest_order_cost(book: Record) -> float:
    """The order cost of the smallest order that a symbol which trades permits, long at its last close; 0: none does."""
    cheapest = 0.0
    for s in range(book["n_symbols"]):
        price = book["positions"][s]["last"]
        inst = book["instruments"][s]
        if price <= 0.0 or inst["last_step"] <= book["account"]["step"]:
            continue
        qty = max(inst["min_qty"], round_up(inst["min_notional_usdt"] / price, inst["step_k"], inst["step_den"]))
        cost = cost_of(1, price, qty, book["positions"][s]["mark"], inst)
        if cheapest == 0.0 or cost < cheapest:
            cheapest = cost
    return cheapest


@compiled
def has_lost_the_day(book: Record) -> bool:
    """Whether the loss since the last close of the UTC day before has reached what a day may lose."""
    account, limit = book["account"], book["terms"]["daily_loss_pct"]
    lost = account["day_start_equity_usdt"] - account["equity_usdt"]
    return limit > 0.0 and lost >= account["day_start_equity_usdt"] * limit / 100.0


@compiled
def reason_to_disable(book: Record) -> int:
    """Why entries must wait: the day lost too much, or a flat account cannot pay the smallest order; 0: nothing."""
    if has_lost_the_day(book):
        return DAILY_LOSS_REACHED
    if is_flat(book) and book["account"]["n_orders"] == 0 and available_balance(book) < smallest_order_cost(book):
        return STARVED
    return NO_CODE


@compiled
def test_entries(book: Record) -> None:
    """Disable entries while there is a reason to, and enable them again when it passes; one event for each change."""
    account = book["account"]
    code, before = reason_to_disable(book), account["entries_disabled"]
    if code == before:
        return
    account["entries_disabled"] = code
    event = book["events"][emit(book, ENTRIES_DISABLED if code else ENTRIES_ENABLED, 0)]
    event["code"] = code if code else before
    event["have"] = available_balance(book)
    event["need"] = smallest_order_cost(book)


@compiled
def begin_day(book: Record, ts_close: int) -> None:
    """Keep the equity at the last close of the UTC day before; the first day starts with the initial equity."""
    account = book["account"]
    day = (ts_close - 1) // DAY_MS
    if account["day"] != day:
        if account["day"] == 0:
            account["day_start_equity_usdt"] = account["initial_equity_usdt"]
        else:
            account["day_start_equity_usdt"] = account["equity_usdt"]
        account["day"] = day
