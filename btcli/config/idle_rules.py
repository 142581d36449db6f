"""Which keys of `strategy.rules` do nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from btcli.config.findings import Finding, KeyPath
from btcli.config.rule_parts import MOST_PARTS
from btcli.config.rule_values import ORDER_KEYS
from btcli.config.rules import PATH, SHARED, SIDES, Rules, RulesOfSide, Side

AFTER_LOSS = "cooldown_after_loss_bars"


def idle_rules(rules: Rules, at: KeyPath = PATH) -> Iterator[Finding]:
    """A finding for every key that does nothing: of a side that never enters, or shadowed by both sides.

    `at` is where the rules stand.
    """
    entering = [side for side in SIDES if rules.place(side, "enter")]
    for side in SIDES:
        own: RulesOfSide | None = getattr(rules, side)
        if own is None or side in entering:
            continue
        keys: list[KeyPath] = [(side, key) for key in SHARED if getattr(own, key) is not None]
        for path in keys or [(side,)]:
            yield Finding((*at, *path), f"does nothing: {side} has no enter", f"write {side}: {{enter: …}}")
    if not entering:
        if rules.long is None and rules.short is None:
            yield Finding(at, "has no enter, so nothing would ever be done", 'write long: {enter: "…"}')
        return
    for key in SHARED:
        if getattr(rules, key) is not None and all(rules.place_of_key(side, key) != (key,) for side in entering):
            have = "has its" if len(entering) == 1 else "have their"
            yield Finding((*at, key), f"does nothing: {' and '.join(entering)} {have} own {key}", "take one out")
    yield from _idle_cancels(rules, entering, at)
    yield from _idle_cooldowns(rules, entering, at)
    found = {finding.path: finding for side in entering for finding in _idle_exits(rules, side, at)}
    yield from found.values()


def _idle_exits(rules: Rules, side: Side, at: KeyPath) -> Iterator[Finding]:
    """A finding for a target beside those by age, for more levels than a position has, for what nothing is left for."""
    target, by_age = rules.place_of_key(side, "target"), rules.place_of_key(side, "target_by_age")
    if target and by_age:
        hint = "write it there as age 0, or take one out"
        yield Finding((*at, *target), "does nothing: target_by_age says where the target lies", hint)
    path = rules.place_of_key(side, "exits")
    parts: Sequence[Mapping[str, Any]] = rules.whole(side, "exits") or ()
    if path and (target or by_age) and len(parts) >= MOST_PARTS:
        message = f"has {len(parts)} parts beside a target; there are at most {MOST_PARTS - 1} then"
        yield Finding((*at, *path), message, "join some of them, or take the target out")
    if path and len(parts) == 1 and "then" in parts[0] and parts[0]["share"] == 1.0:
        message = "does nothing: a part of all leaves no rest whose stop could move"
        yield Finding((*at, *path, 0, "then"), message, "take it out, or write a smaller share")


def _idle_cancels(rules: Rules, entering: list[Side], at: KeyPath) -> Iterator[Finding]:
    """A finding where no side that is told when to cancel ever waits."""
    places = {rules.place(side, "cancel_when"): False for side in entering}
    for side in entering:
        waits = any(rules.place(side, f"order.{key}") for key in ORDER_KEYS)
        places[rules.place(side, "cancel_when")] |= waits
    for place, waits in places.items():
        if place is not None and not waits:
            yield Finding((*at, *place), "does nothing: entries at the market never wait", "write order: {limit: …}")


def _idle_cooldowns(rules: Rules, entering: list[Side], at: KeyPath) -> Iterator[Finding]:
    """A finding where every trade already holds entries back for as long as a losing one would."""
    places = {rules.place(side, AFTER_LOSS): True for side in entering}
    for side in entering:
        place, of_any = rules.place(side, AFTER_LOSS), rules.place(side, "cooldown_bars")
        looks_at_as_many = of_any is not None and place is not None and len(of_any) <= len(place)
        is_idle = looks_at_as_many and 0 < rules.value(side, AFTER_LOSS) <= rules.value(side, "cooldown_bars")
        places[place] &= is_idle
    for place, is_idle in places.items():
        if place is not None and is_idle:
            yield Finding((*at, *place), "does nothing: cooldown_bars is at least as long", "take one out")
