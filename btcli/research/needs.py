"""What the values of a sweep need, and which of them nobody could run: found out before the first trial."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, product
from pathlib import Path
from typing import Any

from btcli.config.changing import Tree, changed, tree_of
from btcli.config.findings import did_you_mean, listed
from btcli.config.model import System, Window
from btcli.digest import canonical_json
from btcli.errors import ConfigError, Problem, RequestError
from btcli.features.plan import FeaturePlan, anchored_features, plan_features
from btcli.research.axes import Axis, Continuous, Listed, Stepped, is_replaced_by
from btcli.research.plan import Needs, Source, turns_world, written_sets
from btcli.research.space import Space
from btcli.simulation.found import runs_user_code
from btcli.simulation.parts import Prepared, history_of, prepared, spans_with
from btcli.simulation.plans import merged_features, with_rules
from btcli.strategies.rules.assembling import Assembled

MOST_TRIED = 2_000  # values in steps of one key; of more the first, the last, and others evenly between them
MOST_PREPARED = 200  # the same where each of them has to be read as a whole
MOST_COMBINED = 256  # combinations with other axes in which a value is looked for that can be run
LOOKED_AT = ("features", "strategy", "symbols", "instruments", "warmup")  # these decide more than pydantic knows of
_WORD = re.compile(r"\w+")
FIXED = {
    "windows": "--window, or --start and --end, choose the window",
    "system": "the name of a system changes no result",
    "output": "what is written changes no result",
}


@dataclass(frozen=True)
class Part:
    """A system that is varied, where it lies, and the window."""

    source: Source
    system: System
    tree: Tree
    folder: Path
    window_name: str
    window: Window
    _tried: dict[bytes, tuple[FeaturePlan, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, source: Source, system: System, window_name: str, window: Window) -> Part:
        """The system that the source says."""
        return cls(source, system, tree_of(system), source.folder, window_name, window)

    @cached_property
    def plans(self) -> list[FeaturePlan]:
        """The features of each symbol, as the file has them."""
        return self.parts.plans

    @property
    def parts(self) -> Prepared:
        """The parts of a run of the system itself; code of the user's is loaded anew for each who asks."""
        return self.prepared(self.system) if runs_user_code(self.system) else self._own_parts

    @cached_property
    def _own_parts(self) -> Prepared:
        return self.prepared(self.system)

    def plans_with(self, changes: Mapping[str, Any]) -> tuple[FeaturePlan, ...]:
        """The features with these values, worked out once. Raises RequestError where no such system could be run."""
        key = canonical_json(changes)
        if key not in self._tried:
            self._tried[key] = _looked_at(self, system_with(self, changes), changes)
        return self._tried[key]

    def prepared(self, system: System) -> Prepared:
        """The parts of a run of it."""
        return prepared(system, self.window_name, self.window, self.folder)


def part_of(source: Source, changes: Mapping[str, Any], window_name: str, window: Window) -> Part:
    """The system with some values changed. Raises ConfigError."""
    return Part.of(source, source.system(changes), window_name, window)


def rules_decide(system: System) -> bool:
    """Whether rules decide for every symbol."""
    return all(system.strategy_of(symbol).rules is not None for symbol in system.symbols)


def shares_worlds(system: System, space: Space) -> bool:
    """Whether all trials of a group are runs of rules over one world."""
    switching = {("strategy",), ("strategy", "use"), ("strategy", "rules"), ("strategy", "per_symbol")}
    return rules_decide(system) and all(
        axis.path not in switching and not (axis.path[:2] == ("strategy", "per_symbol") and axis.path[-1] == "use")
        for axis in space.axes
    )


def require_runnable(part: Part, space: Space) -> None:
    """Look at every key and value by itself, the others being as the file has them.

    Raises ConfigError with every key that does not exist and every value that could not be run in any trial.
    """
    problems = [problem for axis in space.axes for problem in _known(part, axis)]
    if not problems:
        problems = [problem for axis in space.axes for problem in _wrong(part, space, axis)]
    if problems:
        raise ConfigError(tuple(problems))


def _known(part: Part, axis: Axis) -> Iterator[Problem]:
    """What is wrong with the key, where anything might stand under that name."""
    system, path, where = part.system, axis.path, f"--grid {axis.key}"
    if path[0] in FIXED:
        yield Problem("cannot be varied", where, FIXED[path[0]])
    elif any(is_replaced_by(axis, text.partition("=")[0].strip()) for text in part.source.sets):
        yield Problem("is varied, and set by --set", where, "leave one of them out")
    elif path[:2] == ("strategy", "params") and len(path) == 3 and rules_decide(system):
        yield from _among(path[2], system.strategy.params, "parameter of the rules", where)
    elif path[0] == "features" and len(path) == 3:
        names = {each.name for plan in part.plans for each in plan.features if each.role == path[1]}
        yield from _among(path[2], names, f"feature of {path[1]}", where)
    elif turns_world(axis) and isinstance(axis.values, Continuous):
        yield Problem("each of its values needs a world of its own", where, "give the range a step, or list values")


def _among(name: str, known: Any, what: str, where: str) -> Iterator[Problem]:
    if name not in known:
        there = f"there is {listed(sorted(known))}" if known else "there is none"
        yield Problem(f"{name!r} is no {what}", where, did_you_mean(name, known) or there)


def _wrong(part: Part, space: Space, axis: Axis) -> Iterator[Problem]:
    """What is wrong with each of its values that no other axis could put right, one after the other."""
    for value in axis.some(_most_tried(part, axis)):
        problems = problems_of(part, {axis.key: value})
        if problems and not _fits_somewhere(part, space, axis, value):
            shown = canonical_json(value).decode()
            yield Problem(f"{shown}: {problems[0].message}", f"--grid {axis.key}", problems[0].hint)
            return  # one is enough to know what is wrong


def _fits_somewhere(part: Part, space: Space, axis: Axis, value: Any) -> bool:
    """Whether some combination with values of the other axes can be run."""
    others = [other for other in space.axes if other is not axis]
    most = max(2, int(MOST_COMBINED ** (1 / max(1, len(others)))))
    combined = product(*(tuple(other.some(most)) for other in others))
    keys = [other.key for other in others]
    return any(
        not problems_of(part, {axis.key: value, **dict(zip(keys, values, strict=True))})
        for values in islice(combined, MOST_COMBINED)
        if others
    )


def problems_of(part: Part, changes: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Why a system with these values could not be run, as far as one sees without data; empty where it can."""
    try:
        if any(key.split(".")[0] in LOOKED_AT for key in changes) and not _are_numbers_in_rules(part, changes):
            part.plans_with(changes)
        else:
            system_with(part, changes)
    except RequestError as error:
        return error.problems
    return ()


def _most_tried(part: Part, axis: Axis) -> int:
    if rules_decide(part.system) and axis.path[:2] == ("strategy", "params") and not _are_texts(axis):
        return 2  # any number may stand there
    is_cheap = axis.path[0] not in LOOKED_AT or (rules_decide(part.system) and axis.path[:2] != ("strategy", "rules"))
    return MOST_TRIED if is_cheap else MOST_PREPARED


def _are_texts(axis: Axis) -> bool:
    return isinstance(axis.values, Stepped) and axis.values.before is not None


def _are_numbers_in_rules(part: Part, changes: Mapping[str, Any]) -> bool:
    """Whether numbers of rules are all that is changed: any may stand there."""
    return rules_decide(part.system) and all(
        key.startswith("strategy.params.") and isinstance(value, int | float) and not isinstance(value, bool)
        for key, value in changes.items()
    )


def system_with(part: Part, changes: Mapping[str, Any]) -> System:
    """The system with these values; of a group's own ones in the cheapest way. Raises ConfigError."""
    if any(turns_world(Axis(key, Listed((value,)))) for key, value in changes.items()):
        return part.source.system(changes)
    return changed(part.system, part.tree, changes)


def _looked_at(part: Part, system: System, changes: Mapping[str, Any]) -> tuple[FeaturePlan, ...]:
    """The plans of a system; where rules are read as ever, of its features and those that stand inside its rules."""
    if not (all(key.startswith("features.") for key in changes) and _are_rules_read_alike(part.system, system)):
        return tuple(part.prepared(system).plans)
    assembled = {id(each): each.assembled for each in part.parts.strategies}.values()  # one for all symbols, mostly
    return tuple(_planned(system, each) for each in assembled if each is not None)


def _are_rules_read_alike(system: System, other: System) -> bool:
    """Whether rules decide, and what they can name, and compare, is the same in both systems."""
    names, others = ({role: set(named) for role, named in each.expressions.items()} for each in (system, other))
    return (
        rules_decide(other)
        and not other.functions
        and names == others
        and anchored_features(system.expressions) == anchored_features(other.expressions)
    )


def _planned(system: System, rules: Assembled) -> FeaturePlan:
    """The features of a system under these rules."""
    features = merged_features(system, rules.features)
    return with_rules(plan_features(features, system.warmup.tolerance, system.warmup.bars), rules, system, {})


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
    return Needs(history_of(plans), written_sets(most))


def with_needs(part: Part, parts: Prepared, needs: Needs) -> Prepared:
    """The parts of the group's system, with as much history as any of its trials needs."""
    spans = spans_with(parts.system, part.window_name, part.window, needs.history, parts.instruments)
    return replace(parts, spans=spans)


def _neediest(part: Part, axis: Axis, beside: Mapping[str, Any], plans: list[FeaturePlan]) -> Any:
    """The value with which its own feature, or else the whole, needs most history; what each needs joins the plans."""
    needs = [(value, _plans(part, {**beside, axis.key: value})) for value in axis.some(_most_tried(part, axis))]
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
    if _are_numbers_in_rules(part, changes):
        return ()  # they need no other history
    try:
        return part.plans_with(changes)
    except RequestError:
        return ()
