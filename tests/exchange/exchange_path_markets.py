"""Small markets on paper, each with one thing that may hang on the path: one where it does, one where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from exchange_scenarios import INSTRUMENT, TERMS, Entry, Scenario

from btcli.exchange.face.instrument import Instrument
from btcli.exchange.face.request import Target
from btcli.simulation.agreement import Reason

Bars = Sequence[Sequence[float]]

CALM = (1000.0, 1000.0, 1000.0, 1000.0, 100.0)
BOTH_WAYS = (1000.0, 1020.0, 980.0, 1000.0, 100.0)
PLAIN = INSTRUMENT._replace(slippage_bps=0.0, stop_slippage_bps=0.0)
# 2 coins at 1000 lie in the second tier: LP 926.3 at ten times leverage; what fits the first is 1000 / mark.
LOW_TIERS = ((1000.0, 0.01, 0.02, 50.0, 0.0), (1e6, 0.05, 0.1, 10.0, None))
# A deduction that does not join the tiers: LP of 2 coins is 1750 / 1.96 = 892.9, of 0.8 coins 720 / 0.792 = 909.1.
JUMPING_TIERS = ((1000.0, 0.01, 0.02, 50.0, 0.0), (1e6, 0.02, 0.05, 20.0, 50.0))


class PathMarket(NamedTuple):
    """A market, why its three paths have to be run (None: they are skipped, and equal), and how its trades ended.

    `ends` are the exit prices of the trades in their order on the pessimistic path, then on the optimistic one.
    """

    name: str
    market: Scenario
    reason: Reason | None
    ends: tuple[tuple[float, ...], tuple[float, ...]]


def market_of(*bars: Sequence[float], entry: Entry | None = None, **changes: Any) -> Scenario:
    """One coin bought at the open of the second bar at 1000; `bars` follow a first calm one, and a calm one them."""
    instrument = changes.pop("instrument", PLAIN)
    mark = changes.pop("mark", None)
    terms = TERMS._replace(on_liquidation="continue", limit_rule="touch", **changes.pop("terms", {}))
    decisions = {0: [entry or Entry()]}
    return Scenario(
        last=[[CALM, *bars, CALM]],
        mark=None if mark is None else [[CALM[:4], *mark, CALM[:4]]],
        **{"decisions": decisions, "instruments": [instrument], "terms": terms, **changes},
    )


def pair_of(one: Bars, other: Bars, decisions: Sequence[Entry], cash: float = 10_000.0, **terms: Any) -> Scenario:
    """Two symbols side by side, both decided on at the first close."""
    return Scenario(
        last=[[CALM, *bars, CALM] for bars in (one, other)],
        decisions={0: list(decisions)},
        instruments=[PLAIN, PLAIN._replace(symbol="B")],
        terms=TERMS._replace(on_liquidation="continue", **terms),
        cash=cash,
    )


def _capped(instrument: Instrument) -> Instrument:
    return instrument._replace(max_participation=0.005)  # half a coin of a calm bar


STOP_OR_TARGET = Entry(stop_price=990.0, target_price=1010.0)
STOPPED, TAKEN = Entry(0, stop_price=990.0), Entry(1, target_price=1010.0)
HALVES = (Target(price=1010.0, share=0.5), Target(price=1020.0, share=0.5))
SIXTY, SIXTY_BELOW = (Target(price=1010.0, share=0.6),), (Target(price=990.0, share=0.6),)
BUY_BELOW = Entry(more={"type": "limit", "price": 990.0})
SELL_ABOVE = Entry(side=-1, more={"type": "limit", "price": 1010.0})
RISE = (1000.0, 1030.0, 995.0, 1000.0, 100.0)
FALL = (1000.0, 1000.0, 980.0, 985.0, 100.0)
UP = (1000.0, 1009.0, 1000.0, 1008.0, 100.0)  # a stop that trails by 10 follows to 999, one that breaks even to 1000
DROP = (1008.0, 1008.0, 990.0, 995.0, 100.0)
SWING = (1008.0, 1030.0, 990.0, 1000.0, 100.0)
TRAIL, EVEN = {"trail_distance": 10.0}, {"break_even_distance": 8.0}
# Fractions of the leg down at which cross equity (310, fees of 2) is the maintenance margin (1 % and 1.8 to close).
FAILS = ((308 - 20 - 1.8) / (300 - 3), (408 - 21 - 1.8) / (400 - 4))
CRASH = (1000.0, 1000.0, 850.0, 880.0, 100.0)

PATH_MARKETS = (
    # one symbol, one position
    PathMarket("a stop alone", market_of(FALL, entry=STOP_OR_TARGET), None, ((990.0,), (990.0,))),
    PathMarket(
        "a stop and a target", market_of(BOTH_WAYS, entry=STOP_OR_TARGET), "ambiguous trade", ((990.0,), (1010.0,))
    ),
    # two symbols: each for itself as long as no bar holds an act of both
    PathMarket(
        "two symbols, bar after bar",
        pair_of([FALL, CALM], [CALM, RISE], [STOPPED, TAKEN]),
        None,
        ((990.0, 1010.0), (990.0, 1010.0)),
    ),
    PathMarket(
        "two symbols in one bar",
        pair_of([BOTH_WAYS], [BOTH_WAYS], [STOPPED, TAKEN]),
        None,
        ((990.0, 1010.0), (1010.0, 990.0)),
    ),
    PathMarket(
        "two symbols in one bar, the balance below or above 8192 between them",
        pair_of([BOTH_WAYS], [BOTH_WAYS], [STOPPED, TAKEN], cash=8184.03),
        "two symbols in one bar",
        ((990.0, 1010.0), (1010.0, 990.0)),
    ),
    # cross: the account fails on the way down of both, at marks that the order of the extremes decides
    PathMarket(
        "cross",
        pair_of(
            [(1000.0, 1000.0, 800.0, 800.0, 100.0)],
            [(1000.0, 1100.0, 900.0, 900.0, 100.0)],
            [Entry(0), Entry(1)],
            margin_mode="cross",
            cash=310.0,
        ),
        "cross margin",
        ((1000 - 200 * FAILS[0], 1000 - 100 * FAILS[0]), (1000 - 200 * FAILS[1], 1100 - 200 * FAILS[1])),
    ),
    # resting entries
    PathMarket(
        "a bracket on a resting entry",
        market_of(BOTH_WAYS, entry=BUY_BELOW._replace(stop_price=970.0, target_price=1010.0)),
        "resting order",
        ((1000.0,), (1010.0,)),
    ),
    PathMarket(
        "resting entries on both sides",
        market_of(BOTH_WAYS, decisions={0: [BUY_BELOW, SELL_ABOVE]}),
        "resting order",
        ((990.0,), (1010.0,)),
    ),
    PathMarket(
        "a stop-limit",
        market_of(
            (1000.0, 1020.0, 995.0, 1015.0, 100.0),
            entry=Entry(more={"type": "stop_limit", "trigger_price": 1010.0, "price": 1005.0}),
        ),
        "resting order",
        ((1000.0,), (1000.0,)),
    ),
    # participation: what fills at the open has seen the whole volume on every path
    PathMarket(
        "participation at the open",
        market_of(FALL, entry=STOP_OR_TARGET, instrument=_capped(PLAIN)),
        None,
        ((990.0,), (990.0,)),
    ),
    PathMarket(
        "participation of what rests",
        market_of(BOTH_WAYS, decisions={0: [BUY_BELOW, SELL_ABOVE]}, instrument=_capped(PLAIN)),
        "resting order",
        ((1000.0,), (1000.0,)),
    ),
    # partial exits
    PathMarket(
        "two targets in one bar", market_of(RISE, entry=Entry(more={"targets": HALVES})), None, ((1015.0,), (1015.0,))
    ),
    PathMarket(
        "a target at the open, one in the bar",
        market_of(CALM, (1012.0, 1030.0, 1005.0, 1010.0, 100.0), entry=Entry(more={"targets": HALVES})),
        None,
        ((1016.0,), (1016.0,)),
    ),
    PathMarket(
        "a partial target and a stop",
        market_of(BOTH_WAYS, entry=Entry(stop_price=990.0, more={"targets": HALVES})),
        "ambiguous trade",
        ((990.0,), (1015.0,)),
    ),
    PathMarket(
        "a partial target that brings the liquidation nearer",
        market_of(
            (1000.0, 1020.0, 900.0, 1000.0, 100.0),
            entry=Entry(more={"targets": SIXTY}),
            instrument=PLAIN._replace(tiers=JUMPING_TIERS),
            terms={"sizing_value": 2.0},
        ),
        "nearer liquidation",
        ((1006.0,), (966.0,)),
    ),
    PathMarket(
        "a partial target that brings a short's liquidation nearer",
        market_of(
            (1000.0, 1095.0, 985.0, 1000.0, 100.0),
            entry=Entry(side=-1, more={"targets": SIXTY_BELOW}),
            instrument=PLAIN._replace(tiers=JUMPING_TIERS),
            terms={"sizing_value": 2.0},
        ),
        "nearer liquidation",
        ((994.0,), (1034.0,)),
    ),
    PathMarket(
        "a partial target above the first tier",
        market_of(
            (1000.0, 1020.0, 930.0, 1000.0, 100.0),
            entry=Entry(more={"targets": SIXTY}),
            instrument=PLAIN._replace(tiers=LOW_TIERS),
            terms={"sizing_value": 2.0},
        ),
        None,
        ((1006.0,), (1006.0,)),
    ),
    # stops that move: at closes, by extremes that every path has seen by then
    PathMarket("a trailing stop", market_of(UP, DROP, entry=Entry(more=TRAIL)), None, ((999.0,), (999.0,))),
    PathMarket(
        "a trailing stop and a target",
        market_of(UP, SWING, entry=Entry(target_price=1020.0, more=TRAIL)),
        "ambiguous trade",
        ((999.0,), (1020.0,)),
    ),
    PathMarket(
        "break-even", market_of(UP, DROP, entry=Entry(stop_price=950.0, more=EVEN)), None, ((1000.0,), (1000.0,))
    ),
    PathMarket(
        "break-even and a target",
        market_of(UP, SWING, entry=Entry(target_price=1020.0, stop_price=950.0, more=EVEN)),
        "ambiguous trade",
        ((1000.0,), (1020.0,)),
    ),
    # stops put before the liquidation price: certain in one series, not in two
    PathMarket(
        "an adjusted stop",
        market_of(CRASH, entry=Entry(stop_price=860.0), terms={"stop_vs_liquidation": "adjust"}),
        None,
        ((909.1,), (909.1,)),
    ),
    PathMarket(
        "an adjusted stop beside a mark of its own",
        market_of(
            (1000.0, 1100.0, 850.0, 880.0, 100.0),
            mark=[(1000.0, 1000.0, 850.0, 880.0)],
            entry=Entry(stop_price=860.0),
            terms={"stop_vs_liquidation": "adjust"},
        ),
        "ambiguous trade",
        ((909.1,), (900.0,)),
    ),
    # the ladder: a cut fills at the last price of its moment
    PathMarket(
        "a takeover in the lowest tier", market_of(CRASH, terms={"liquidation": "ladder"}), None, ((900.0,), (900.0,))
    ),
    PathMarket(
        "a cut",
        market_of(
            (1000.0, 1100.0, 900.0, 1000.0, 100.0),
            mark=[(1000.0, 1000.0, 920.0, 1000.0)],
            instrument=PLAIN._replace(tiers=LOW_TIERS),
            terms={"liquidation": "ladder", "sizing_value": 2.0},
        ),
        "position cut",
        (((0.921 * 907.8 + 1079) / 2,), ((0.921 * 915.7 + 1079) / 2,)),
    ),
    PathMarket(
        "a trigger by the mark",
        market_of(
            (1000.0, 1100.0, 980.0, 1000.0, 100.0),
            mark=[(1000.0, 1000.0, 985.0, 1000.0)],
            entry=Entry(stop_price=990.0),
            terms={"trigger_by": "mark"},
        ),
        "trigger by the mark",
        ((986.6,), (1020.0,)),
    ),
)
