"""How far nothing can happen: the first step whose rules must run in full. Decides only."""

from __future__ import annotations

from btcli.exchange.book.codes import BREAKS, DECIDES, MARKET, NOTED, READY, STEP_TOLD
from btcli.exchange.book.records import DAY_MS, NEVER, ROW_CAPACITY, C, H, L, Millis, O, Presence, Record, V
from btcli.exchange.book.tape import closes_of, deciding_of, flags_of, opens_of, presence_of
from btcli.exchange.driver.ahead import after_an_exit
from btcli.exchange.driver.calm import is_calm
from btcli.exchange.driver.reach import measure
from btcli.exchange.driver.ruled import NO_RULES, next_look
from btcli.exchange.formulas.balances import is_after_gap, symbol_of
from btcli.exchange.formulas.bands import Band, band_of, without_order
from btcli.exchange.formulas.matching import is_limit
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.fetching import fetch_at
from btcli.exchange.machine.views import floats_at
from btcli.exchange.phases.filling import is_stale_close

MOST_STEPS = 128  # looked at together: what they reach is reached at once


@compiled
def quiet_until(book: Record, tape: Record, i: int, until: int) -> int:
    """The first step from i on that needs the full rules, at most `until`; i itself when that one does.

    Every line but one names what may end a stretch of steps in which nothing happens but that prices move.
    """
    if book["cursor"]["runs_in_full"]:
        return i
    k = min(until, i + MOST_STEPS, i + ROW_CAPACITY - book["account"]["n_rows"], book["terms"]["n_steps"] - 1)
    k = before_an_order(book, tape, i, k)
    k = before_a_move(book, tape, i, k)
    k = after_a_decision(book, tape, i, k)
    fetch_the_end(book, tape, k)
    k = before_a_hole(book, tape, i, k)
    k = before_the_clock(book, tape, i, k)
    k = before_a_flag(tape, i, k)
    for s in range(book["n_symbols"]):
        k = before_the_last_bar(book, s, i, k)
        is_in_the_market = book["positions"][s]["side"] != 0 or book["account"]["n_orders"] > 0
        if k > i and is_in_the_market and presence_of(tape, s)[i]:
            k = before_a_level(book, tape, s, i, k)
    while k > i and not is_calm(book, tape, i, k):
        k = i + (k - i) // 2
    return after_an_exit(book, tape, i, k) if k > i else i


@compiled
def fetch_the_end(book: Record, tape: Record, k: int) -> None:
    """Ask for what is read where a stretch ends before step k and of no step on the way there."""
    fetch_at(tape["ts_open"] + 8 * (k - 1))
    fetch_at(tape["ts_close"] + 8 * (k - 1))
    for s in range(book["n_symbols"]):
        fetch_at(tape["last"][s, C] + 8 * (k - 1))
        fetch_at(tape["last"][s, V] + 8 * k)


@compiled
def after_a_decision(book: Record, tape: Record, i: int, k: int) -> int:
    """The step after the first of i to k - 1 at whose close somebody decides."""
    flags, first = flags_of(tape), min(max(i, nobody_decides_until(book, i, k)), k)
    if first < k and flags[first] & DECIDES:
        return first + 1
    return min(k, first_with(flags, DECIDES, first, k) + 1)


@compiled
def before_a_flag(tape: Record, i: int, k: int) -> int:
    """The step after the first of i to k - 1 at whose close something is told, and the first that breaks a stretch."""
    flags = flags_of(tape)
    if first_with(flags, NOTED | STEP_TOLD | BREAKS, i, k) == k:
        return k
    k = min(k, first_with(flags, NOTED | STEP_TOLD, i, k) + 1)
    return first_with(flags, BREAKS, min(i + 1, k), k)


@compiled
def first_with(flags: Presence, bits: int, i: int, k: int) -> int:
    """The first of steps i to k - 1 that has any of some flags, else k; most stretches have none."""
    flags, seen = flags[i:k], 0
    for n in range(len(flags)):
        seen |= flags[n]
    if seen & bits == 0:
        return k
    n = 0
    while flags[n] & bits == 0:
        n += 1
    return i + n


@compiled
def nobody_decides_until(book: Record, i: int, k: int) -> int:
    """The first step from i on, as far as that is before k, at whose close somebody may be asked, look or wish."""
    step = NEVER
    for s in range(book["n_symbols"]):
        if book["terms"]["max_bars_in_trade"] > 0:
            return 0  # every close counts
        if book["deciders"][s]["rules"] != NO_RULES:
            step = min(step, next_look(book, s, i, k))
        else:
            step = min(step, next_question_of(book, s))
    return step


@compiled
def next_question_of(book: Record, s: int) -> int:
    """The first step at whose close a symbol may be asked or look: it rests while its position lasts, or step 0."""
    decider = book["deciders"][s]
    rests = decider["rests"] == 1 and book["positions"][s]["side"] != 0 and decider["readiness"] == READY
    return decider["look_from"] if rests else 0


@compiled
def before_the_clock(book: Record, tape: Record, i: int, k: int) -> int:
    """Step i where it begins with a settlement or on another UTC day, else the first under the other formula, or k.

    Of the steps after it those with a settlement or another day have the flag of what breaks a stretch.
    """
    account = book["account"]
    if k > i and (opens_of(tape)[i] >= account["funding_due"] or closes_of(tape)[i] > (account["day"] + 1) * DAY_MS):
        return i
    return min(k, max(i, book["cursor"]["formula_step"])) if book["terms"]["maintains_by_entry"] else k


@compiled
def before_a_hole(book: Record, tape: Record, i: int, k: int) -> int:
    """Step i where it follows a hole, else k; that later ones do not go on as step i does is in their flags."""
    for s in range(book["n_symbols"]):
        if k > i and presence_of(tape, s)[i] and is_after_gap(book["positions"][s], opens_of(tape)[i]):
            return i
    return k


@compiled
def before_the_last_bar(book: Record, s: int, i: int, k: int) -> int:
    """The step of i to k - 1 at which a symbol that is delisted has its last bar."""
    last_step = book["instruments"][s]["last_step"]
    return min(k, last_step) if last_step >= i else k


@compiled
def before_an_order(book: Record, tape: Record, i: int, k: int) -> int:
    """The first step of i to k - 1 at which an order arrives, expires, is taken back, or acts whatever the prices."""
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if presence_of(tape, order["symbol"])[i] == 0:
            continue  # it waits for a bar
        if order["arrives_at"] > i:
            k = min(k, order["arrives_at"])
        elif is_at_once(order) or is_stale_close(symbol_of(book, order["symbol"]), order):
            return i
        if order["cancelled_at"] > 0:
            k = min(k, max(order["cancelled_at"], order["arrives_at"]))
        if order["expires_at"] != 0:
            k = min(k, max(first_open_from(tape, order["expires_at"], i, k), order["arrives_at"]))
    return max(k, i)


@compiled
def first_open_from(tape: Record, ts: int, i: int, k: int) -> int:
    """The first step of i to k - 1 that opens at or after a moment, milliseconds UTC; k where there is none."""
    opens = opens_of(tape)
    while i < k:
        middle = (i + k) // 2
        if opens[middle] < ts:
            i = middle + 1
        else:
            k = middle
    return k


@compiled
def before_a_move(book: Record, tape: Record, i: int, k: int) -> int:
    """The first step of i to k - 1 at whose open a stop or target that was moved arrives; i for a target's first.

    Where a target's next age is reached at a close, the step after that.
    """
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if position["new_targets"] != 0:
            return i
        for n in range(position["n_moves"]):
            k = min(k, position["move_at"][n])
        if position["ages_done"] < position["n_ages"]:
            age = book["deciders"][s]["closes"] - position["entry_closes"]
            k = after_closes(deciding_of(tape, s), position["ages"][position["ages_done"]] - age, i, k)
    return max(k, i)


@compiled
def after_closes(deciding: Presence, count: int, i: int, k: int) -> int:
    """The step after so many closes of ltf from step i on, at most k."""
    for n in range(i, k):
        count -= deciding[n]
        if count <= 0:
            return n + 1
    return k


@compiled
def is_at_once(order: Record) -> bool:
    """Whether an order that has arrived acts at the next open, wherever that is."""
    return order["type"] == MARKET or (is_limit(order) and order["is_resting"] == 0)


@compiled
def band_at(book: Record, s: int, i: int) -> Band:
    """The band of a symbol's position and of its orders that have arrived by step i."""
    sym = symbol_of(book, s)
    band = band_of(sym)
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if order["symbol"] == s and order["arrives_at"] <= i:
            band = without_order(band, order, sym)
    return band


@compiled
def before_a_level(book: Record, tape: Record, s: int, i: int, k: int) -> int:
    """The first step of i to k - 1 whose bar of a symbol opens or extends beyond its band."""
    band, last, mark = band_at(book, s, i), tape["last"][s], tape["mark"][s]
    measure(book, tape, s, i, k)
    reach = book["reaches"][s]
    if reach["last_low"] <= band.last_floor or reach["last_high"] >= band.last_ceiling:
        k = before_a_price(last, tape["n_steps"], band.last_floor, band.last_ceiling, i, k)
    if reach["mark_low"] <= band.mark_floor or reach["mark_high"] >= band.mark_ceiling:
        k = before_a_price(mark, tape["n_steps"], band.mark_floor, band.mark_ceiling, i, k)
    return k


@compiled
def before_a_price(columns: Millis, steps: int, lowest: float, highest: float, i: int, k: int) -> int:
    """The first step of i to k - 1 that opens or extends to one of two prices; `columns` has addresses."""
    opens, highs, lows = floats_at(columns[O], steps), floats_at(columns[H], steps), floats_at(columns[L], steps)
    for n in range(i, k):
        if min(lows[n], opens[n]) <= lowest or max(highs[n], opens[n]) >= highest:
            return n
    return k
