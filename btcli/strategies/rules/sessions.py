"""When entries may be made, as a condition on the clock and on the settlements of funding at a close of ltf."""

from __future__ import annotations

from btcli.config.rule_gates import MINUTES_OF_DAY, Session, days_of, hours_of
from btcli.expressions.tree import Column, Node, Number, Operation
from btcli.timeframe import UNIT_MS, duration_ms

HOUR, MINUTE, WEEKDAY = (Column("ltf", f"time.{name}") for name in ("hour", "minute", "weekday"))
OF_DAY = Operation("ADD", (Operation("MUL", (HOUR, Number(60.0))), MINUTE))
AROUND_FUNDING = (Column("ltf", "market.minutes_to_funding"), Column("ltf", "market.minutes_since_funding"))


def inside(session: Session) -> Node:
    """Whether a close of ltf lies in a session; unknown where a settlement is to be kept away from and none is known.

    The hours include their beginning and not their end. What of them lies after midnight is of the day before.
    """
    parts = [*_clock(session)]
    if session.not_around_funding is not None:
        minutes = Number(float(duration_ms(session.not_around_funding)) / UNIT_MS["m"])
        parts += [Operation("GT", (column, minutes)) for column in AROUND_FUNDING]
    return parts[0] if len(parts) == 1 else Operation("AND", tuple(parts))


def _clock(session: Session) -> list[Node]:
    days = () if session.days is None else days_of(session.days)
    if session.hours is None:
        return _on(days)
    begin, end = hours_of(session.hours)
    begun, not_ended = _from(begin), _until(end)
    if begin < end:
        return [*begun, *not_ended, *_on(days)]
    late = _all([*begun, *_on(days)])
    early = [_all([*not_ended, *_on(tuple(day % 7 + 1 for day in days))])] if not_ended else []
    return [Operation("OR", (late, *early)) if early else late]


def _from(minute: int) -> list[Node]:
    return [Operation("GE", (OF_DAY, Number(float(minute))))] if minute else []


def _until(minute: int) -> list[Node]:
    """Nothing where it is midnight, at which the day has ended anyway."""
    return [Operation("LT", (OF_DAY, Number(float(minute))))] if minute % MINUTES_OF_DAY else []


def _on(days: tuple[int, ...]) -> list[Node]:
    equal = tuple(Operation("EQ", (WEEKDAY, Number(float(day)))) for day in sorted(days))
    return [Operation("OR", equal) if len(equal) > 1 else equal[0]] if equal else []


def _all(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Operation("AND", tuple(parts))
