"""What quiet steps leave behind: the prices, the extremes, the counts, and a row each. Decides nothing."""

from __future__ import annotations

from btcli.exchange.book.codes import STOPS
from btcli.exchange.book.ledger import place
from btcli.exchange.book.records import (
    ROW_MAINTENANCE,
    ROW_UNREALIZED,
    ROW_USED,
    C,
    Floats,
    H,
    L,
    Millis,
    O,
    Presence,
    Record,
)
from btcli.exchange.formulas.balances import (
    is_flat,
    maintenance_held,
    margin_held_at,
    symbol_of,
    unrealized_at,
    used_margin,
)
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.closing import complete_row, note_liquidation_distance
from btcli.exchange.phases.quoting import quote
from btcli.exchange.phases.valuing import note_excursion, revalue


@compiled
def pass_quietly(
    book: Record,
    ts_open: Millis,
    ts_close: Millis,
    last: Floats,
    mark: Floats,
    has_bar: Presence,
    i: int,
    k: int,
) -> None:
    """Leave the book as steps i to k - 1 in full would, given that nothing happens in them."""
    account = book["account"]
    first = account["n_rows"]
    sum_positions(book, mark, has_bar, i, k)
    for n in range(i, k):
        held_mark = mark[0, n, C] if has_bar[0, n] else book["positions"][0]["mark"]
        complete_row(book, first + n - i, held_mark, ts_close[n])
    account["n_rows"] = first + k - i
    quote(book, last, mark, has_bar, k - 1)
    for s in range(book["n_symbols"]):
        keep_prices(book, ts_close, last, mark, s, i, k)
    account["step"], account["ts_open"], account["ts_close"] = k - 1, ts_open[k - 1], ts_close[k - 1]
    account["has_liquidated"], account["is_halted"], account["committed_usdt"] = 0, 0, 0.0
    count_steps(book, k - i)
    place(account, STOPS, 0, 0.0, ts_close[k - 1])
    revalue(book)


@compiled
def sum_positions(book: Record, mark: Floats, has_bar: Presence, i: int, k: int) -> None:
    """Write what hangs on the marks into the rows of steps i to k - 1: sums over the symbols in their order."""
    first, rows = book["account"]["n_rows"], book["rows"]
    used = used_margin(book)
    is_cross = book["terms"]["is_cross"] == 1
    for n in range(first, first + k - i):
        rows[n, ROW_UNREALIZED] = 0.0
        rows[n, ROW_USED] = 0.0 if is_cross else used
        rows[n, ROW_MAINTENANCE] = 0.0
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if position["side"] == 0:
            continue
        sym = symbol_of(book, s)
        for n in range(i, k):
            at = mark[s, n, C] if has_bar[s, i] else position["mark"]
            rows[first + n - i, ROW_UNREALIZED] += unrealized_at(position, at)
            rows[first + n - i, ROW_MAINTENANCE] += maintenance_held(sym, at)
            if is_cross:
                rows[first + n - i, ROW_USED] += margin_held_at(sym, at)


@compiled
def keep_prices(book: Record, ts_close: Millis, last: Floats, mark: Floats, s: int, i: int, k: int) -> None:
    """Keep the last closes of a symbol, and the extremes of its position: each hangs on one price and keeps order."""
    position = book["positions"][s]
    position["volume_used"], position["walks"] = 0.0, 0
    if book["prices"][s]["has_bar"] == 0:
        return
    if position["side"] != 0:
        lowest, highest = last[s, i, O], last[s, i, O]
        lowest_mark, highest_mark = mark[s, i, C], mark[s, i, C]
        for n in range(i, k):
            lowest = min(lowest, last[s, n, O], last[s, n, L])
            highest = max(highest, last[s, n, O], last[s, n, H])
            lowest_mark, highest_mark = min(lowest_mark, mark[s, n, C]), max(highest_mark, mark[s, n, C])
        note_excursion(position, lowest)
        note_excursion(position, highest)
        note_liquidation_distance(book["account"], position, lowest_mark)
        note_liquidation_distance(book["account"], position, highest_mark)
    position["mark"] = mark[s, k - 1, C]
    position["last"] = last[s, k - 1, C]
    position["closed_at"] = ts_close[k - 1]


@compiled
def count_steps(book: Record, steps: int) -> None:
    """Count steps without a change for what the metrics want to know about time."""
    account = book["account"]
    account["steps"] = account["steps"] + steps
    account["steps_disabled"] = account["steps_disabled"] + (steps if account["entries_disabled"] else 0)
    if not is_flat(book):
        account["steps_in_position"] = account["steps_in_position"] + steps
