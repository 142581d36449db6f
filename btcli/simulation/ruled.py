"""A strategy of rules as a run needs it: a program for the driver, and no code of anybody's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from btcli.config.findings import key_of
from btcli.config.model import System, Timeframes
from btcli.config.sections import RULES, Strategy
from btcli.digest import digest_of
from btcli.expressions.inline import is_inline
from btcli.features.catalog import FUNCTIONS, LEFT_OUT
from btcli.features.expression import is_feature
from btcli.features.kinds import quantity_of_feature
from btcli.features.meanings import meanings
from btcli.features.plan import anchored_features
from btcli.strategies.finding import FoundStrategy
from btcli.strategies.source import Source

if TYPE_CHECKING:
    from btcli.expressions.kinds import Quantity
    from btcli.expressions.names import Names
    from btcli.expressions.tree import Column, Indicator
    from btcli.strategies.rules.assembling import Assembled

RULES_KEY = "strategy.rules"


def ruled_strategy(
    system: System,
    written: Strategy,
    locate: Callable[[str], str],
    symbol: str = "",
    signals: Collection[str] | None = None,
) -> FoundStrategy:
    """The strategy of `written.rules`: its source is their text, its features are those of the system file.

    `symbol` is the one that it alone decides for, `signals` are the columns of the system's file of signals, None
    where it was not looked into.
    Raises ConfigError with every problem of the expressions and parameters.
    """
    from btcli.strategies.rules.entering import entering_of
    from btcli.strategies.rules.rule_set import assembled_rules

    assert written.rules is not None
    names = names_of(system, written, signals)

    at = key_of(system.rules_path(symbol))

    def place(key: str) -> tuple[str, str]:
        """Of an expression where it begins, of all else where its key stands; and the key as it is written."""
        if key.startswith(f"{RULES_KEY}."):
            own_key = at + key.removeprefix(RULES_KEY)
            return system.where_value(own_key), own_key
        own_key = key.replace("strategy.", f"strategy.per_symbol.{symbol}.", 1) if symbol else key
        return system.where(own_key) if symbol else locate(key), own_key

    is_left = system.account.margin_mode == "isolated" and system.risk.stop_vs_liquidation != "adjust"
    leverage = system.account.leverage if is_left else None
    assembled = assembled_rules(written.rules, written.params, names, place, leverage)
    entering = entering_of(written.rules, system.timeframes.ltf.ms)
    assembled = assembled._replace(program=assembled.program._replace(entering=entering))
    source = Source((), (), digest_of(written.rules.plain), {}, {})
    return FoundStrategy(
        RULES, MappingProxyType(dict(assembled.features)), source, _nobody, Path(), assembled, written.params
    )


def names_of(system: System, written: Strategy, signals: Collection[str] | None = None) -> Names:
    """What the expressions of a strategy may name; `signals` as for `ruled_strategy`."""
    from btcli.expressions.names import Names

    features = {str(role): tuple(named) for role, named in system.features.items()}
    is_last = system.fills.mark_source == "last"
    return Names(
        features,
        tuple(written.params),
        FUNCTIONS,
        anchored_features(system.expressions, system.functions),
        is_last,
        _lacking(system),
        partial(_quantity_of, system.expressions),
        LEFT_OUT,
        True,
        () if system.signals is None else signals,
    )


def _quantity_of(texts: Mapping[Any, Mapping[str, str]], column: Column | Indicator) -> Quantity:
    """What is known of a column: a feature by its name or by what it is made of, or what every role has."""
    from btcli.expressions.kinds import ANYTHING
    from btcli.expressions.tree import Column, whose

    if not isinstance(column, Column) or not is_feature(column) or "." in column.name.partition("(")[0]:
        return quantity_of_feature(column)
    role = whose(column.role)[1]
    inline = {column.name: column.name} if is_inline(column.name) else {}
    node = meanings(role, {**texts.get(role, {}), **inline}).nodes.get(column.name)
    return ANYTHING if node is None else quantity_of_feature(node)


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


def _nobody() -> NoReturn:
    raise AssertionError("rules are evaluated by the exchange: there is no strategy to be made")
