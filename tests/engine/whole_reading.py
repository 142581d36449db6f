"""Whole rule sets read a second time from the page, close by close: what is wished is decided here, fills are given.

Nothing of btcli is used: candles, what a run told of orders and positions, and the block `strategy.rules` as written.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from gates_reading import MINUTE, Close
from gates_reading import Reader as Gates
from second_reading import Candles, Facts, Reader, Seen, joined, tree_of
from whole_record import Happened, Held, Record

SIDES = ("long", "short")
SPANS = {"m": 1, "h": 60}
ORDER_TYPES = {("limit",): "limit", ("stop",): "stop_market", ("limit", "stop"): "stop_limit"}
Decided = tuple[str, str, dict[str, Any]]  # direction, action, and what else its signal tells
Wish = tuple[int, str, str, dict[str, Any]]
NOTHING: Decided = ("", "", {})


class Expressions(Reader):
    """`then` counts evaluations, and forgets in an `enter` what led to an entry."""

    evaluations: Sequence[int] = ()  # the closes at which all roles are ready, ascending
    used_before = -1  # the evaluation at which an entry was asked for: what was before it is used up

    def _then(self, parts: Sequence[ast.expr], unit: str, place: int) -> bool | None:
        within = int(ast.literal_eval(parts[2]))
        earlier = [each for each in self.evaluations if each < place][-within:]
        before = [self.seen(parts[0], unit, each) for each in earlier if each >= self.used_before]
        return joined([joined(before, True) if before else False, self.seen(parts[1], unit, place)], False)


class Whole:
    """What the rules of one symbol wish at each close."""

    def __init__(
        self,
        rules: Mapping[str, Any],
        risk: Mapping[str, Any],
        symbol: str,
        market: Mapping[str, Candles],
        told: Sequence[Happened],
        settled: Sequence[int],
    ) -> None:
        self._rules, self._risk, self._symbol, self._told = rules, risk, symbol, told
        self.record = Record(symbol, told)
        self._records = [Record(each, told) for each in market]
        self.closes = market[symbol].closes["ltf"]
        self._ltf_ms = min(b - a for a, b in zip(self.closes, self.closes[1:], strict=False))
        self._last = dict(zip(market[symbol].closes["exec"], market[symbol].columns["exec", "close"], strict=True))
        # One's own symbol, where it is named, is looked at as another would be; bare names are of "".
        self._reader = Expressions("", {**market, "": market[symbol]}, Facts(self._standing()))
        self._reader.evaluations = [n for n, now in enumerate(self.closes) if self.record.ready(now)]
        self._settled = settled
        self.held_back = Counter[tuple[str, str]]()
        self.taken_back: set[int] = set()  # orders
        self.timed_out: list[int] = []
        self.counted = Counter[str]()

    def _standing(self) -> dict[str, list[float | None]]:
        """How the position and the account stand at each close."""
        rows = [self._at(now) for now in self.closes]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def _at(self, now: int) -> dict[str, float | None]:
        held, last = self.record.held(now), self._last.get(now)
        ended = [
            each.fields["net_pnl_usdt"] < 0 for each in self._told if each.name == "position_closed" and each.ts < now
        ]
        row = next((n for n, lost in enumerate(reversed(ended)) if not lost), len(ended))
        account: dict[str, float | None] = {
            "account.losses_in_a_row": float(row),
            "account.open_positions": float(sum(each.held(now) is not None for each in self._records)),
        }
        names = ("side", "qty", "entry_price", "bars", "move_pct", "adds", "exits_done")
        if held is None or last is None:
            return account | {f"position.{name}": None for name in names}
        sign = 1.0 if held.side == "long" else -1.0
        bars = float(sum(held.since < each <= now for each in self.closes))
        move = sign * (last - held.entry) / held.entry * 100.0
        values = (sign, held.qty, held.entry, bars, move, float(held.adds), float(held.exits))
        return account | {f"position.{name}": value for name, value in zip(names, values, strict=True)}

    def written(self, side: str, key: str) -> Any:
        """A key inside a side wins over the one beside it, with all that it holds."""
        own = self._rules.get(side)
        return None if own is None else own.get(key, self._rules.get(key))

    def seen(self, text: Any, place: int) -> Seen:
        self._reader.used_before = -1
        return self._reader.at(_tree(text), place)

    def _is_true(self, side: str, key: str, place: int) -> bool:
        text = self.written(side, key)
        return text is not None and self.seen(text, place) is True

    def _enters(self, side: str, place: int) -> Seen:
        """The condition alone; what a `then` in it knows of an entry before is used up."""
        own = self._rules.get(side)
        if own is None:
            return False
        used = self.record.used_from(side, self.closes[place])
        self._reader.used_before = sum(now < used for now in self.closes)
        return self._reader.at(_tree(own["enter"]), place)

    @cached_property
    def _gates(self) -> Gates:
        """With unknown conditions as true ones: they arm nothing."""
        rows = [
            Close(now, {side: self._enters(side, place) is not False for side in SIDES}, False)
            for place, now in enumerate(self.closes)
            if self.record.ready(now)
        ]
        early = [Close(now, dict.fromkeys(SIDES, True), False) for now in self.closes if not self.record.ready(now)]
        rules = {**self._rules, **{side: self._rules.get(side, {}) for side in SIDES}}
        return Gates(rules, sorted(early + rows), self._settled)

    def wishes(self, until: int) -> list[Wish]:
        """All that is wished at closes before `until`."""
        found = []
        for place, now in enumerate(self.closes):
            if now < until and self.record.ready(now):
                found += [(now, *wish) for wish in self._at_close(place, now)]
        return found

    def _at_close(self, place: int, now: int) -> Iterator[Decided]:
        held = self.record.held(now)
        most = self._risk.get("max_bars_in_trade")
        if held is not None and most is not None and sum(held.since < each <= now for each in self.closes) >= most:
            self.timed_out.append(now)
            return
        direction, action, how = self._decided(held, place, now)
        waiting = self.record.waiting(now)
        ended = {
            order
            for order, side in waiting.items()
            if self._is_true(side, "cancel_when", place)
            or (action in ("enter", "reverse", "close") and side == direction)
        }
        self.taken_back |= ended
        if action or ended:
            self.counted[action or "prepare"] += 1
            waits = direction or (held.side if held is not None else "flat")
            yield waits, action or "prepare", how | ({"cancel": True} if ended else {})

    def _decided(self, held: Held | None, place: int, now: int) -> Decided:
        """What one evaluation wishes: exit, exits by when, adds, enter; the first that is true."""
        wished = None if held is None else self._of_what_is_held(held, place, now)
        return wished or self._turned(held, place, now) or NOTHING

    def _of_what_is_held(self, held: Held, place: int, now: int) -> Decided | None:
        if self._is_true(held.side, "exit", place):
            return "flat", "close", {}
        part = self._part(held, place, now)
        if part:
            return "flat", "reduce", {"part": part}
        add = self._add(held, place)
        return None if add is None else (held.side, "add", add)

    def _turned(self, held: Held | None, place: int, now: int) -> Decided | None:
        """An entry, or what it makes of the other side; gates hold back what enters, and leave what closes."""
        sides = [side for side in SIDES if self._enters(side, place) is True]
        entering = [(side, how) for side in sides if (how := self._entry(side, place)) is not None]
        self.counted["conflict"] += len(entering) == 2
        if len(entering) != 1 or (held is not None and held.side == entering[0][0]):
            return None
        side, how = entering[0]
        opposite = "enter" if held is None else self._risk["on_opposite_signal"]
        if opposite in ("enter", "reverse") and (gate := self._gate(side, now)):
            self.held_back[side, gate] += 1
            opposite = "ignore" if held is None else "close"
        return None if opposite == "ignore" else (side, opposite, how)

    def _gate(self, side: str, now: int) -> str:
        return self._gates.closed(side, now, self.record.opened, self.record.ended)

    def _part(self, held: Held, place: int, now: int) -> int | None:
        """The first part whose condition is true and that is not done."""
        parts = self.written(held.side, "exits") or []
        done = self.record.parts_done(held, now)
        for n, part in enumerate(parts, 1):
            if "when" in part and n not in done and self.seen(part["when"], place) is True:
                return n
        return None

    def _add(self, held: Held, place: int) -> dict[str, Any] | None:
        adds = self.written(held.side, "adds")
        if adds is None or self.seen(adds["when"], place) is not True or held.adds >= adds["most"]:
            return None
        if "apart" in adds:
            apart = self.seen(adds["apart"], place)
            last = self._last[self.closes[place]]
            if apart is None or last is None or abs(last - held.last_fill) < apart:
                return None
        size = self.written(held.side, "size")
        how: dict[str, Any] = {"add": True, **self._size(held.side, place)}
        if size is not None and "risk_pct" in size:
            how |= self._levels(held.side, "stop", place) | self._trail(held.side, place)
        return None if _is_unknown(how) else how

    def _entry(self, side: str, place: int) -> dict[str, Any] | None:
        """What an entry is made of, as far as its signal tells; None where something of it is unknown."""
        how = self._order(side, place) | self._size(side, place) | self._trail(side, place)
        how |= self._levels(side, "stop", place) | self._levels(side, "target", place)
        if (gain := self.written(side, "break_even")) is not None:
            how["break_even_distance"] = self.seen(gain, place)
        ages = self.written(side, "target_by_age") or {}
        aged = {int(age): self.seen(text, place) for age, text in ages.items()}
        if 0 in aged:
            how["target_distance"] = aged[0]
        if parts := self.written(side, "exits"):
            how["targets"] = [self._told_part(part, place) for part in parts]
        return None if _is_unknown(how) or None in aged.values() else how

    def _order(self, side: str, place: int) -> dict[str, Any]:
        order = self.written(side, "order")
        if order is None or order == "market":
            return {}
        names = {"limit": "price", "stop": "trigger_price"}
        how = {names[key]: self.seen(text, place) for key, text in order.items() if key in names}
        if "for" in order:
            said = order["for"]
            how["expires_after_ms"] = said * self._ltf_ms if isinstance(said, int) else _span_ms(said)
        return {"order": ORDER_TYPES[tuple(sorted(key for key in order if key in names))], **how}

    def _size(self, side: str, place: int) -> dict[str, Any]:
        size = self.written(side, "size")
        return {} if size is None else {"size": {key: self.seen(text, place) for key, text in size.items()}}

    def _levels(self, side: str, key: str, place: int) -> dict[str, Any]:
        said = self.written(side, key)
        return {} if said is None else {f"{key}_{what}": value for what, value in self._level(said, place).items()}

    def _level(self, said: Any, place: int) -> dict[str, Seen]:
        """A distance, or a price."""
        if isinstance(said, Mapping):
            return {"price": self.seen(said["price"], place)}
        return {"distance": self.seen(said, place)}

    def _trail(self, side: str, place: int) -> dict[str, Any]:
        said = self.written(side, "trail")
        return {} if said is None else self._trailed(said, place)

    def _trailed(self, said: Mapping[str, Any], place: int) -> dict[str, Any]:
        times = {"distance": "{}", "pct": "({}) / 100 * close", "atr": "({}) * ltf.atr"}
        (key,) = (key for key in times if key in said)
        how = {"trail_distance": self.seen(times[key].format(said[key]), place)}
        return how | ({"trail_activation": self.seen(said["from"], place)} if "from" in said else {})

    def _told_part(self, part: Mapping[str, Any], place: int) -> dict[str, Any]:
        how: dict[str, Any] = {"share": part["share"]}
        if "at" in part:
            how |= self._level(part["at"], place)
        then = part.get("then", {})
        if then == "break_even":
            return how | {"stop_distance": 0.0}
        if "stop" in then:
            how |= {f"stop_{what}": value for what, value in self._level(then["stop"], place).items()}
        return how | (self._trailed(then["trail"], place) if "trail" in then else {})


def _tree(text: Any, known: dict[str, ast.expr] = {}) -> ast.expr:  # noqa: B006 - kept from call to call
    if str(text) not in known:
        known[str(text)] = tree_of(str(text))
    return known[str(text)]


def _is_unknown(how: Any) -> bool:
    if isinstance(how, Mapping):
        return any(map(_is_unknown, how.values()))
    return any(map(_is_unknown, how)) if isinstance(how, list) else how is None


def _span_ms(said: str) -> int:
    return int(said[:-1]) * SPANS[said[-1]] * MINUTE
