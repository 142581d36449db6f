"""A strategy of rules as a run needs it: a program for the driver, and no code of anybody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from btcli.config.findings import key_of
from btcli.config.model import System, Timeframes
from btcli.config.sections import RULES, Strategy
from btcli.digest import digest_of
from btcli.features.catalog import FUNCTIONS
from btcli.features.expression import ExpressionError, parse_feature
from btcli.features.kinds import quantity_of_text
from btcli.strategies.finding import FoundStrategy
from btcli.strategies.source import Source

if TYPE_CHECKING:
    from btcli.expressions.kinds import Quantity
    from btcli.expressions.names import Mistake, Names
    from btcli.expressions.tree import Column
    from btcli.strategies.rules.assembling import Assembled

RULES_KEY = "strategy.rules"


def ruled_strategy(system: System, written: Strategy, locate: Callable[[str], str], symbol: str = "") -> FoundStrategy:
    """The strategy of `written.rules`: its source is their text, its features are those of the system file.

    `symbol` is the one that it alone decides for.
    Raises ConfigError with every problem of the expressions and parameters.
    """
    from btcli.strategies.rules.rule_set import assembled_rules

    assert written.rules is not None
    names = names_of(system, written)

    at = key_of(system.rules_path(symbol))

    def place(key: str) -> tuple[str, str]:
        """Of an expression where it begins, of all else where its key stands; and the key as it is written."""
        if key.startswith(f"{RULES_KEY}."):
            own_key = at + key.removeprefix(RULES_KEY)
            return system.where_value(own_key), own_key
        own_key = key.replace("strategy.", f"strategy.per_symbol.{symbol}.", 1) if symbol else key
        return system.where(own_key) if symbol else locate(key), own_key

    assembled = assembled_rules(written.rules, written.params, names, place)
    source = Source((), (), digest_of(written.rules.model_dump(mode="json")), {}, {})
    return FoundStrategy(
        RULES, MappingProxyType(dict(assembled.features)), source, _nobody, Path(), assembled, written.params
    )


def names_of(system: System, written: Strategy) -> Names:
    """What the expressions of a strategy may name."""
    from btcli.expressions.names import Names

    features = {str(role): tuple(named) for role, named in system.features.items()}
    is_last = system.fills.mark_source == "last"
    return Names(
        features,
        tuple(written.params),
        tuple(FUNCTIONS),
        _mistake_of,
        _anchored(system),
        is_last,
        _lacking(system),
        partial(_quantity_of, system.features),
    )


def _quantity_of(texts: Mapping[Any, Mapping[str, str]], column: Column) -> Quantity:
    """What is known of a column: a feature by its name or by what it is made of, or what every role has."""
    from btcli.expressions.kinds import BESIDE_FEATURES

    if column.name in BESIDE_FEATURES:
        return BESIDE_FEATURES[column.name]
    return quantity_of_text(texts.get(column.role, {}).get(column.name, column.name))


def _mistake_of(call: str) -> Mistake | None:
    """What is wrong with a call of a feature inside an expression."""
    from btcli.expressions.names import Mistake

    try:
        parse_feature(call)
    except ExpressionError as error:
        problem = error.problems[0]
        return Mistake(problem.message, error.column, problem.hint)
    return None


def bars_back(assembled: Assembled, timeframes: Timeframes) -> dict[str, int]:
    """By role the bars before the window that rules look at; of exec as many as go into the closes of ltf, too."""
    from btcli.exchange.driver.program import CLOSES

    bars = dict(assembled.looks_back)
    closes = bars.pop(CLOSES, 0)
    if closes:
        bars["exec"] += closes * (timeframes.of("ltf").ms // timeframes.of("exec").ms)
    return bars


def _lacking(system: System) -> dict[str, str]:
    """The names that a system cannot know, and what would let it."""
    lacking = {}
    if system.fills.mark_source == "last":
        lacking["basis"] = "the last price is the mark here, so that it is always 0: set fills.mark_source: mark"
    if system.costs.funding == "none":
        lacking |= dict.fromkeys(("funding_rate", "minutes_to_funding"), "set costs.funding: settled")
    return lacking


def _anchored(system: System) -> frozenset[str]:
    """Functions, and features made with them, whose level hangs on the bar at which history starts."""
    functions = {name for name, function in FUNCTIONS.items() if function.anchored}
    texts = ((f"{role}.{name}", text) for role, named in system.features.items() for name, text in named.items())
    return frozenset(functions | {name for name, text in texts if text.partition("(")[0].strip() in functions})


def _nobody() -> NoReturn:
    raise AssertionError("rules are evaluated by the exchange: there is no strategy to be made")
