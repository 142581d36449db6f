"""A strategy of rules as a run needs it: a program for the driver, and no code of anybody's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from btcli.config.model import System
from btcli.config.sections import RULES, Strategy
from btcli.digest import digest_of
from btcli.features.catalog import FUNCTIONS
from btcli.strategies.finding import FoundStrategy
from btcli.strategies.source import Source


def ruled_strategy(system: System, written: Strategy, locate: Callable[[str], str]) -> FoundStrategy:
    """The strategy of `written.rules`: its source is their text, its features are those of the system file.

    Raises ConfigError with every problem of the expressions and parameters.
    """
    from btcli.strategies.rules.names import Names
    from btcli.strategies.rules.rule_set import assembled_rules

    assert written.rules is not None
    features = {str(role): tuple(named) for role, named in system.features.items()}
    names = Names(features, tuple(written.params), tuple(FUNCTIONS))

    def place(key: str) -> str:
        """Of an expression where it begins, of all else where its key stands."""
        return system.where_value(key) if key.startswith("strategy.rules.") else locate(key)

    assembled = assembled_rules(written.rules, written.params, names, place)
    source = Source((), (), digest_of(written.rules.model_dump(mode="json")), {}, {})
    return FoundStrategy(RULES, MappingProxyType({}), source, _nobody, Path(), assembled, written.params)


def _nobody() -> NoReturn:
    raise AssertionError("rules are evaluated by the exchange: there is no strategy to be made")
