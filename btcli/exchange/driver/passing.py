"""What quiet steps leave behind: the prices, the extremes, the counts, and a row each. Decides nothing."""

from __future__ import annotations

from btcli.exchange.book.codes import READY, STOPS
from btcli.exchange.book.ledger import place
from btcli.exchange.book.records import (
    ROW_EQUITY,
    ROW_MAINTENANCE,
    ROW_UNREALIZED,
    ROW_USED,
    C,
    H,
    L,
    O,
    Record,
)
from btcli.exchange.book.tape import (
    closes_of,
    deciding_of,
    last_of,
    mark_of,
    opens_of,
    presence_of,
)
from btcli.exchange.driver.fold import fold_held, fold_rows, fold_still
from btcli.exchange.driver.quoting import quote
from btcli.exchange.driver.reach import measure
from btcli.exchange.driver.ruled import count_closes
from btcli.exchange.formulas.balances import (
    fee_to_close_held,
    is_flat,
    margin_held_at,
    symbol_of,
    used_margin,
    valued_at,
)
from btcli.exchange.formulas.margin import DEDUCTION, MAINTENANCE, maintenance_in_tier, profit_of, tier_index
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.closing import complete_row, note_liquidation_distance
from btcli.exchange.phases.standing import is_noted, note_standing
from btcli.exchange.phases.valuing import note_excursion, revalue


@compiled
def pass_quietly(book: Record, tape: Record, i: int, k: int) -> None:
    """Leave the book as steps i to k - 1 in full would, given that nothing happens in them."""
    account, peak = book["account"], book["account"]["peak_equity_usdt"]
    keep_equity(book, tape, i, k)
    note_closes(book, tape, i, k, peak)
    if book["n_symbols"] > 1:
        quote(book, tape, k - 1)
    else:
        book["prices"][0]["has_bar"] = 1  # at every step, which quotes it anew
    for s in range(book["n_symbols"]):
        keep_prices(book, tape, s, i, k)
    account["step"], account["ts_open"], account["ts_close"] = k - 1, opens_of(tape)[k - 1], closes_of(tape)[k - 1]
    account["has_liquidated"], account["is_halted"], account["committed_usdt"] = 0, 0, 0.0
    count_steps(book, k - i)
    count_closes(book, tape, i, k - 1)  # the last close is still to be looked at
    place(account, STOPS, 0, 0.0, account["ts_close"])
    revalue(book)


@compiled
def note_closes(book: Record, tape: Record, i: int, k: int, peak_usdt: float) -> None:
    """Note how things stood at the closes before that of step k - 1, which is still to be looked at.

    The rows of the steps are written; `peak_usdt` was the highest equity before them.
    """
    account = book["account"]
    highest = account["peak_equity_usdt"]
    for s in range(book["n_symbols"]):
        if is_noted(book, s):
            account["peak_equity_usdt"] = peak_usdt
            note_each_close(book, tape, s, i, k)
            account["peak_equity_usdt"] = highest


@compiled
def note_each_close(book: Record, tape: Record, s: int, i: int, k: int) -> None:
    """Put one close after the other into the book as the full steps would, and note those that are of ltf."""
    account, position, first = book["account"], book["positions"][s], book["account"]["n_rows"] - k
    deciding, decider = deciding_of(tape, s), book["deciders"][s]
    closes, evaluations, is_evaluated = decider["closes"], decider["evaluations"], decider["readiness"] == READY
    opens, highs, lows = last_of(tape, s, O), last_of(tape, s, H), last_of(tape, s, L)
    has_bar = presence_of(tape, s)[i]
    for n in range(i, k - 1):
        row = book["rows"][first + n]
        account["equity_usdt"], account["used_usdt"] = row[ROW_EQUITY], row[ROW_USED]
        account["peak_equity_usdt"] = max(account["peak_equity_usdt"], row[ROW_EQUITY])
        if has_bar:
            position["mark"], position["last"] = mark_of(tape, s, C)[n], last_of(tape, s, C)[n]
        if has_bar and position["side"] != 0:
            note_excursion(position, opens[n])
            note_excursion(position, highs[n])
            note_excursion(position, lows[n])
        if deciding[n]:
            decider["closes"] = decider["closes"] + 1
            decider["evaluations"] = decider["evaluations"] + (1 if is_evaluated else 0)
            note_standing(book, s)
    decider["closes"], decider["evaluations"] = closes, evaluations  # they are counted with those of the others


@compiled
def keep_equity(book: Record, tape: Record, i: int, k: int) -> None:
    """Keep the peak of equity over steps i to k - 1, and their rows, or what they come to where rows are dropped."""
    n_rows, held, n_held = book["account"]["n_rows"], 0, 0
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            held, n_held = s, n_held + 1
    if book["cursor"]["keeps_score"] == 0:
        write_rows(book, tape, i, k)
    elif n_held == 0 or (n_held == 1 and presence_of(tape, held)[i] == 0):
        fold_still(book, tape, k)
    elif n_held == 1 and book["terms"]["is_cross"] == 0:
        fold_held(book, tape, held, i, k)
    else:
        write_rows(book, tape, i, k)
        fold_rows(book, n_rows)
        book["account"]["n_rows"] = n_rows


@compiled
def write_rows(book: Record, tape: Record, i: int, k: int) -> None:
    """Write a row for each of steps i to k - 1, and keep the peak of equity."""
    account, rows, ts_close, marks = book["account"], book["rows"], closes_of(tape), mark_of(tape, 0, C)
    first, has_bar = account["n_rows"] - i, presence_of(tape, 0)[i]
    sum_positions(book, tape, i, k)
    cash, peak, last_mark = account["cash_usdt"], account["peak_equity_usdt"], book["positions"][0]["mark"]
    for n in range(i, k):
        peak = max(peak, cash + rows[first + n, ROW_UNREALIZED])
        complete_row(book, first + n, peak, marks[n] if has_bar else last_mark, ts_close[n])
    account["peak_equity_usdt"] = peak
    account["n_rows"] = first + k


@compiled
def sum_positions(book: Record, tape: Record, i: int, k: int) -> None:
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
            add_position(book, tape, s, i, k)
            if is_cross:
                add_margin_used(book, tape, s, i, k)


@compiled
def add_position(book: Record, tape: Record, s: int, i: int, k: int) -> None:
    """Add a position's profit and maintenance margin to the rows; its value stays in one tier."""
    first, rows, sym = book["account"]["n_rows"] - i, book["rows"], symbol_of(book, s)
    side, qty, entry = sym.position["side"], sym.position["qty"], sym.position["entry_price"]
    fee, last_mark, tiers = fee_to_close_held(sym), sym.position["mark"], sym.inst["tiers"]
    closes, has_bar = mark_of(tape, s, C), presence_of(tape, s)[i]
    tier = tier_index(valued_at(sym, closes[i] if has_bar else last_mark) * qty, tiers)
    rate, deduction = tiers[tier, MAINTENANCE], tiers[tier, DEDUCTION]
    by_entry = sym.terms["maintains_by_entry"] == 1
    for n in range(i, k):
        at = closes[n] if has_bar else last_mark
        value = (entry if by_entry else at) * qty
        rows[first + n, ROW_UNREALIZED] += profit_of(side, qty, entry, at)
        rows[first + n, ROW_MAINTENANCE] += maintenance_in_tier(value, rate, deduction) + fee


@compiled
def add_margin_used(book: Record, tape: Record, s: int, i: int, k: int) -> None:
    """Add the margin of a position of a cross account, which moves with its mark, to the rows."""
    first, sym = book["account"]["n_rows"] - i, symbol_of(book, s)
    closes, has_bar = mark_of(tape, s, C), presence_of(tape, s)[i]
    for n in range(i, k):
        at = closes[n] if has_bar else sym.position["mark"]
        book["rows"][first + n, ROW_USED] += margin_held_at(sym, at)


@compiled
def keep_prices(book: Record, tape: Record, s: int, i: int, k: int) -> None:
    """Keep the last closes of a symbol, and the extremes of its position: each hangs on one price and keeps order."""
    position = book["positions"][s]
    position["volume_used"], position["walks"] = 0.0, 0
    if book["prices"][s]["has_bar"] == 0:
        return
    closes = mark_of(tape, s, C)
    if position["side"] != 0:
        measure(book, tape, s, i, k)
        reach = book["reaches"][s]
        note_excursion(position, reach["last_low"])
        note_excursion(position, reach["last_high"])
        note_liquidation_distance(book["account"], position, reach["mark_close_low"])
        note_liquidation_distance(book["account"], position, reach["mark_close_high"])
    position["mark"] = closes[k - 1]
    position["last"] = last_of(tape, s, C)[k - 1]
    position["closed_at"] = closes_of(tape)[k - 1]


@compiled
def count_steps(book: Record, steps: int) -> None:
    """Count steps without a change for what the metrics want to know about time."""
    account = book["account"]
    account["steps"] = account["steps"] + steps
    account["steps_disabled"] = account["steps_disabled"] + (steps if account["entries_disabled"] else 0)
    if not is_flat(book):
        account["steps_in_position"] = account["steps_in_position"] + steps
