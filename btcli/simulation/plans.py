"""The features of a strategy: its own, those of the system file and those that its rules need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from btcli.config.model import System
from btcli.features.plan import FeaturePlan, plan_features
from btcli.simulation.ruled import bars_back
from btcli.strategies.finding import FoundStrategy
from btcli.strategies.functions.finding import FoundFunctions
from btcli.strategies.placing import place_of_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from btcli.expressions.tree import UserFunction
    from btcli.strategies.rules.assembling import Assembled


def planned_features(system: System, strategy: FoundStrategy, functions: FoundFunctions) -> FeaturePlan:
    """What is computed for a strategy, and how much of its past that needs. Raises what `plan_features` raises."""
    features = merged_features(system, strategy.features)

    def locate(key: str) -> str:
        """An expression that the system file has not is the strategy's own."""
        role, name = key.split(".")[1:]
        if name in system.features.get(role, {}):  # type: ignore[call-overload]
            return system.where_value(key)
        return place_of_text(strategy.entry, strategy.name, features[role][name])

    plan = plan_features(features, system.warmup.tolerance, system.warmup.bars, locate, functions.features)
    return plan if strategy.assembled is None else with_rules(plan, strategy.assembled, system, functions.features)


def with_rules(
    plan: FeaturePlan, assembled: Assembled, system: System, functions: Mapping[Any, Mapping[str, UserFunction]]
) -> FeaturePlan:
    """A plan with what rules look back over, and what they read on the bars of other symbols."""
    plan = plan.looking_back(bars_back(assembled, system.timeframes))
    wanted, warmup = assembled.features_of_others, system.warmup
    if not wanted:
        return plan
    planned = plan_features(merged_features(system, wanted), warmup.tolerance, warmup.bars, functions=functions)
    of_others = tuple(each for each in planned.features if each.name in wanted.get(each.role, {}))
    return plan.with_others(of_others)


def merged_features(system: System, declared: Mapping[Any, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The strategy's own features by role and name, overridden by those of the system file; functions are left out."""
    configured: Mapping[Any, Mapping[str, str]] = system.expressions
    functions: Mapping[Any, Mapping[str, object]] = system.functions
    merged = {}
    for role in dict.fromkeys((*declared, *configured)):
        named = {**declared.get(role, {}), **configured.get(role, {})}
        merged[role] = {name: text for name, text in named.items() if name not in functions.get(role, {})}
    return merged
