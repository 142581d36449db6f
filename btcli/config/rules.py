"""The block `strategy.rules`: what enters and leaves a position, as expressions; and which of its keys do nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from btcli.config.findings import Finding, KeyPath, listed
from btcli.config.types import Section, refusal

Side = Literal["long", "short"]
RuleKey = Literal["enter", "exit", "stop", "target"]
SIDES: tuple[Side, ...] = ("long", "short")
RULE_KEYS: tuple[RuleKey, ...] = ("enter", "exit", "stop", "target")
SHARED: tuple[RuleKey, ...] = ("exit", "stop", "target")  # these may stand beside the sides, for both
PATH: KeyPath = ("strategy", "rules")
NOT_YET = frozenset(
    {"order", "for", "cancel_when", "size", "exits", "adds", "trail", "break_even", "stop_follow", "target_by_age"}
    | {"rearm", "cooldown_bars", "cooldown_after_loss_bars", "pause_after_losses", "max_entries_per_day", "session"}
)
SAYS = f"a side of rules has {listed(RULE_KEYS)}; {listed(SHARED)} may stand beside the sides, for both"


def _expression(value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        hint = "write an expression; a stop or target is a distance from the fill, such as 2 * ltf.atr"
        raise refusal("keys of its own are not available yet", hint=hint)
    raise refusal("expected an expression", hint="such as ltf.close > ltf.open")


Expression = Annotated[str, PlainValidator(_expression), WithJsonSchema({"type": ["string", "number"]})]


def _key(description: str) -> Any:
    """An expression that may be left out: nothing written is a mistake, and no default is filled in."""
    return Field(None, validate_default=False, exclude_if=lambda said: said is None, description=description)


class RulesOfSide(Section):
    """What one side does; what is left out here is as beside the sides."""

    enter: Expression = _key("condition: enters when flat")
    exit: Expression = _key("condition: closes all that is held")
    stop: Expression = _key("distance from the fill, USDT per coin, as known when the entry is decided")
    target: Expression = _key("distance from the fill, USDT per coin, as known when the entry is decided")


class Rules(Section):
    """Conditions instead of code."""

    long: RulesOfSide = _key("when to be long, and when no more; left out: never")
    short: RulesOfSide = _key("when to be short, and when no more; left out: never")
    exit: Expression = _key("for both sides, where a side has none of its own")
    stop: Expression = _key("for both sides, where a side has none of its own")
    target: Expression = _key("for both sides, where a side has none of its own")

    def said(self, side: Side, key: RuleKey) -> str | None:
        """The expression of a side's key: its own, else that of both; None where there is neither."""
        path = self.place(side, key)
        return None if path is None else _at(self, path)

    def place(self, side: Side, key: RuleKey) -> KeyPath | None:
        """Where that expression is written, below `strategy.rules`; None where there is none."""
        own: RulesOfSide | None = getattr(self, side)
        if own is None or own.enter is None:
            return None
        if getattr(own, key) is not None:
            return (side, key)
        return (key,) if key in SHARED and getattr(self, key) is not None else None


def _at(rules: Rules, path: KeyPath) -> str:
    value: Any = rules
    for part in path:
        value = getattr(value, str(part))
    return str(value)


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
        if getattr(rules, key) is not None and all(rules.place(side, key) != (key,) for side in entering):
            have = "has its" if len(entering) == 1 else "have their"
            yield Finding((*PATH, key), f"does nothing: {' and '.join(entering)} {have} own {key}", "take one out")
