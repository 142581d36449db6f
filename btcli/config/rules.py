"""The block `strategy.rules`: what enters and leaves a position, as expressions; and which of its keys do nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from btcli.config.findings import Finding, KeyPath, did_you_mean, listed
from btcli.config.types import Section, refusal

Side = Literal["long", "short"]
RuleKey = Literal["enter", "exit", "order", "cancel_when", "stop", "target", "trail", "break_even"]
SIDES: tuple[Side, ...] = ("long", "short")
RULE_KEYS: tuple[RuleKey, ...] = ("enter", "exit", "order", "cancel_when", "stop", "target", "trail", "break_even")
SHARED: tuple[RuleKey, ...] = RULE_KEYS[1:]  # these may stand beside the sides, for both
ORDER_KEYS = ("limit", "stop")
AT_MARKET = "market"
LEVEL_KEYS = ("price",)  # of a stop or target that is no distance
TRAIL_DISTANCES = ("distance", "pct", "atr")  # one of them
TRAIL_KEYS = (*TRAIL_DISTANCES, "from")
EXPRESSIONS = (  # every key that holds one
    "enter",
    "exit",
    *(f"order.{key}" for key in ORDER_KEYS),
    "cancel_when",
    "stop",
    "stop.price",
    "target",
    "target.price",
    *(f"trail.{key}" for key in TRAIL_KEYS),
    "break_even",
)
PATH: KeyPath = ("strategy", "rules")
NOT_YET = frozenset(
    {"for", "size", "exits", "adds", "stop_follow", "target_by_age"}
    | {"rearm", "cooldown_bars", "cooldown_after_loss_bars", "pause_after_losses", "max_entries_per_day", "session"}
)
SAYS = f"a side of rules has {listed(RULE_KEYS)}; {listed(SHARED)} may stand beside the sides, for both"


def _expression(value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return repr(value)
    raise refusal("expected an expression", hint="such as ltf.close > ltf.open")


def _keyed(value: Mapping[Any, Any], keys: tuple[str, ...]) -> Mapping[str, str]:
    """Expressions by their keys, of which one at least is written."""
    for key in value:
        if key not in keys:
            raise refusal("unknown key", hint=did_you_mean(str(key), keys) or f"it has {listed(keys)}", key=str(key))
    if not value:
        raise refusal("has no key", hint=f"it has {listed(keys)}")
    return MappingProxyType({key: _expression_of(key, value[key]) for key in keys if key in value})


def _expression_of(key: str, value: Any) -> str:
    try:
        return _expression(value)
    except PydanticCustomError as error:
        raise refusal(error.message(), hint="such as 2 * ltf.atr", key=key) from None


def _level(value: Any) -> str | Mapping[str, str]:
    return _keyed(value, LEVEL_KEYS) if isinstance(value, Mapping) else _expression(value)


def _trail(value: Any) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise refusal("expected keys and values", hint="such as {distance: 2 * ltf.atr}")
    trail = _keyed(value, TRAIL_KEYS)
    if sum(key in trail for key in TRAIL_DISTANCES) != 1:
        raise refusal(f"wants one of {listed(TRAIL_DISTANCES)}", hint="they say how far the stop stays behind")
    return trail


def _order(value: Any) -> str | Mapping[str, str]:
    if value == AT_MARKET:
        return AT_MARKET
    if not isinstance(value, Mapping):
        raise refusal(f"expected {AT_MARKET}, or keys and values", hint="such as {limit: close - atr}")
    if "for" in value:
        raise refusal("is not available yet", hint="an order waits until it fills or cancel_when is true", key="for")
    return _keyed(value, ORDER_KEYS)


_TEXT: dict[str, Any] = {"type": ["string", "number"]}


def _with_keys(keys: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "object", "properties": dict.fromkeys(keys, _TEXT), "additionalProperties": False}


Expression = Annotated[str, PlainValidator(_expression), WithJsonSchema(_TEXT)]
Level = Annotated[
    str | Mapping[str, str],
    PlainValidator(_level),
    PlainSerializer(lambda said: said if isinstance(said, str) else dict(said)),
    WithJsonSchema({"anyOf": [_TEXT, _with_keys(LEVEL_KEYS)]}),
]
Order = Annotated[
    str | Mapping[str, str],
    PlainValidator(_order),
    PlainSerializer(lambda said: said if isinstance(said, str) else dict(said)),
    WithJsonSchema({"anyOf": [{"type": "string", "const": AT_MARKET}, _with_keys(ORDER_KEYS)]}),
]
Trail = Annotated[
    Mapping[str, str], PlainValidator(_trail), PlainSerializer(dict), WithJsonSchema(_with_keys(TRAIL_KEYS))
]


def _key(description: str) -> Any:
    """An expression that may be left out: nothing written is a mistake, and no default is filled in."""
    return Field(None, validate_default=False, exclude_if=lambda said: said is None, description=description)


class RulesOfSide(Section):
    """What one side does; what is left out here is as beside the sides."""

    enter: Expression = _key("condition: enters when flat")
    exit: Expression = _key("condition: closes all that is held")
    order: Order = _key("market, or the prices that the entry waits for: limit, stop, or both")
    cancel_when: Expression = _key("condition: takes back an entry of the side that waits")
    stop: Level = _key("distance from the fill, USDT per coin, or a price, as known when the entry is decided")
    target: Level = _key("distance from the fill, USDT per coin, or a price, as known when the entry is decided")
    trail: Trail = _key("how far behind the best price the stop follows, and from which price on")
    break_even: Expression = _key("profit, USDT per coin, at which the stop moves to the entry")


class Rules(Section):
    """Conditions instead of code."""

    long: RulesOfSide = _key("when to be long, and when no more; left out: never")
    short: RulesOfSide = _key("when to be short, and when no more; left out: never")
    exit: Expression = _key("for both sides, where a side has none of its own")
    order: Order = _key("for both sides, where a side has none of its own")
    cancel_when: Expression = _key("for both sides, where a side has none of its own")
    stop: Level = _key("for both sides, where a side has none of its own")
    target: Level = _key("for both sides, where a side has none of its own")
    trail: Trail = _key("for both sides, where a side has none of its own")
    break_even: Expression = _key("for both sides, where a side has none of its own")

    def said(self, side: Side, key: str) -> str | None:
        """The expression of one of EXPRESSIONS for a side: its own, else that of both; None where there is neither."""
        path = self.place(side, key)
        if path is None:
            return None
        value: Any = self
        for part in path:
            value = value[part] if isinstance(value, Mapping) else getattr(value, str(part))
        return str(value)

    def place(self, side: Side, key: str) -> KeyPath | None:
        """Where that expression is written, below `strategy.rules`; None where there is none."""
        name, _, below = key.partition(".")
        path = self.place_of_key(side, name)
        if path is None:
            return None
        value = getattr(getattr(self, side) if len(path) > 1 else self, name)
        if not below:
            return path if isinstance(value, str) else None
        return (*path, below) if isinstance(value, Mapping) and below in value else None

    def place_of_key(self, side: Side, key: str) -> KeyPath | None:
        """Where one of RULE_KEYS that counts for a side is written, whatever it holds; None where it is not."""
        own: RulesOfSide | None = getattr(self, side)
        if own is None or own.enter is None:
            return None
        if getattr(own, key) is not None:
            return (side, key)
        return (key,) if key in SHARED and getattr(self, key) is not None else None


def idle_rules(rules: Rules) -> Iterator[Finding]:
    """A finding for every key that does nothing: of a side that never enters, or shadowed by both sides."""
    entering = [side for side in SIDES if rules.place(side, "enter")]
    for side in SIDES:
        own: RulesOfSide | None = getattr(rules, side)
        if own is None or side in entering:
            continue
        keys: list[KeyPath] = [(side, key) for key in SHARED if getattr(own, key) is not None]
        for path in keys or [(side,)]:
            yield Finding((*PATH, *path), f"does nothing: {side} has no enter", f"write {side}: {{enter: …}}")
    if not entering:
        if rules.long is None and rules.short is None:
            yield Finding(PATH, "has no enter, so nothing would ever be done", 'write long: {enter: "…"}')
        return
    for key in SHARED:
        if getattr(rules, key) is not None and all(rules.place_of_key(side, key) != (key,) for side in entering):
            have = "has its" if len(entering) == 1 else "have their"
            yield Finding((*PATH, key), f"does nothing: {' and '.join(entering)} {have} own {key}", "take one out")
    yield from _idle_cancels(rules, entering)


def _idle_cancels(rules: Rules, entering: list[Side]) -> Iterator[Finding]:
    """A finding where no side that is told when to cancel ever waits."""
    places = {rules.place(side, "cancel_when"): False for side in entering}
    for side in entering:
        waits = any(rules.place(side, f"order.{key}") for key in ORDER_KEYS)
        places[rules.place(side, "cancel_when")] |= waits
    for place, waits in places.items():
        if place is not None and not waits:
            yield Finding((*PATH, *place), "does nothing: entries at the market never wait", "write order: {limit: …}")
