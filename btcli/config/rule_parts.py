"""Values of `strategy.rules` that are lists of blocks: exits in parts, targets by age, and what adds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from btcli.config.findings import KeyPath, key_meant, listed
from btcli.config.rule_values import LEVEL_SCHEMA, TEXT_SCHEMA, TRAIL_KEYS, TRAIL_SCHEMA, expression, level, trail
from btcli.config.types import ReadBy, Section, refusal

MOST_PARTS = 4  # of exits, with the target beside them
MOST_AGES = 8
MOST_ADDS = 1_000
OLDEST = 1_000_000  # ltf bars
BREAK_EVEN = "break_even"
PART_KEYS = ("share", "at", "when", "then")
THEN_KEYS = ("stop", "trail")
PART_EXPRESSIONS = (  # every key of a part that holds one
    "at",
    "at.price",
    "when",
    "then.stop",
    "then.stop.price",
    *(f"then.trail.{key}" for key in TRAIL_KEYS),
)
ADD_KEYS = ("when", "most", "apart")
NUDGE = 1e-9  # what three thirds may lack


def below(key: str | int, read: Callable[[Any], Any], value: Any) -> Any:
    """A value below a key, whose mistakes are found there."""
    try:
        return read(value)
    except PydanticCustomError as error:
        context: Any = error.context or {}
        path: KeyPath = (key, *context.get("key", ()))
        raise refusal(context["message"], hint=context["hint"], key=path) from None


def keyed(value: Any, keys: tuple[str, ...], example: str) -> Mapping[Any, Any]:
    """Keys and values of which no other key is known."""
    if not isinstance(value, Mapping):
        raise refusal("expected keys and values", hint=f"such as {example}")
    for key in value:
        if key not in keys:
            raise refusal("unknown key", hint=key_meant(str(key), keys) or f"it has {listed(keys)}", key=(str(key),))
    return value


def _exits(value: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise refusal("expected a list of parts", hint="such as [{share: 0.5, at: 2 * ltf.atr}]")
    if len(value) > MOST_PARTS:
        raise refusal(f"has {len(value)} parts; there are at most {MOST_PARTS}", hint="join some of them")
    parts = tuple(below(n, _part, each) for n, each in enumerate(value))
    if (total := math.fsum(part["share"] for part in parts)) > 1.0 + NUDGE:
        raise refusal(f"the shares come to {total:.10g}", hint="all of a position is 1")
    return parts


def _part(value: Any) -> Mapping[str, Any]:
    value = keyed(value, PART_KEYS, "{share: 0.5, at: 2 * ltf.atr}")
    if "share" not in value:
        raise refusal("needs a share", hint="such as share: 0.5")
    if ("at" in value) == ("when" in value):
        has = "has both at and when" if "at" in value else "has neither at nor when"
        raise refusal(has, hint="at is a distance or a price, when a condition")
    reads = {"share": _share, "at": level, "when": expression, "then": _then}
    return MappingProxyType({key: below(key, reads[key], value[key]) for key in PART_KEYS if key in value})


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 < value <= 1.0:
        raise refusal("expected a number above 0, at most 1", hint="such as 0.5, half of what was entered")
    return float(value)


def _then(value: Any) -> str | Mapping[str, Any]:
    if value == BREAK_EVEN:
        return BREAK_EVEN
    example = "break_even, {stop: {price: ltf.low}} or {trail: {atr: 2}}"
    if isinstance(value, str):
        raise refusal("expected keys and values", hint=key_meant(value, (BREAK_EVEN,)) or f"such as {example}")
    value = keyed(value, THEN_KEYS, example)
    if not value:
        raise refusal("has no key", hint=f"such as {example}")
    reads = {"stop": level, "trail": trail}
    return MappingProxyType({key: below(key, reads[key], value[key]) for key in THEN_KEYS if key in value})


def _by_age(value: Any) -> Mapping[str, str]:
    example = '{0: "3 * ltf.atr", 24: "1 * ltf.atr"}'
    if not isinstance(value, Mapping) or not value:
        raise refusal("expected ages in ltf bars, each with a distance", hint=f"such as {example}")
    if len(value) > MOST_AGES:
        raise refusal(f"has {len(value)} ages; there are at most {MOST_AGES}")
    ages: dict[str, str] = {}
    for key, distance in value.items():
        age = str(key)
        if not (age.isascii() and age.isdecimal()) or str(int(age)) != age or int(age) > OLDEST:
            raise refusal("is no age: ltf bars, a whole number", hint=f"such as {example}", key=(age,))
        if any(int(age) <= int(other) for other in ages):
            raise refusal("comes after a greater age", hint="ages are written in their order", key=(age,))
        ages[age] = below(age, expression, distance)
    return MappingProxyType(ages)


def _adds(value: Any) -> Mapping[str, Any]:
    value = keyed(value, ADD_KEYS, "{when: close > ltf.high[1], most: 3, apart: ltf.atr}")
    for key in ("when", "most"):
        if key not in value:
            raise refusal(f"needs {key}", hint="such as {when: close > ltf.high[1], most: 3}")
    reads = {"when": expression, "most": _most, "apart": expression}
    return MappingProxyType({key: below(key, reads[key], value[key]) for key in ADD_KEYS if key in value})


def _most(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MOST_ADDS:
        raise refusal(f"expected how often at most, 1 to {MOST_ADDS:,}", hint="such as 3")
    return value


def plain(value: Any) -> Any:
    """The same as it is written to a file."""
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, Section):
        written = ((key, getattr(value, key)) for key in type(value).model_fields)
        return {key: plain(each) for key, each in written if each is not None}
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False, "required": list(required)}


_THEN = {"anyOf": [{"const": BREAK_EVEN}, _object({"stop": LEVEL_SCHEMA, "trail": TRAIL_SCHEMA})]}
_SHARE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
_PART = _object({"share": _SHARE, "at": LEVEL_SCHEMA, "when": TEXT_SCHEMA, "then": _THEN}, "share")
_AGES = {"type": "object", "patternProperties": {"^[0-9]+$": TEXT_SCHEMA}, "additionalProperties": False}
_MOST = {"type": "integer", "minimum": 1, "maximum": MOST_ADDS}

Exits = Annotated[
    tuple[Mapping[str, Any], ...],
    ReadBy(_exits),
    PlainSerializer(plain),
    WithJsonSchema({"type": "array", "items": _PART, "minItems": 1, "maxItems": MOST_PARTS}),
]
ByAge = Annotated[
    Mapping[str, str],
    ReadBy(_by_age),
    PlainSerializer(lambda ages: {int(age): distance for age, distance in ages.items()}),
    WithJsonSchema({**_AGES, "minProperties": 1, "maxProperties": MOST_AGES}),
]
Adds = Annotated[
    Mapping[str, Any],
    ReadBy(_adds),
    PlainSerializer(plain),
    WithJsonSchema(_object({"when": TEXT_SCHEMA, "most": _MOST, "apart": TEXT_SCHEMA}, "when", "most")),
]
