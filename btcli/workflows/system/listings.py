"""What there is to choose from: built-in strategies and feature functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from importlib import import_module
from inspect import getdoc

from btcli.features.catalog import FUNCTIONS
from btcli.frozen import frozen
from btcli.strategies.finding import BUILT_INS


@frozen
class BuiltIn:
    """A strategy that comes with btcli: what it does, its parameters with their defaults, the features it declares."""

    name: str
    summary: str
    params: Mapping[str, object]
    features: Mapping[str, Mapping[str, str]]


@frozen
class FeatureFunction:
    """A function that expressions may name.

    `forgets` tells whether it reads a fixed number of bars only, with its usual averages; `state_bars` how many it gets
    at least where it is in a state; `anchored` whether its level hangs for ever on where its history starts.
    """

    name: str
    usage: str
    outputs: tuple[str, ...]
    forgets: bool
    state_bars: int
    anchored: bool


def built_in_strategies() -> tuple[BuiltIn, ...]:
    """All of them, by name."""
    return tuple(_built_in(name, *BUILT_INS[name]) for name in sorted(BUILT_INS))


def feature_functions() -> tuple[FeatureFunction, ...]:
    """All of them, by name."""
    return tuple(
        FeatureFunction(
            name, function.usage, function.outputs, function.forgets, function.state_bars, function.anchored
        )
        for name, function in sorted(FUNCTIONS.items())
    )


def _built_in(name: str, module: str, class_name: str) -> BuiltIn:
    strategy = getattr(import_module(module), class_name)
    params = {field.name: None if field.default is MISSING else field.default for field in fields(strategy.Params)}
    return BuiltIn(name, (getdoc(strategy) or "").replace("\n", " "), params, strategy.features)
