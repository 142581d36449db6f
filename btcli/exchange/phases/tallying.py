"""Counts entries and trades of a symbol for the gates of the entries that its rules may make."""

from __future__ import annotations

from btcli.exchange.book.deciders import BOTH, RULES
from btcli.exchange.book.records import DAY_MS, Record
from btcli.exchange.formulas.choosing import place_of
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.views import record_at

NO_RULES = 0


@compiled
def tally_entry(book: Record, s: int, side: int) -> None:
    """Count an entry that filled and opened a position."""
    decider, ts_open = book["deciders"][s], book["account"]["ts_open"]
    decider["filled_ms"][place_of(side)] = ts_open
    for scope in (place_of(side), BOTH):
        gating = decider["gating"][scope]
        if gating["day"] != ts_open // DAY_MS:
            gating["day"], gating["entries"] = ts_open // DAY_MS, 0
        gating["entries"] = gating["entries"] + 1


@compiled
def tally_end(book: Record, s: int, side: int, net_usdt: float) -> None:
    """Count a trade that ended, by what it came to; a pause begins with each so many losses in a row."""
    decider = book["deciders"][s]
    for scope in (place_of(side), BOTH):
        gating = decider["gating"][scope]
        gating["flat_closes"] = decider["closes"]
        gating["losses"] = gating["losses"] + 1 if net_usdt < 0.0 else 0
        if net_usdt < 0.0:
            gating["loss_closes"] = decider["closes"]
            wanted = pausing_losses(decider, scope)
            if wanted > 0 and gating["losses"] % wanted == 0:
                gating["pause_closes"] = decider["closes"]


@compiled
def pausing_losses(decider: Record, scope: int) -> int:
    """After how many losses in a row the rules pause, counting the trades of a side or of BOTH; 0 for never."""
    if decider["rules"] == NO_RULES:
        return 0
    entering = record_at(decider["rules"], RULES)["entering"]
    if scope != BOTH:
        return entering[scope]["own"]["pause_losses"]
    return max(entering[0]["both"]["pause_losses"], entering[1]["both"]["pause_losses"])
