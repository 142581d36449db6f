"""Phase B: the open of a bar. Orders of the last decision arrive; what closes goes before what opens."""

from __future__ import annotations

from btcli.exchange.account import available_balance, desk_of
from btcli.exchange.codes import DATA_GAP, FLAG_AFTER_GAP, FLAG_ZERO_VOLUME, MARKET, POSITION_IS_CLOSED
from btcli.exchange.compiled import compiled
from btcli.exchange.entries import fill_entry
from btcli.exchange.exits import fire_exit, fire_reached
from btcli.exchange.ledger import journal_of
from btcli.exchange.matching import AT_OPEN, STOP, TARGET, is_exit_reached, leg_of
from btcli.exchange.orders import DONE, cancel, drop_done
from btcli.exchange.position import close_position
from btcli.exchange.pricing import PriceModel, prices_of, slipped
from btcli.exchange.values import Desk, Journal, Record, World


@compiled
def is_after_gap(position: Record, ts_open: int) -> bool:
    """Whether this bar's open is not the close of the symbol's bar before it."""
    closed_at = position["closed_at"]
    return closed_at != 0 and closed_at != ts_open


@compiled
def open_flags(position: Record, ts_open: int, volume: float) -> int:
    """What a fill at this open has to say about its circumstances."""
    flags = 0
    if is_after_gap(position, ts_open):
        flags |= FLAG_AFTER_GAP
    if volume <= 0.0:
        flags |= FLAG_ZERO_VOLUME
    return flags


@compiled
def fill_closes(w: World, i: int) -> None:
    """Stops and targets that the open jumped over and orders that close, by order id across the symbols."""
    last_id = 0
    while w.account[0]["is_halted"] == 0:
        order_id, s, kind, n = _next_close(w, i, last_id)
        if order_id == 0:
            return
        last_id = order_id
        prices = prices_of(w, s, i)
        flags = open_flags(w.positions[s], w.ts_open[i], prices.volume)
        if kind == MARKET_CLOSE:
            _fill_market_close(journal_of(w), desk_of(w, s), w.orders[n], prices, flags)
        else:
            fire_exit(journal_of(w), desk_of(w, s), kind, prices, leg_of(prices, 0, AT_OPEN), 0.0, True, flags)


MARKET_CLOSE = 9  # beside the exits of matching.py


@compiled
def _next_close(w: World, i: int, last_id: int) -> tuple[int, int, int, int]:
    """The close with the lowest id above `last_id`: (id, symbol, kind, index among the orders); id 0 when none."""
    best, symbol, what, index = 0, 0, 0, 0
    for s in range(len(w.positions)):
        position = w.positions[s]
        if position["side"] == 0 or w.has_bar[s, i] == 0:
            continue
        prices = prices_of(w, s, i)
        leg = leg_of(prices, 0, AT_OPEN)
        for kind in range(STOP, TARGET + 1):
            order_id = position["stop_id"] if kind == STOP else position["target_id"]
            if last_id < order_id and (best == 0 or order_id < best) and is_exit_reached(desk_of(w, s), kind, leg, 0.0):
                best, symbol, what = order_id, s, kind
    for n in range(w.account[0]["n_orders"]):
        order = w.orders[n]
        order_id = order["order_id"]
        if not is_due(w, order, i) or order["reduce_only"] == 0:
            continue
        if last_id < order_id and (best == 0 or order_id < best):
            best, symbol, what, index = order_id, order["symbol"], MARKET_CLOSE, n
    return best, symbol, what, index


@compiled
def is_due(w: World, order: Record, i: int) -> bool:
    """Whether an order has reached the exchange and its symbol trades at this step."""
    return order["order_id"] != DONE and order["arrives_at"] <= i and w.has_bar[order["symbol"], i] == 1


@compiled
def _fill_market_close(j: Journal, desk: Desk, order: Record, prices: PriceModel, flags: int) -> None:
    if desk.position["side"] != -order["side"]:
        cancel(j, order, POSITION_IS_CLOSED)
        return
    inst = desk.inst
    price = slipped(prices.open, order["side"], inst["slippage"], inst)
    order_id = order["order_id"]
    order["order_id"] = DONE
    close_position(j, desk, price, prices.open, inst["taker_fee_rate"], order["exit_reason"], order_id, MARKET, flags)


@compiled
def fill_entries(w: World, i: int) -> None:
    """Market entries by order id; each may be closed at once by what its own bracket has already reached."""
    for n in range(w.account[0]["n_orders"]):
        order = w.orders[n]
        if w.account[0]["is_halted"] or not is_due(w, order, i) or order["reduce_only"]:
            continue
        s = order["symbol"]
        if is_after_gap(w.positions[s], w.ts_open[i]):
            cancel(journal_of(w), order, DATA_GAP)
            continue
        prices = prices_of(w, s, i)
        flags = open_flags(w.positions[s], w.ts_open[i], prices.volume)
        if fill_entry(journal_of(w), desk_of(w, s), order, prices, available_balance(w), flags):
            fire_reached(journal_of(w), desk_of(w, s), prices, leg_of(prices, 0, AT_OPEN), 0.0, flags)


@compiled
def open_bar(w: World, i: int) -> None:
    """Phase B of one step, for all symbols."""
    fill_closes(w, i)
    if w.account[0]["n_orders"] > 0:
        fill_entries(w, i)
        drop_done(w)
