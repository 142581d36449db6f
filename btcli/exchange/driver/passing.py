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
from btcli.exchange.driver.quoting import quote
from btcli.exchange.formulas.balances import (
    fee_to_close_held,
    is_flat,
    margin_held_at,
    symbol_of,
    unrealized_at,
    used_margin,
    valued_at,
)
from btcli.exchange.formulas.margin import DEDUCTION, MAINTENANCE, maintenance_in_tier, profit_of, tier_index
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.closing import complete_row, note_liquidation_distance
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
    keep_equity(book, ts_close, mark, has_bar, i, k)
    quote(book, last, mark, has_bar, k - 1)
    for s in range(book["n_symbols"]):
        keep_prices(book, ts_close, last, mark, s, i, k)
    account["step"], account["ts_open"], account["ts_close"] = k - 1, ts_open[k - 1], ts_close[k - 1]
    account["has_liquidated"], account["is_halted"], account["committed_usdt"] = 0, 0, 0.0
    count_steps(book, k - i)
    place(account, STOPS, 0, 0.0, ts_close[k - 1])
    revalue(book)


@compiled
def keep_equity(book: Record, ts_close: Millis, mark: Floats, has_bar: Presence, i: int, k: int) -> None:
    """Keep the peak of equity over steps i to k - 1, and their rows unless they are dropped."""
    n_rows, held, n_held = book["account"]["n_rows"], 0, 0
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            held, n_held = s, n_held + 1
    if book["cursor"]["drops_rows"] == 0 or n_held > 1:
        write_rows(book, ts_close, mark, has_bar, i, k)
    elif n_held == 1 and has_bar[held, i]:
        keep_peak(book, mark, held, i, k)
    if book["cursor"]["drops_rows"]:
        book["account"]["n_rows"] = n_rows


@compiled
def keep_peak(book: Record, mark: Floats, s: int, i: int, k: int) -> None:
    """Keep the peak of equity while one position is held: at its best close, as equity keeps the order of marks."""
    account, position = book["account"], book["positions"][s]
    best = mark[s, i, C]
    for n in range(i, k):
        best = max(best, mark[s, n, C]) if position["side"] > 0 else min(best, mark[s, n, C])
    equity = account["cash_usdt"] + unrealized_at(position, best)
    account["peak_equity_usdt"] = max(account["peak_equity_usdt"], equity)


@compiled
def write_rows(book: Record, ts_close: Millis, mark: Floats, has_bar: Presence, i: int, k: int) -> None:
    """Write a row for each of steps i to k - 1, and keep the peak of equity."""
    account, rows = book["account"], book["rows"]
    first = account["n_rows"] - i
    sum_positions(book, mark, has_bar, i, k)
    cash, peak, last_mark = account["cash_usdt"], account["peak_equity_usdt"], book["positions"][0]["mark"]
    for n in range(i, k):
        peak = max(peak, cash + rows[first + n, ROW_UNREALIZED])
        complete_row(book, first + n, peak, mark[0, n, C] if has_bar[0, i] else last_mark, ts_close[n])
    account["peak_equity_usdt"] = peak
    account["n_rows"] = first + k


@compiled
def sum_positions(book: Record, mark: Floats, has_bar: Presence, i: int, k: int) -> None:
    """Write what hangs on the marks into the rows of steps i to k - 1: sums over the symbols in their order."""
    first, rows = book["account"]["n_rows"] - i, book["rows"]
    is_cross = book["terms"]["is_cross"] == 1
    used = 0.0 if is_cross else used_margin(book)
    for n in range(i, k):
        rows[first + n, ROW_UNREALIZED] = 0.0
        rows[first + n, ROW_USED] = used
        rows[first + n, ROW_MAINTENANCE] = 0.0
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            add_position(book, mark, has_bar, s, i, k)
            if is_cross:
                add_margin_used(book, mark, has_bar, s, i, k)


@compiled
def add_position(book: Record, mark: Floats, has_bar: Presence, s: int, i: int, k: int) -> None:
    """Add a position's profit and maintenance margin to the rows; its value stays in one tier."""
    first, rows, sym = book["account"]["n_rows"] - i, book["rows"], symbol_of(book, s)
    side, qty, entry = sym.position["side"], sym.position["qty"], sym.position["entry_price"]
    fee, last_mark, tiers = fee_to_close_held(sym), sym.position["mark"], sym.inst["tiers"]
    tier = tier_index(valued_at(sym, mark[s, i, C] if has_bar[s, i] else last_mark) * qty, tiers)
    rate, deduction = tiers[tier, MAINTENANCE], tiers[tier, DEDUCTION]
    by_entry = sym.terms["maintains_by_entry"] == 1
    for n in range(i, k):
        at = mark[s, n, C] if has_bar[s, i] else last_mark
        value = (entry if by_entry else at) * qty
        rows[first + n, ROW_UNREALIZED] += profit_of(side, qty, entry, at)
        rows[first + n, ROW_MAINTENANCE] += maintenance_in_tier(value, rate, deduction) + fee


@compiled
def add_margin_used(book: Record, mark: Floats, has_bar: Presence, s: int, i: int, k: int) -> None:
    """Add the margin of a position of a cross account, which moves with its mark, to the rows."""
    first, sym = book["account"]["n_rows"] - i, symbol_of(book, s)
    for n in range(i, k):
        at = mark[s, n, C] if has_bar[s, i] else sym.position["mark"]
        book["rows"][first + n, ROW_USED] += margin_held_at(sym, at)


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
