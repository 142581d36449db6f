"""What the caller says of a file's meaning, taken apart."""

from __future__ import annotations

import re
from dataclasses import field, fields

from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.timeframe import UNIT_MS

_OFFSET = re.compile(r"(?:UTC)?([+-]?)(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_LARGEST_OFFSET_H = 14
_CONTRACTS = "contracts:"
STAMPS = ("open", "close")
RATES = ("fraction", "percent")


@frozen
class Said:
    """None where nothing was said; `as_named` are the names by which the file may call what is meant."""

    stamp: str | None = None
    utc_offset: str | None = None
    volume_in: str | None = None
    rate_in: str | None = None
    time_format: str | None = None
    as_named: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return ", ".join(f"{name}={value}" for name, value in told.items() if value)


NOTHING_SAID = Said()


def checked(said: Said, kind: str = "trade") -> Said:
    """The same; raises RequestError for a value that its option does not have, and for one that `kind` has not."""
    for option, value, kinds in (
        ("--stamp", said.stamp, ("trade", "mark")),
        ("--volume-in", said.volume_in, ("trade",)),
        ("--rate-in", said.rate_in, ("funding",)),
    ):
        if value is not None and kind not in kinds:
            raise RequestError(f"{option} {value} says nothing of {kind}", hint=f"leave {option} out")
    _one_of("--stamp", said.stamp, STAMPS)
    _one_of("--rate-in", said.rate_in, RATES)
    if said.utc_offset is not None:
        offset_ms(said.utc_offset)
    if said.volume_in is not None and said.volume_in not in ("coins", "quote"):
        contract_size(said.volume_in)
    return said


def offset_ms(text: str) -> int:
    """Milliseconds by which a clock is ahead of UTC: "+3", "-4", "+05:30", "UTC+1" or "0"."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None or int(found[2]) > _LARGEST_OFFSET_H:
        raise RequestError(f"--utc-offset {text!r} is no offset", hint="as +3, -4 or +05:30")
    sign = -1 if found[1] == "-" else 1
    return sign * (int(found[2]) * UNIT_MS["h"] + int(found[3] or 0) * UNIT_MS["m"])


def contract_size(text: str) -> float:
    """The coins of one contract, out of "contracts:0.01"."""
    try:
        size = float(text.removeprefix(_CONTRACTS)) if text.startswith(_CONTRACTS) else 0.0
    except ValueError:
        size = 0.0
    if not 0.0 < size < 1e12:
        hint = "coins, quote, or contracts:0.01 with the coins of one contract"
        raise RequestError(f"--volume-in {text!r} is no unit of volume", hint=hint)
    return size


def _one_of(option: str, value: str | None, values: tuple[str, ...]) -> None:
    if value is not None and value not in values:
        raise RequestError(f"{option} {value!r} is not known", hint=f"one of {', '.join(values)}")
