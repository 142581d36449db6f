"""Which gates held the entries of a symbol's rules back at one close: by the exchange's own formulas, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from btcli.config.findings import key_of
from btcli.config.rules import SIDES, Rules, Side
from btcli.exchange.book.records import DAY_MS
from btcli.exchange.face.gating import Gating, OfTrades
from btcli.exchange.formulas.gating import GATE_NAMES, is_armed, is_spent, is_within
from btcli.frozen import frozen
from btcli.market.series import Millis
from btcli.strategies.rules.settings import session_said, whose_trades
from btcli.timeframe import utc_text

AFTER_TRADES = {  # by gate: since which close it counts, and what has to have ended then
    "cooldown_after_loss_bars": ("loss_closes", "a losing trade"),
    "cooldown_bars": ("flat_closes", "a trade"),
}


@frozen
class SeenGate:
    """A gate of a side at a close: `until_ms` is the first close at which it lets entries through as things stood.

    None where it is open, where nobody can say, and where that is not before the end of the window.
    """

    side: str
    gate: str
    key: str
    is_closed: bool
    said: str
    until_ms: int | None = None


class Seen(NamedTuple):
    """What a side's gates look at beside its trades: whether a close is inside a session, and when `enter` was false.

    `inside` is None where it is unknown, or there is no session; `opens_ms` the next close inside one.
    """

    inside: bool | None = None
    opens_ms: int | None = None
    false_ms: int = 0


class Now(NamedTuple):
    """A close of ltf: its time, how many the symbol has had with it, and the times of all that it ever has."""

    at_ms: int
    closes: int
    ends: Millis


def gates_seen(rules: Rules, at: str, gating: Gating, now: Now, seen: dict[Side, Seen]) -> Iterator[SeenGate]:
    """Every gate of every side that enters, in the order in which they are asked; `at` is the key of the rules."""
    for place, side in enumerate(SIDES):
        for gate in GATE_NAMES if rules.place(side, "enter") else ():
            path = rules.place_of_key(side, gate)
            if path is None or not rules.whole(side, gate):
                continue
            trades = gating.own[place] if path[0] == side else gating.both
            told = _Side(rules, side, gate, now, trades, gating.filled_ms[place], seen.get(side, Seen())).told()
            yield SeenGate(side, gate, key_of((at, *path)), *told)


class _Side(NamedTuple):
    """One gate of a side, and all that it looks at."""

    rules: Rules
    side: Side
    gate: str
    now: Now
    trades: OfTrades
    filled_ms: int
    seen: Seen

    def told(self) -> tuple[bool, str, int | None]:
        """Whether it is closed, what it looks at in words, and until when it is."""
        if self.gate == "session":
            return self._session()
        if self.gate == "max_entries_per_day":
            return self._entries_of_day()
        if self.gate == "pause_after_losses":
            return self._pause()
        return self._rearm() if self.gate == "rearm" else self._cooldown()

    @property
    def _whose(self) -> str:
        return whose_trades(self.rules, self.side, self.gate)

    def _session(self) -> tuple[bool, str, int | None]:
        said = session_said(self.rules.whole(self.side, "session"))
        unknown = "" if self.seen.inside is not None else "; whether this is inside is unknown"
        return not self.seen.inside, said + unknown, None if self.seen.inside else self.seen.opens_ms

    def _entries_of_day(self) -> tuple[bool, str, int | None]:
        most, day = self.rules.value(self.side, self.gate), self.now.at_ms // DAY_MS
        entries = self.trades.entries if self.trades.day == day else 0
        is_closed = is_spent({self.gate: most}, self.trades._asdict(), day)
        said = f"{entries:,} of {most:,} entries{self._whose} filled on {utc_text(day * DAY_MS)[:10]}"
        return is_closed, said, (day + 1) * DAY_MS if is_closed else None

    def _pause(self) -> tuple[bool, str, int | None]:
        losses, bars = (self.rules.value(self.side, f"{self.gate}.{key}") for key in ("losses", "bars"))
        is_closed, said, until_ms = self._since(self.trades.pause_closes, bars, f"{losses:,} losing trades in a row")
        row = "" if is_closed else f"; {self.trades.losses % losses:,} of {losses:,} in a row"
        return is_closed, said + row, until_ms

    def _cooldown(self) -> tuple[bool, str, int | None]:
        name, ended = AFTER_TRADES[self.gate]
        return self._since(getattr(self.trades, name), self.rules.value(self.side, self.gate), ended)

    def _since(self, since: int, bars: int, ended: str) -> tuple[bool, str, int | None]:
        """A gate that is closed for `bars` closes after something that `since` closes had been seen before."""
        if since == 0:
            return False, f"{ended}{self._whose}: not yet", None
        count = self.now.closes - since
        is_closed = is_within(self.now.closes, since, bars)
        of = f" of {bars:,}" if is_closed else f", more than {bars:,},"
        first = since + bars
        until_ms = int(self.now.ends[first]) if is_closed and first < len(self.now.ends) else None
        return is_closed, f"close {count:,}{of} after {ended}{self._whose} ended", until_ms

    def _rearm(self) -> tuple[bool, str, int | None]:
        if self.filled_ms == 0:
            return False, f"no entry of {self.side} has filled", None
        filled = f"an entry of {self.side} filled in the bar from {utc_text(self.filled_ms)}"
        if is_armed(self.filled_ms, self.seen.false_ms):
            return False, f"{filled}, and enter was false at {utc_text(self.seen.false_ms)}", None
        return True, f"{filled}, and enter has not been false since", None
