"""Strategies that are classes: found in a module, read, and made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import cast

from btcli.config.findings import did_you_mean, listed
from btcli.errors import RequestError, StrategyError
from btcli.strategies.failing import user_code
from btcli.strategies.interface import Strategy

SAID_OF_ITSELF = ("sees_others", "decides_in_position", "decides_by_market")


def class_in(module: ModuleType, name: str, where: str) -> type[Strategy]:
    place = getattr(module, "__file__", None) or module.__name__
    classes = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Strategy) and value is not Strategy
    ]
    found = getattr(module, name, None)
    if found is None:
        known = f"it has {listed(classes)}" if classes else "it has no subclass of btcli.strategies.Strategy"
        raise RequestError(f"{place} has no {name!r}", where=where, hint=did_you_mean(name, classes) or known)
    if name not in classes:
        raise RequestError(
            f"{name} in {place} is no strategy",
            where=where,
            hint="a strategy is a subclass of btcli.strategies.Strategy",
        )
    if found.decide is Strategy.decide:
        raise RequestError(f"{name} in {place} has no decide(self, snapshot)", where=where, hint="write that method")
    strategy: type[Strategy] = found
    return strategy


def features_of(strategy: type[Strategy], where: str) -> Mapping[str, Mapping[str, str]]:
    features: object = strategy.features
    if isinstance(features, Mapping) and all(_is_named(named) for named in features.values()):
        return MappingProxyType({role: MappingProxyType(dict(named)) for role, named in features.items()})
    raise RequestError(
        f"{strategy.__name__}.features must be role -> name -> expression",
        where=where,
        hint='write features = {"ltf": {"fast": "ema(close, 9)"}}',
    )


def _is_named(named: object) -> bool:
    return isinstance(named, Mapping) and all(isinstance(text, str) for text in named.values())


def made_of(strategy: type[Strategy], values: object, folder: str | None) -> Strategy:
    """A new instance, made in the working directory that its module left behind when it left another."""
    with user_code(f"{strategy.__name__} could not be made"):
        if folder is not None:
            os.chdir(folder)
        made: object = strategy(values)
        if not issubclass(type(made), Strategy):
            raise StrategyError(f"{strategy.__name__}(…) gave {type(made).__name__}", hint="a class makes its own kind")
        for name in SAID_OF_ITSELF:
            if type(said := getattr(made, name)).__name__ not in ("bool", "bool_"):  # numpy's are as good
                raise StrategyError(f"{strategy.__name__}.{name} is {said!r}", hint="write True or False")
        return cast("Strategy", made)
