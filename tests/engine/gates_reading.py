"""A second reading of what holds entries back, close by close, from fills and the clock alone; no code of btcli."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

MINUTE = 60_000
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ORDER = (
    "session",
    "max_entries_per_day",
    "pause_after_losses",
    "cooldown_after_loss_bars",
    "cooldown_bars",
    "rearm",
)


class Close(NamedTuple):
    """A close of ltf, and what the conditions are there; each is known."""

    ts: int
    enters: Mapping[str, bool]
    exits: bool


class Opened(NamedTuple):
    """An entry that filled: the open of its minute."""

    ts: int
    side: str


class Ended(NamedTuple):
    """A trade that ended: the open of its minute, and what it came to."""

    ts: int
    side: str
    net: float


class Reader:
    """Holds closes against gates; `rules` are those of a system file, `settled` the times of settlements."""

    def __init__(self, rules: Mapping[str, Any], closes: Sequence[Close], settled: Sequence[int]) -> None:
        self.rules, self.closes, self.settled = rules, closes, settled

    def written(self, side: str, key: str) -> tuple[Any, bool]:
        """What counts for a side, and whether it stands inside it."""
        own = self.rules[side]
        return (own[key], True) if key in own else (self.rules.get(key), False)

    def closed(self, side: str, now: int, opened: Sequence[Opened], ended: Sequence[Ended]) -> str:
        """The first gate that holds an entry of a side back at a close; "" where none does."""
        for key in ORDER:
            said, is_own = self.written(side, key)
            if said is None or said is False or said == 0:
                continue
            fills = [each for each in opened if each.ts < now and (not is_own or each.side == side)]
            ends = [each for each in ended if each.ts < now and (not is_own or each.side == side)]
            held = getattr(self, f"_{key}")(said, side, now, fills, ends)
            if held:
                return key
        return ""

    def _closes_since(self, ts: int, now: int) -> int:
        return sum(ts < close.ts <= now for close in self.closes)

    def _cooldown_bars(self, bars: int, side: str, now: int, fills: Any, ends: Sequence[Ended]) -> bool:
        return bool(ends) and self._closes_since(ends[-1].ts, now) <= bars

    def _cooldown_after_loss_bars(self, bars: int, side: str, now: int, fills: Any, ends: Sequence[Ended]) -> bool:
        return self._cooldown_bars(bars, side, now, fills, [each for each in ends if each.net < 0])

    def _pause_after_losses(self, pause: Any, side: str, now: int, fills: Any, ends: Sequence[Ended]) -> bool:
        row, begun = 0, None
        for each in ends:
            row = row + 1 if each.net < 0 else 0
            if row == pause["losses"]:
                row, begun = 0, each.ts
        return begun is not None and self._closes_since(begun, now) <= pause["bars"]

    def _max_entries_per_day(self, most: int, side: str, now: int, fills: Sequence[Opened], ends: Any) -> bool:
        day = datetime.fromtimestamp(now / 1000, UTC).date()
        return sum(datetime.fromtimestamp(each.ts / 1000, UTC).date() == day for each in fills) >= most

    def _rearm(self, said: bool, side: str, now: int, fills: Sequence[Opened], ends: Any) -> bool:
        last = max((each.ts for each in fills if each.side == side), default=None)
        if last is None:
            return False
        return not any(last < close.ts < now and not close.enters[side] for close in self.closes)

    def _session(self, said: Mapping[str, Any], side: str, now: int, fills: Any, ends: Any) -> bool:
        moment = datetime.fromtimestamp(now / 1000, UTC)
        return not (_in_hours(said, moment) and self._away_from_funding(said, now))

    def _away_from_funding(self, said: Mapping[str, Any], now: int) -> bool:
        if "not_around_funding" not in said:
            return True
        span = int(said["not_around_funding"][:-1]) * MINUTE
        before = [ts for ts in self.settled if ts < now]
        if len(before) < 2:
            return False
        expected = before[-1] + (before[-1] - before[-2])
        return expected >= now and expected - now > span and now - before[-1] > span


def _in_hours(said: Mapping[str, Any], moment: datetime) -> bool:
    """Whether some day on which it may has begun its hours and not ended them."""
    days = set(_days(said.get("days", "mon-sun")))
    begin, end = said.get("hours", "00:00-24:00").split("-")
    midnight = moment.replace(hour=0, minute=0)
    for first in (midnight - timedelta(days=1), midnight):
        start, stop = (first + timedelta(hours=int(text[:-3]), minutes=int(text[-2:])) for text in (begin, end))
        if stop <= start:
            stop += timedelta(days=1)
        if start <= moment < stop and first.weekday() in days:
            return True
    return False


def _days(said: str | Sequence[str]) -> Iterator[int]:
    for each in [said] if isinstance(said, str) else said:
        first, _, last = each.partition("-")
        at = DAYS.index(first)
        yield at
        while last and DAYS[at] != last:
            at = (at + 1) % 7
            yield at
