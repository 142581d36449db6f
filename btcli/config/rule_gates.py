"""What holds entries back: the blocks of `strategy.rules` that say when none is made, and what is written in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, PlainSerializer, WithJsonSchema, model_validator

from btcli.config.findings import did_you_mean, listed
from btcli.config.rule_values import MOST_BARS, Duration, rule_key
from btcli.config.types import ReadBy, Section, refusal

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_DAY = 24 * 60
_HOURS = re.compile(r"(\d{1,2}):(\d{2}) ?- ?(\d{1,2}):(\d{2})")
_HOURS_HINT = 'such as "07:00-21:30", UTC, or over midnight "22:00-06:00"'
_DAYS_HINT = "such as mon-fri, or [mon, wed, fri]"


def hours_of(text: str) -> tuple[int, int]:
    """The minutes of the day at which "07:00-21:30" begins and ends; the end comes first where it passes midnight.

    Raises ValueError, with a sentence, for what is no span of hours, and for one that is the whole day or nothing.
    """
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError("is no span of hours")
    hours = [int(each) for each in found.groups()]
    begin, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if max(hours[1], hours[3]) > 59 or begin >= MINUTES_OF_DAY or end > MINUTES_OF_DAY:
        raise ValueError("has a time that no day has")
    if begin == end % MINUTES_OF_DAY:
        raise ValueError("begins where it ends: leave it out for the whole day")
    return begin, end


def days_of(said: str | tuple[str, ...]) -> tuple[int, ...]:
    """The days of `mon-fri` or of a list, 1 (Monday) to 7, ascending.

    Raises ValueError, with a sentence, for what is no day, for one that is said twice, and for all of them.
    """
    found: list[int] = []
    for each in (said,) if isinstance(said, str) else said:
        first, dash, last = (part.strip() for part in each.partition("-"))
        for day in (first, last) if dash else (first,):
            if day not in DAYS:
                raise ValueError(f"{day!r} is no day ({did_you_mean(day, DAYS) or listed(DAYS)})")
        begin = DAYS.index(first)
        count = (DAYS.index(last) - begin) % 7 + 1 if dash else 1
        found += [(begin + n) % 7 + 1 for n in range(count)]
    if twice := [day for day in found if found.count(day) > 1]:
        raise ValueError(f"{DAYS[twice[0] - 1]} stands there twice")
    if not found or len(found) == len(DAYS):
        raise ValueError("are all days: leave it out" if found else "are none")
    return tuple(sorted(found))


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _hours(value: Any) -> str:
    if not isinstance(value, str):
        raise refusal("expected a span of hours", hint=_HOURS_HINT)
    try:
        hours_of(value)
    except ValueError as error:
        raise refusal(f"{value!r} {error}", hint=_HOURS_HINT) from None
    return value


def _days(value: Any) -> str | tuple[str, ...]:
    said = tuple(value) if isinstance(value, (list, tuple)) else value
    if not isinstance(said, (str, tuple)) or not all(isinstance(day, str) for day in said):
        raise refusal("expected days", hint=_DAYS_HINT)
    try:
        days_of(said)
    except ValueError as error:
        raise refusal(str(error), hint=_DAYS_HINT) from None
    return said


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise refusal("expected true or false")


def _bars(value: Any) -> int:
    if type(value) is int and 0 <= value <= MOST_BARS:
        return value
    raise refusal(f"expected a number of ltf bars from 0 to {MOST_BARS:,}", hint="0 is none")


Hours = Annotated[str, ReadBy(_hours), WithJsonSchema({"type": "string", "examples": ["07:00-21:30"]})]
Days = Annotated[
    str | tuple[str, ...],
    ReadBy(_days),
    PlainSerializer(lambda said: said if isinstance(said, str) else list(said)),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string", "enum": list(DAYS)}}],
            "examples": ["mon-fri"],
        }
    ),
]
Switch = Annotated[bool, ReadBy(_switch), WithJsonSchema({"type": "boolean"})]
Bars = Annotated[int, ReadBy(_bars), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MOST_BARS})]
Times = Annotated[int, Field(ge=1, le=MOST_BARS)]


class Pause(Section):
    """No entries for a while after so many losing trades in a row."""

    losses: Times = Field(description="losing trades in a row")
    bars: Times = Field(description="closes of ltf without an entry")


class Session(Section):
    """When entries may be made; what is left out does not matter."""

    hours: Hours = rule_key("from and until when, UTC")
    days: Days = rule_key("of the week, UTC; hours over midnight belong to the day on which they begin")
    not_around_funding: Duration = rule_key("so long before and after a settlement of funding there is no entry")

    @model_validator(mode="before")
    @classmethod
    def _has_keys(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        meant = ((hours_of, f'write {{hours: "{value}"}}'), (days_of, f"write {{days: {value}}}"))
        hints = (hint for read, hint in meant if _reads(read, value))
        raise refusal("expected keys and values", hint=next(hints, 'such as {hours: "07:00-21:30", days: mon-fri}'))

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(said is None for said in self.said().values()):
            raise refusal("has no key", hint=f"it has {listed(Session.model_fields)}")
        return self

    def said(self) -> Mapping[str, Any]:
        """What is written, by key."""
        return {key: getattr(self, key) for key in type(self).model_fields}
