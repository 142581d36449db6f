"""How much history the trials of a sweep need: found out of its values before the first one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from btcli.digest import canonical_json
from btcli.errors import RequestError
from btcli.features.plan import FeaturePlan
from btcli.research.axes import Axis, Continuous, Listed
from btcli.research.part import Part, are_numbers_in_rules
from btcli.research.plan import Needs, turns_world, written_sets
from btcli.research.space import Space
from btcli.research.trying import most_tried
from btcli.simulation.parts import Prepared, history_of, spans_with

_WORD = re.compile(r"\w+")


def needs_of(part: Part, parts: Prepared, space: Space) -> Needs:
    """As much history as any trial of the group's system needs, and with which values a run needs as much.

    Features may be made of others that vary: such values are looked at again beside those that need most of the others.
    """
    plans, most = [*parts.plans], dict[str, Any]()
    axes = [axis for axis in space.axes if axis.path[0] in ("features", "strategy") and not turns_world(axis)]
    for axis in axes:
        most[axis.key] = _neediest(part, axis, {}, plans)
    made = [axis for axis in axes if len(axes) > 1 and _names_features(part, axis)]
    for _ in made:  # each turn is right for features that are made of those before
        before = dict(most)
        for axis in made:
            most[axis.key] = _neediest(part, axis, most, plans)
        if most == before:
            break
    if len(most) > 1:
        plans += _plans(part, most)
    return Needs(history_of(plans), written_sets(_without_idle(part, most)))


def _without_idle(part: Part, most: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values without those that may as well be what the file has."""
    needed = dict(most)
    for key in most:
        fewer = {other: value for other, value in needed.items() if other != key}
        if _reaches_as_far(part, fewer, needed):
            needed = fewer
    return needed


def _reaches_as_far(part: Part, changes: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Whether a run with these values reads all that one with others does."""
    first, second = (history_of(_plans(part, each) or part.plans).bars for each in (changes, others))
    return all(first[role] >= second[role] for role in second)


def with_needs(part: Part, parts: Prepared, needs: Needs) -> Prepared:
    """The parts of the group's system, with as much history as any of its trials needs."""
    spans = spans_with(parts.system, part.window_name, part.window, needs.history, parts.instruments)
    return replace(parts, spans=spans)


def _neediest(part: Part, axis: Axis, beside: Mapping[str, Any], plans: list[FeaturePlan]) -> Any:
    """The value with which its own feature, or else the whole, needs most history; what each needs joins the plans."""
    needs = [(value, _plans(part, {**beside, axis.key: value})) for value in axis.some(most_tried(part, axis))]
    plans += [plan for _, found in needs for plan in found]
    return max(needs, key=lambda each: sum(_bars(axis, plan) for plan in each[1]))[0]


def _bars(axis: Axis, plan: FeaturePlan) -> int:
    """Bars before the window that a plan asks for what the axis says."""
    if axis.path[0] == "features" and len(axis.path) == 3:
        return max((each.warmup_bars for each in plan.all if (each.role, each.name) == axis.path[1:]), default=0)
    return sum(plan.warmup_bars().values())


def _names_features(part: Part, axis: Axis) -> bool:
    """Whether a value may reach farther back than a feature that it is made of: of the file, as those that vary are.

    Nothing does so but functions and earlier bars.
    """
    names = {name for named in part.system.expressions.values() for name in named}
    if isinstance(axis.values, Listed):
        text = canonical_json(axis.values.values).decode()
    else:
        text = "" if isinstance(axis.values, Continuous) else f"{axis.values.before or ''} {axis.values.after}"
    return ("(" in text or "[" in text.strip("[]")) and not names.isdisjoint(_WORD.findall(text))


def _plans(part: Part, changes: Mapping[str, Any]) -> tuple[FeaturePlan, ...]:
    """What a system with these values needs; nothing where it could not be run at all."""
    if are_numbers_in_rules(part, changes):
        return ()  # they need no other history
    try:
        return part.plans_with(changes)
    except RequestError:
        return ()
