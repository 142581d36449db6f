"""What a run computes: every feature with the history it needs, and the history each role needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from btcli.errors import ConfigError, Problem
from btcli.expressions.looking import anchored
from btcli.expressions.problems import RuleError, shown_at
from btcli.expressions.tree import Node, UserFunction
from btcli.features.history import DEFAULT_TOLERANCE, warmup_of
from btcli.features.meanings import MOST_MISTAKES, Functions, meanings
from btcli.frozen import frozen
from btcli.market.series import ROLES, Role

FEATURE_ROLES: tuple[Role, ...] = ("ltf", "mtf", "htf")
ABSENT = "features are computed for ltf, mtf and htf"

Expressions = Mapping[Any, Mapping[str, str]]  # by role and name
Locate = Callable[[str], str]


@frozen
class Feature:
    """One named value per bar of a role; it needs `warmup_bars` closed bars before the bar it is read at.

    `text` is how it was written, `node` what that comes to with other features in the places of their names;
    `tolerance` says when what is recursive inside has settled again after something was unknown.
    """

    role: Role
    name: str
    node: Node
    text: str
    warmup_bars: int
    tolerance: float = DEFAULT_TOLERANCE


@frozen
class FeaturePlan:
    """All features of a run, in the order they were written."""

    features: tuple[Feature, ...] = ()
    least_bars: tuple[tuple[Role, int], ...] = ()
    rules_bars: tuple[tuple[Role, int], ...] = ()  # what rules look back over
    of_others: tuple[Feature, ...] = ()  # what rules read on the bars of other symbols alone

    def of(self, role: Role) -> tuple[Feature, ...]:
        """The features of one role."""
        return tuple(feature for feature in self.features if feature.role == role)

    def warmup_bars(self) -> dict[Role, int]:
        """The closed bars that each role needs before the window; 0 where nothing looks back."""
        least, rules = dict(self.least_bars), dict(self.rules_bars)
        needs: dict[Role, int] = {}
        for each in self.all:
            needs[each.role] = max(each.warmup_bars, needs.get(each.role, 0))
        return {role: max(needs.get(role, least.get(role, 0)), rules.get(role, 0)) for role in ROLES}

    @property
    def all(self) -> tuple[Feature, ...]:
        """Those of the symbol itself, then those that are read on the bars of others alone."""
        return (*self.features, *self.of_others)

    def with_others(self, of_others: tuple[Feature, ...]) -> FeaturePlan:
        """The same with features that are read on the bars of other symbols, and are waited for by nobody."""
        return replace(self, of_others=of_others)

    def looking_back(self, bars: Mapping[str, int]) -> FeaturePlan:
        """The same where rules look back over so many bars of roles."""
        return replace(self, rules_bars=tuple((role, bars[role]) for role in ROLES if role in bars))


def plan_features(
    expressions: Expressions,
    tolerance: float = DEFAULT_TOLERANCE,
    overrides: Mapping[Role, int] | None = None,
    locate: Locate | None = None,
    functions: Mapping[Any, Functions] = MappingProxyType({}),
) -> FeaturePlan:
    """Read all expressions, by role and name, and work out their warm-up; `functions` are features that are none.

    `overrides` replaces the warm-up of a role, never below the lookbacks of its functions. `locate` turns a dotted
    key into the place of a problem. Raises ConfigError with every problem at once, of a role the first hundred.
    """
    given = overrides or {}
    features: list[Feature] = []
    problems: list[Problem] = []
    for written in dict.fromkeys((*expressions, *functions)):
        named, own = expressions.get(written, {}), functions.get(written, {})
        role = next((known for known in FEATURE_ROLES if known == written), None)
        if role is None:
            problems += [_placed(written, name, ABSENT, "", locate) for name in (*named, *own)]
            continue
        found = meanings(role, named, own)
        wrong = [name for name in named if name in found.mistakes]
        problems += [_mistake(role, name, named[name], found.mistakes[name], locate) for name in wrong]
        if len(found.mistakes) >= MOST_MISTAKES:
            problems.append(Problem(f"more features of {role} were not read", hint="mend these first"))
        texts = {**named, **{name: function.name for name, function in own.items()}}
        for name in (each for each in texts if each in found.nodes):
            node, text = found.nodes[name], " ".join(texts[name].split())
            features.append(Feature(role, name, node, text, warmup_of(node, tolerance, given.get(role)), tolerance))
    if problems:
        raise ConfigError(tuple(problems))
    return FeaturePlan(tuple(features), tuple(given.items()))


def anchored_features(
    expressions: Expressions, functions: Mapping[Any, Collection[str]] = MappingProxyType({})
) -> frozenset[str]:
    """Those whose level hangs on where their history starts, as "ltf.flow"; what cannot be read is passed over.

    `functions` are the names of features that functions of the user's compute.
    """
    return frozenset(
        f"{role}.{name}"
        for role, named in expressions.items()
        for name, node in meanings(role, named, unread(functions.get(role, ()))).nodes.items()
        if anchored(node, lambda _: False) is not None
    )


def unread(names: Collection[str]) -> Functions:
    """Functions that stand for those of these names, and are never called."""
    return {name: UserFunction(name, (), 0, "", abs) for name in names}


def _mistake(role: Role, name: str, text: str, mistake: RuleError, locate: Locate | None) -> Problem:
    problem = mistake.problems[0]
    said = f"{problem.message}, at column {mistake.column}:\n{shown_at(text, mistake.column)}"
    return _placed(role, name, said, problem.hint, locate)


def _placed(role: str, name: str, message: str, hint: str, locate: Locate | None) -> Problem:
    key = f"features.{role}.{name}"
    where = locate(key) if locate else key
    return Problem(message if where.endswith(key) else f"{key}: {message}", where, hint)
