"""What a run tells of its rules: signals, the orders that they led to, and the positions held meanwhile, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book import codes
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.face.events import Event, Trade
from btcli.exchange.face.telling import Told
from btcli.market.series import Floats, Millis
from btcli.simulation.levels_told import trails_beyond

KINDS = (
    codes.SIGNALLED,
    codes.ORDER_SUBMITTED,
    codes.ORDER_REJECTED,
    codes.ORDER_CANCELLED,
    codes.ORDER_FILLED,
    codes.POSITION_OPENED,
    codes.POSITION_CLOSED,
    codes.LIQUIDATED,
    codes.WARNED,
)
TOLD = {  # of each event that is kept, as small as it comes: a run of years tells half a million of them
    "kind": np.int8,
    "step": np.int32,
    "phase": np.int8,
    "symbol": np.int16,
    "side": np.int8,
    "order_id": np.int32,
    "code": np.int16,
    "exit_reason": np.int8,
    "part": np.int8,
    "is_beyond": np.bool_,  # an entry whose trail could not begin before its target
}
OF_WISHES = ("part", "is_beyond")  # no column of an event
BESIDE_TURNING = (codes.PREPARE, codes.ADD, codes.REDUCE)  # actions that neither enter nor leave with all
_IS_KEPT = np.zeros(len(codes.EVENT_NAMES) + 1, np.bool_)
_IS_KEPT[list(KINDS)] = True
Steps = NDArray[np.int64]
Column = NDArray[Any]  # one of TOLD
Where = NDArray[np.bool_]


class RulesTold:
    """A sink that keeps what has to do with rules; `side` and `part` of a signal are those of its wish."""

    def __init__(self) -> None:
        self._kept: list[dict[str, Column]] = []

    def events(self, events: Sequence[Event]) -> None:
        if not isinstance(events, Told):  # what the run tells of itself
            return
        places = np.flatnonzero(_IS_KEPT[events.records["kind"]])
        told = {name: small for name, small in TOLD.items() if name not in OF_WISHES}
        kept: dict[str, Column] = {name: events.records[name][places].astype(small) for name, small in told.items()}
        kept |= {name: np.zeros(len(places), TOLD[name]) for name in OF_WISHES}
        signals = kept["kind"] == codes.SIGNALLED
        wishes = events.wishes[kept["order_id"][signals]]
        kept["side"][signals], kept["part"][signals] = wishes["direction"], wishes["order"]["part"]
        if (wishes["order"]["trail_activation"] != NO_LEVEL).any():
            entries, owners = _entries(kept)
            expected = events.records["reference_price"][places[entries]]
            kept["is_beyond"][entries] = trails_beyond(wishes[np.cumsum(signals)[owners] - 1], expected)
        self._kept.append(kept)

    def trades(self, trades: Sequence[Trade]) -> None:
        """Trades do not say which rule they are of."""

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """Nor do balances."""

    def of(self, index: int) -> RulesOfSymbol:
        """What was told of one symbol, in its order."""
        told = {
            name: np.concatenate([np.empty(0, small), *(each[name] for each in self._kept)])
            for name, small in TOLD.items()
        }
        mine = told["symbol"] == index
        return RulesOfSymbol(told if mine.all() else {name: column[mine] for name, column in told.items()})


class RulesOfSymbol(NamedTuple):
    """The columns of TOLD of one symbol, in the order in which it was told."""

    told: Mapping[str, Column]

    def _is(self, *kinds: int) -> Where:
        return _among(self.told["kind"], kinds)

    def signalled(self, side: int) -> Steps:
        """The steps at whose closes a side was wished, ascending; a part, an add and taking orders back wish none."""
        wished = self._is(codes.SIGNALLED) & ~_among(self.told["code"], BESIDE_TURNING)
        steps: Steps = self.told["step"][wished & (self.told["side"] == side)]
        return steps

    def left_instead(self, side: int) -> Steps:
        """The steps at whose closes a side was wished, and what was held was closed alone; ascending."""
        wished = self._is(codes.SIGNALLED) & (self.told["code"] == codes.CLOSE_ALL)
        steps: Steps = self.told["step"][wished & (self.told["side"] == side)]
        return steps

    def left_in_part(self, part: int) -> Steps:
        """The steps at whose closes a part was wished to be closed, from 1 on, or with 0 any; ascending."""
        wished = self._is(codes.SIGNALLED) & (self.told["code"] == codes.REDUCE)
        steps: Steps = self.told["step"][wished & ((self.told["part"] == part) | (part == 0))]
        return steps

    def added(self) -> Steps:
        """The steps at whose closes an add was wished, ascending."""
        steps: Steps = self.told["step"][self._is(codes.SIGNALLED) & (self.told["code"] == codes.ADD)]
        return steps

    def took_back(self) -> Steps:
        """The steps at whose closes orders were taken back, and nothing else was done; ascending."""
        steps: Steps = self.told["step"][self._is(codes.SIGNALLED) & (self.told["code"] == codes.PREPARE)]
        return steps

    def timed_out(self) -> Steps:
        """The steps at whose closes a position was closed for its age, and nothing was asked; ascending."""
        orders = self._is(codes.ORDER_SUBMITTED, codes.ORDER_REJECTED)
        steps: Steps = self.told["step"][orders & (self.told["exit_reason"] == codes.EXIT_TIMEOUT)]
        return steps

    def held_at(self, steps: Steps) -> Steps:
        """The side that was held when the rules were looked at, at the close of each step: +1, -1, 0 flat.

        What ends with the run, at the close of its last step, ends after they were looked at.
        """
        ends = _among(self.told["exit_reason"], (codes.EXIT_END_OF_DATA, codes.EXIT_RUN_STOPPED))
        is_opened = self._is(codes.POSITION_OPENED)
        moved = (is_opened | self._is(codes.POSITION_CLOSED, codes.LIQUIDATED)) & ~ends
        sides = np.where(is_opened, self.told["side"], codes.FLAT)[moved]
        before = np.searchsorted(self.told["step"][moved], steps, side="right")
        held: Steps = np.concatenate([[codes.FLAT], sides])[before]
        return held

    def led_to(self, wished: int, held: int = codes.FLAT, action: int = codes.IGNORE, part: int = 0) -> LedTo:
        """What became of the wishes of a side; those to be flat are told by the side that was held.

        With an action of those that do not turn, of its wishes, and of one part. Orders that a signal led to follow it
        in its own step, before the next signal.
        """
        told, is_signal = self.told, self._is(codes.SIGNALLED)
        mine = is_signal & (told["side"] == wished) & (told["part"] == part)
        mine &= ~_among(told["code"], BESIDE_TURNING) if action == codes.IGNORE else told["code"] == action
        if wished == codes.FLAT:
            mine[mine] = self.held_at(told["step"][mine]) == held
        if not mine.any():
            return LedTo(0, {}, {}, 0)
        reason = codes.EXIT_SIGNAL if wished == codes.FLAT else codes.NO_EXIT
        asked = self._is(codes.ORDER_SUBMITTED, codes.ORDER_REJECTED) & (told["exit_reason"] == reason)
        asked &= told["phase"] == codes.DECISION
        owner = np.maximum.accumulate(np.where(is_signal, np.arange(len(mine)), -1))
        asked &= (owner >= 0) & mine[owner] & (told["step"] == told["step"][owner])
        is_of_order = np.zeros(int(told["order_id"].max()) + 1, np.bool_)
        is_of_order[told["order_id"][asked]] = True
        of_orders = ~is_signal & is_of_order[told["order_id"]]
        refused = self._by_code(of_orders & self._is(codes.ORDER_REJECTED))
        if wished != codes.FLAT and (without := self._without_orders(mine, owner[asked])):
            refused[codes.CODE_NAMES[codes.ENTRIES_ARE_DISABLED]] = without
        has_filled = np.zeros_like(is_of_order)
        has_filled[told["order_id"][of_orders & self._is(codes.ORDER_FILLED)]] = True
        cancelled = self._by_code(of_orders & self._is(codes.ORDER_CANCELLED))
        return LedTo(int(mine.sum()), dict(sorted(refused.items())), cancelled, int(has_filled.sum()))

    def levels_missed(self, side: int) -> LevelsMissed:
        """Of how many entries of a side a level lay where nothing could reach it, of those that were accepted."""
        told, (entries, _) = self.told, _entries(self.told)
        mine = entries[told["side"][entries] == side]
        is_mine = np.zeros(int(told["order_id"].max(initial=0)) + 1, np.bool_)
        is_mine[told["order_id"][mine]] = True
        warned = self._is(codes.WARNED) & (told["code"] == codes.STOP_BEYOND_LIQUIDATION)
        stops = int((warned & is_mine[told["order_id"]]).sum())
        return LevelsMissed(int(told["is_beyond"][mine].sum()), stops)

    def _without_orders(self, mine: Where, owners: Steps) -> int:
        """How many of these signals asked for an entry that led to no order at all: entries were disabled."""
        entering = mine & _among(self.told["code"], (codes.ENTER, codes.ADD, codes.REVERSE))
        entering[owners] = False
        return int(entering.sum())

    def _by_code(self, orders: Where) -> dict[str, int]:
        times = np.bincount(self.told["code"][orders], minlength=1)
        return {codes.CODE_NAMES[code]: int(times[code]) for code in np.flatnonzero(times).tolist()}


class LedTo(NamedTuple):
    """How often a rule wished something, and of the orders that came of it those refused, cancelled and filled."""

    fired: int
    refused: dict[str, int]
    cancelled: dict[str, int]
    filled: int


class LevelsMissed(NamedTuple):
    """How many entries had their trail beyond the target, and how many their stop beyond the liquidation."""

    trails: int
    stops: int


def _entries(told: Mapping[str, Column]) -> tuple[Steps, Steps]:
    """The places of entries that were submitted, without those that add, and of the signals that they came of."""
    is_signal = told["kind"] == codes.SIGNALLED
    owners = np.maximum.accumulate(np.where(is_signal, np.arange(len(is_signal)), -1))
    found = (told["kind"] == codes.ORDER_SUBMITTED) & (told["phase"] == codes.DECISION) & (owners >= 0)
    found &= (told["exit_reason"] == codes.NO_EXIT) & _among(told["code"][owners], (codes.ENTER, codes.REVERSE))
    entries = np.flatnonzero(found & (told["step"] == told["step"][owners]))
    return entries, owners[entries]


def _among(values: Column, wanted: Sequence[int]) -> Where:
    found: Where = np.logical_or.reduce([values == each for each in wanted])
    return found
