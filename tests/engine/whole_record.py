"""What a run told of one symbol, as it stood at any close: orders, positions and trades, for the second reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gates_reading import Ended, Opened

BUYS = {"buy": "long", "sell": "short"}


class Happened(NamedTuple):
    """One thing that a run told."""

    ts: int
    name: str
    symbol: str | None
    fields: Mapping[str, Any]


class Held(NamedTuple):
    """A position as it is at a close: from its fills."""

    side: str
    since: int  # when it was opened
    first_qty: float
    qty: float
    entry: float
    adds: int
    added: float  # coins
    exits: int
    last_fill: float  # the price that entered or added last
    asked: int  # when the entry that opened it was asked for


class Record:
    """What one symbol's run told, as it stood at any close; what has the time of a close comes after it."""

    def __init__(self, symbol: str, told: Sequence[Happened]) -> None:
        self.own = [each for each in told if each.symbol == symbol]
        self.opened = [Opened(each.ts, each.fields["side"]) for each in self._named("position_opened")]
        self.ended = [
            Ended(each.ts, each.fields["side"], each.fields["net_pnl_usdt"]) for each in self._named("position_closed")
        ]
        self.asked_at = {
            each.fields["order_id"]: (each.ts, BUYS[each.fields["side"]]) for each in self._named("order_submitted")
        }
        self._at_prices = {
            each.fields["order_id"]
            for each in self._named("order_submitted")
            if each.fields["type"] != "market" and each.fields.get("exit_reason", "signal") == "signal"
        }
        self.over_at = {
            each.fields["order_id"]: each for each in self._named("order_filled", "order_cancelled", "order_rejected")
        }
        self.stops = {each.ts: each.fields["stop_price"] for each in self._named("position_opened")}
        self.targets = {each.ts: each.fields["target_price"] for each in self._named("position_opened")}
        self._held = list(self._positions())

    def _named(self, *names: str) -> Iterator[Happened]:
        return (each for each in self.own if each.name in names)

    def _is_part(self, filled: Mapping[str, Any]) -> bool:
        """Whether an order that made a position smaller was one of its exits in parts."""
        asked = self.asked_at.get(filled["order_id"], (-1, ""))[0]
        by_when = any(each.ts == asked and "part" in each.fields for each in self._named("signal"))
        return filled.get("exit_reason") == "target" or by_when

    def _positions(self) -> Iterator[tuple[int, Held | None]]:
        """The position after each of its fills."""
        held, price, asked, left = None, 0.0, 0, False
        for each in self._named("order_filled", "position_opened", "position_changed", "position_closed"):
            fields = each.fields
            if each.name == "order_filled":
                price, asked = fields["price"], self.asked_at.get(fields["order_id"], (0, ""))[0]
                left = self._is_part(fields)  # else an order of the other side made it smaller
                continue
            if each.name == "position_opened":
                held = Held(
                    fields["side"],
                    each.ts,
                    fields["qty"],
                    fields["qty"],
                    fields["entry_price"],
                    0,
                    0.0,
                    0,
                    price,
                    asked,
                )
            elif each.name == "position_closed":
                held = None
            elif held is not None:
                grew = fields["qty"] > held.qty
                more = fields["qty"] - held.qty if grew else 0.0
                held = held._replace(
                    qty=fields["qty"], entry=fields["entry_price"], adds=held.adds + grew, added=held.added + more,
                    exits=held.exits + left, last_fill=price if grew else held.last_fill,
                )  # fmt: skip
            yield each.ts, held

    def held(self, now: int) -> Held | None:
        """The position at a close."""
        before = [held for ts, held in self._held if ts < now]
        return before[-1] if before else None

    def waiting(self, now: int) -> dict[int, str]:
        """The orders that wait at a price that rules gave them, by number: they enter, or leave what is in the way."""
        return {
            order: side
            for order, (ts, side) in self.asked_at.items()
            if ts < now and order in self._at_prices and not (order in self.over_at and self.over_at[order].ts < now)
        }

    def ready(self, now: int) -> bool:
        """Whether all roles are ready at a close."""
        said = [each.fields["ready"] for each in self._named("ready") if each.ts <= now]
        return bool(said) and said[-1]

    def parts_done(self, held: Held, now: int) -> set[int]:
        """The parts by `when` of a position that were closed."""
        wished = [each for each in self._named("signal") if held.since <= each.ts < now and "part" in each.fields]
        return {each.fields["part"] for each in wished}

    def used_from(self, side: str, now: int) -> int:
        """When the entry of a side that filled last was asked for; what was before counts no more."""
        filled = [
            self.asked_at[each.fields["order_id"]][0]
            for each, after in zip(self.own, self.own[1:], strict=False)
            if each.name == "order_filled" and after.name == "position_opened" and after.fields["side"] == side
            and each.ts < now
        ]  # fmt: skip
        return filled[-1] if filled else -1
