"""Phase C: the walk along the path inside the bar. All symbols walk together."""

from __future__ import annotations

from btcli.exchange.account import desk_of, note_excursion
from btcli.exchange.codes import PATH
from btcli.exchange.compiled import compiled
from btcli.exchange.exits import fire_exit
from btcli.exchange.ledger import journal_of, place
from btcli.exchange.matching import LIQUIDATION, NEVER, TARGET, Hit, exit_time, has_exit_in_bar, leg_of
from btcli.exchange.pricing import is_high_first_for_position, last_point, prices_of
from btcli.exchange.values import World

LEGS = 3


@compiled
def choose_paths(w: World, i: int) -> int:
    """Choose the path of every symbol that has a level within its bar, once; returns how many those are.

    Where no level lies within the bar the order of the extremes means nothing, and nobody walks.
    """
    walking = 0
    for s in range(len(w.positions)):
        position = w.positions[s]
        position["walks"] = 0
        if position["side"] == 0 or w.has_bar[s, i] == 0:
            continue
        prices = prices_of(w, s, i)
        note_excursion(position, prices.open)
        if has_exit_in_bar(desk_of(w, s), prices):
            walking += 1
            position["walks"] = 1
            first = is_high_first_for_position(prices, position["side"], w.rules[0]["path"], w.instruments[s])
            position["high_first"] = 1 if first else 0
        else:
            note_excursion(position, prices.high)
            note_excursion(position, prices.low)
    return walking


@compiled
def is_held(w: World, s: int) -> bool:
    """Whether symbol s walks and still has a position."""
    return w.positions[s]["walks"] == 1 and w.positions[s]["side"] != 0


@compiled
def next_hit(w: World, i: int, leg: int, t_now: float) -> Hit:
    """The earliest level from t_now on; at equal times by kind, then by the order of the symbols."""
    best = Hit(NEVER, 0, 0)
    for s in range(len(w.positions)):
        if not is_held(w, s):
            continue
        ends = leg_of(prices_of(w, s, i), w.positions[s]["high_first"], leg)
        for kind in range(LIQUIDATION, TARGET + 1):
            t = exit_time(desk_of(w, s), kind, ends)
            if t >= t_now and (t < best.t or (t == best.t and kind < best.kind)):
                best = Hit(t, kind, s)
    return best


@compiled
def walk_leg(w: World, i: int, leg: int) -> None:
    """Carry out what the leg reaches, in order of time; the rest of the leg goes on from there."""
    t_now = 0.0
    while True:
        hit = next_hit(w, i, leg, t_now)
        if hit.t > 1.0:
            return
        t_now = hit.t
        s = hit.symbol
        prices = prices_of(w, s, i)
        place(w.account[0], PATH, leg, t_now, w.ts_open[i])
        ends = leg_of(prices, w.positions[s]["high_first"], leg)
        fire_exit(journal_of(w), desk_of(w, s), hit.kind, prices, ends, t_now, False, 0)


@compiled
def walk(w: World, i: int) -> None:
    """Phase C of one step, for all symbols."""
    if choose_paths(w, i) == 0:
        return
    for leg in range(LEGS):
        walk_leg(w, i, leg)
        for s in range(len(w.positions)):
            if is_held(w, s):
                prices = prices_of(w, s, i)
                note_excursion(w.positions[s], last_point(prices, w.positions[s]["high_first"], leg + 1))
