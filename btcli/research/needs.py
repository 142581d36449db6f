"""What the values of a sweep need, and which of them nobody could run: found out before the first trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple

from btcli.config.changing import Tree, changed, tree_of
from btcli.config.findings import did_you_mean, listed
from btcli.config.model import System, Window
from btcli.digest import canonical_json
from btcli.errors import ConfigError, Problem, RequestError
from btcli.features.plan import FeaturePlan, plan_features
from btcli.research.axes import Axis, Continuous, Listed, Stepped
from btcli.research.plan import Source, turns_world
from btcli.research.space import Space
from btcli.simulation.parts import Prepared, prepared, spans_of

MOST_TRIED = 2_000  # values in steps of one key; of more the first, the last, and others evenly between them
MOST_PREPARED = 200  # the same where each of them has to be read as a whole
MOST_COMBINED = 256  # combinations with other axes in which a value is looked for that can be run
LOOKED_AT = ("features", "strategy", "symbols", "instruments", "warmup")  # these decide more than pydantic knows of
FIXED = {
    "windows": "--window, or --start and --end, choose the window",
    "system": "the name of a system changes no result",
    "output": "what is written changes no result",
}


class Part(NamedTuple):
    """A system that is varied, where it lies, and the window."""

    source: Source
    system: System
    tree: Tree
    folder: Path
    window_name: str
    window: Window

    @classmethod
    def of(cls, source: Source, system: System, window_name: str, window: Window) -> Part:
        """The system that the source says."""
        return cls(source, system, tree_of(system), Path(source.file).parent, window_name, window)

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
    elif any(text.partition("=")[0].strip() == axis.key for text in part.source.sets):
        yield Problem("is varied, and set by --set", where, "leave one of them out")
    elif path[:2] == ("strategy", "params") and len(path) == 3 and rules_decide(system):
        yield from _among(path[2], system.strategy.params, "parameter of the rules", where)
    elif path[0] == "features" and len(path) == 3:
        plans = part.prepared(system).plans
        names = {each.name for plan in plans for each in plan.features if each.role == path[1]}
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
        system = system_with(part, changes)
        if any(key.split(".")[0] in LOOKED_AT for key in changes) and not _are_numbers_in_rules(part, changes):
            _looked_at(part, system, changes)
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
    """The plans of a system; where features alone were changed, of the features alone."""
    if rules_decide(system) and not system.functions and all(key.startswith("features.") for key in changes):
        return (plan_features(system.expressions, system.warmup.tolerance, system.warmup.bars),)
    return tuple(part.prepared(system).plans)


def widest(part: Part, space: Space) -> tuple[Prepared, dict[str, Any]]:
    """The parts of the group's system, with as much history as any of its trials needs, and the values that need most.

    Features may be made of others, so that the values that need most are looked at together, too.
    """
    parts = part.prepared(part.system)
    plans, most = [*parts.plans], dict[str, Any]()
    for axis in space.axes:
        if axis.path[0] not in ("features", "strategy") or turns_world(axis):
            continue
        needs = [(value, _plans(part, {axis.key: value})) for value in axis.some(_most_tried(part, axis))]
        plans += [plan for _, found in needs for plan in found]
        most[axis.key] = max(needs, key=lambda each: sum(sum(plan.warmup_bars().values()) for plan in each[1]))[0]
    if len(most) > 1:
        plans += _plans(part, most)
    spans = spans_of(parts.system, part.window_name, part.window, plans, parts.instruments)
    return replace(parts, spans=spans), most


def _plans(part: Part, changes: Mapping[str, Any]) -> tuple[FeaturePlan, ...]:
    """What a system with these values needs; nothing where it could not be run at all."""
    if _are_numbers_in_rules(part, changes):
        return ()  # they need no other history
    try:
        return _looked_at(part, system_with(part, changes), changes)
    except RequestError:
        return ()
