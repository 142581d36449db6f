"""What a run computes: every feature with the history it needs, and the history each role needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from btcli.errors import ConfigError, Problem
from btcli.features.expression import Call, ExpressionError, parse_feature
from btcli.features.talib_calls import lookback
from btcli.market.series import ROLES, Role

FEATURE_ROLES: tuple[Role, ...] = ("ltf", "mtf", "htf")
DEFAULT_TOLERANCE = 1e-4

Expressions = Mapping[str, Mapping[str, str]]
Locate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Feature:
    """One named value per bar of a role; it needs `warmup_bars` closed bars before the bar it is read at."""

    role: Role
    name: str
    call: Call
    warmup_bars: int


@dataclass(frozen=True, slots=True)
class FeaturePlan:
    """All features of a run, in the order they were written."""

    features: tuple[Feature, ...] = ()
    least_bars: tuple[tuple[Role, int], ...] = ()
    rules_bars: tuple[tuple[Role, int], ...] = ()  # what rules look back over

    def of(self, role: Role) -> tuple[Feature, ...]:
        """The features of one role."""
        return tuple(feature for feature in self.features if feature.role == role)

    def warmup_bars(self) -> dict[Role, int]:
        """The closed bars that each role needs before the window; 0 where nothing looks back."""
        least, rules = dict(self.least_bars), dict(self.rules_bars)
        features = {
            role: max((feature.warmup_bars for feature in self.of(role)), default=least.get(role, 0)) for role in ROLES
        }
        return {role: max(bars, rules.get(role, 0)) for role, bars in features.items()}

    def looking_back(self, bars: Mapping[str, int]) -> FeaturePlan:
        """The same where rules look back over so many bars of roles."""
        return replace(self, rules_bars=tuple((role, bars[role]) for role in ROLES if role in bars))


def plan_features(
    expressions: Expressions,
    tolerance: float = DEFAULT_TOLERANCE,
    overrides: Mapping[Role, int] | None = None,
    locate: Locate | None = None,
) -> FeaturePlan:
    """Read all expressions, by role and name, and work out their warm-up.

    `overrides` replaces the warm-up of a role, never below a function's lookback. `locate` turns a dotted
    key into the place of a problem. Raises ConfigError with every problem at once.
    """
    given = overrides or {}
    features: list[Feature] = []
    problems: list[Problem] = []
    for written, named in expressions.items():
        role = next((known for known in FEATURE_ROLES if known == written), None)
        for name, text in named.items():
            read = _read(text, role)
            if isinstance(read, Problem):
                key = f"features.{written}.{name}"
                where = locate(key) if locate else key
                message = read.message if where.endswith(key) else f"{key}: {read.message}"
                problems.append(Problem(message, where, read.hint))
            elif role is not None:
                features.append(Feature(role, name, read, warmup_of(read, tolerance, given.get(role))))
    if problems:
        raise ConfigError(tuple(problems))
    return FeaturePlan(tuple(features), tuple(given.items()))


def warmup_of(call: Call, tolerance: float = DEFAULT_TOLERANCE, override: int | None = None) -> int:
    """The closed bars before a bar that its value needs: the lookback, and the memory of a recursive function.

    The weight of the start falls by e in `memory` bars, so it is below `tolerance` after `ln(1/tolerance)` times that.
    What is in a state gets `state_bars` at least; what is anchored begins at the last bar before the window.
    """
    least = lookback(call)
    if override is not None:
        return max(override, least)
    return least + max(
        math.ceil(math.log(1 / tolerance) * call.function.memory(call.numbers)), call.function.state_bars
    )


def _read(text: str, role: Role | None) -> Call | Problem:
    if role is None:
        return Problem("features are computed for ltf, mtf and htf")
    try:
        return parse_feature(text)
    except ExpressionError as error:
        problem = error.problems[0]
        return Problem(f"{problem.message}, at column {error.column} of {text!r}", hint=problem.hint)
