"""What stands behind a key of `strategy.rules`: expressions, alone or by the keys of a small block."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from btcli.config.findings import key_meant, listed
from btcli.config.types import ReadBy, is_number, refusal
from btcli.errors import RequestError
from btcli.timeframe import duration_ms

ORDER_KEYS = ("limit", "stop")
AT_MARKET = "market"
FOR = "for"  # of an order that waits: how long
SIZE_KEYS = ("qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct")  # one of them
LEVEL_KEYS = ("price",)  # of a stop or target that is no distance
TRAIL_DISTANCES = ("distance", "pct", "atr")  # one of them
TRAIL_KEYS = (*TRAIL_DISTANCES, "from")
_SO_MANY_BARS = re.compile(r"(\d+)(?:\s*(?:bars?|candles?|closes?)(?: of ltf)?)?")
MOST_BARS = 1_000_000  # of ltf, in any count of them


def expression(value: Any) -> str:
    """A condition or number as it is written."""
    if isinstance(value, str) and value.strip():
        return value
    if is_number(value):
        return repr(value)
    is_list = isinstance(value, (list, tuple)) and len(value) > 1 and all(isinstance(each, str) for each in value)
    hint = "join conditions with and" if is_list else "such as ltf.close > ltf.open"
    raise refusal("expected an expression", hint=hint)


def _keyed(value: Mapping[Any, Any], keys: tuple[str, ...]) -> Mapping[str, str]:
    """Expressions by their keys, of which one at least is written."""
    for key in value:
        if key not in keys:
            raise refusal("unknown key", hint=key_meant(str(key), keys) or f"it has {listed(keys)}", key=str(key))
    if not value:
        raise refusal("has no key", hint=f"it has {listed(keys)}")
    return MappingProxyType({key: _expression_of(key, value[key]) for key in keys if key in value})


def _expression_of(key: str, value: Any) -> str:
    try:
        return expression(value)
    except PydanticCustomError as error:
        raise refusal(error.message(), hint="such as 2 * ltf.atr", key=key) from None


def level(value: Any) -> str | Mapping[str, str]:
    """A distance, or `{price: …}`."""
    if not isinstance(value, Mapping):
        return expression(value)
    for key, said in value.items():
        if key in ("pct", "percent", "atr"):
            raise refusal("unknown key", hint=f"a distance stands there alone: {_distance(key, said)}", key=key)
    return _keyed(value, LEVEL_KEYS)


def _distance(key: str, said: Any) -> str:
    """The distance that was meant, as an expression; `pct` and `atr` are keys of `trail`."""
    is_number = isinstance(said, (int, float)) and not isinstance(said, bool)
    if key == "atr":
        return f"{said if is_number else 2} * ltf.atr"
    return f"{(said if is_number else 2) / 100:.10g} * close"


def trail(value: Any) -> Mapping[str, str]:
    """How far a stop stays behind, and from which price on it follows."""
    if not isinstance(value, Mapping):
        raise refusal("expected keys and values", hint="such as {distance: 2 * ltf.atr}")
    said = _keyed(value, TRAIL_KEYS)
    if sum(key in said for key in TRAIL_DISTANCES) != 1:
        raise refusal(f"wants one of {listed(TRAIL_DISTANCES)}", hint="they say how far the stop stays behind")
    return said


def _order(value: Any) -> str | Mapping[str, Any]:
    if value == AT_MARKET:
        return AT_MARKET
    if not isinstance(value, Mapping):
        raise refusal(f"expected {AT_MARKET}, or keys and values", hint="such as {limit: close - atr}")
    prices = {key: price for key, price in value.items() if key != FOR}
    if FOR not in value:
        return _keyed(prices, ORDER_KEYS)
    if not prices:
        raise refusal("does nothing: entries at the market never wait", hint="write {limit: …, for: 3}", key=FOR)
    return MappingProxyType({**_keyed(prices, ORDER_KEYS), FOR: _lifetime(value[FOR])})


def _lifetime(value: Any) -> int | str:
    """So many bars of ltf, or a duration."""
    if type(value) is int and 1 <= value <= MOST_BARS:
        return value
    if not isinstance(value, str):
        message = f"expected a number of ltf bars from 1 to {MOST_BARS:,}, or a duration"
        raise refusal(message, hint="such as 3, or 20m", key=FOR)
    if found := _SO_MANY_BARS.fullmatch(value.strip()):
        hint = f"write {FOR}: {found[1]} for so many bars of ltf, or a duration such as 20m"
        raise refusal(f"{value!r} is not a duration", hint=hint, key=FOR)
    return _spanned(value, FOR)


def _duration(value: Any) -> str:
    return _spanned(value, ())


def _spanned(value: Any, key: str | tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise refusal("expected a duration", hint="such as 20m, 4h or 1d", key=key)
    try:
        duration_ms(value)
    except RequestError as error:
        raise refusal(error.problems[0].message, hint=error.problems[0].hint, key=key) from None
    return value


def _size(value: Any) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise refusal("expected keys and values", hint="such as {risk_pct: 1}")
    size = _keyed(value, SIZE_KEYS)
    if len(size) != 1:
        raise refusal(f"needs exactly one of {listed(SIZE_KEYS)}, got {' and '.join(size)}")
    return size


TEXT_SCHEMA: dict[str, Any] = {"type": ["string", "number"]}


def _with_keys(keys: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "object", "properties": dict.fromkeys(keys, TEXT_SCHEMA), "additionalProperties": False}


LEVEL_SCHEMA = {"anyOf": [TEXT_SCHEMA, _with_keys(LEVEL_KEYS)]}
TRAIL_SCHEMA = _with_keys(TRAIL_KEYS)
Expression = Annotated[str, ReadBy(expression), WithJsonSchema(TEXT_SCHEMA)]
Level = Annotated[
    str | Mapping[str, str],
    ReadBy(level),
    PlainSerializer(lambda said: said if isinstance(said, str) else dict(said)),
    WithJsonSchema(LEVEL_SCHEMA),
]
Order = Annotated[
    str | Mapping[str, Any],
    ReadBy(_order),
    PlainSerializer(lambda said: said if isinstance(said, str) else dict(said)),
    WithJsonSchema({"anyOf": [{"type": "string", "const": AT_MARKET}, _with_keys((*ORDER_KEYS, FOR))]}),
]
Trail = Annotated[Mapping[str, str], ReadBy(trail), PlainSerializer(dict), WithJsonSchema(TRAIL_SCHEMA)]

OneSize = Annotated[
    Mapping[str, str],
    ReadBy(_size),
    PlainSerializer(dict),
    WithJsonSchema({**_with_keys(SIZE_KEYS), "minProperties": 1, "maxProperties": 1}),
]
Duration = Annotated[
    str,
    ReadBy(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*[mhdw]$"}),
]


def rule_key(description: str) -> Any:
    """A value that may be left out: nothing written is a mistake, and no default is filled in."""
    return Field(None, validate_default=False, exclude_if=lambda said: said is None, description=description)
