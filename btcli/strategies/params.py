"""Checking a strategy's parameters against the types it declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from btcli.config.findings import did_you_mean, listed
from btcli.errors import ConfigError, Problem, StrategyError

if TYPE_CHECKING:
    from btcli.strategies.interface import Strategy

Value = int | float | str | bool
KINDS: dict[type, str] = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def read_params(
    strategy: type[Strategy], given: Mapping[str, Value], locate: Callable[[str], str] | None = None
) -> Any:
    """An instance of the strategy's `Params` filled from `given`.

    Raises ConfigError with every unknown, missing or mistyped parameter; `locate` turns a dotted key
    into its place. Raises StrategyError when `Params` itself is not a dataclass of simple types.
    """
    declared = _declared(strategy)
    values, problems = dict[str, Value](), list[Problem]()
    for name, value in given.items():
        read = _read(strategy, name, value, declared)
        if isinstance(read, Problem):
            problems.append(_placed(read, name, locate))
        else:
            values[name] = read
    for name, (field, kind) in declared.items():
        if name not in given and field.default is MISSING and field.default_factory is MISSING:
            message = f"{strategy.__name__} needs the parameter {name!r}, {KINDS[kind]}"
            problems.append(_placed(Problem(message), "", locate))
    if problems:
        raise ConfigError(tuple(problems))
    try:
        return strategy.Params(**values)
    except ValueError as error:
        raise ConfigError((_placed(Problem(f"{strategy.__name__}: {error}"), "", locate),)) from error


def _declared(strategy: type[Strategy]) -> dict[str, tuple[Field[Any], type]]:
    if not is_dataclass(strategy.Params):
        raise StrategyError(
            f"{strategy.__name__}.Params is not a dataclass", hint="write @dataclass(frozen=True) above it"
        )
    try:
        hints = get_type_hints(strategy.Params)
    except NameError as error:
        raise StrategyError(f"{strategy.__name__}.Params: {error}") from error
    declared = {field.name: (field, hints[field.name]) for field in fields(strategy.Params) if field.init}
    for name, (_, kind) in declared.items():
        if kind not in KINDS:
            raise StrategyError(
                f"{strategy.__name__}.Params.{name} has a type that a parameter cannot have",
                hint="a parameter is an int, a float, a str or a bool",
            )
    return declared


def _read(
    strategy: type[Strategy], name: str, value: Value, declared: Mapping[str, tuple[Field[Any], type]]
) -> Value | Problem:
    if name not in declared:
        known = f"it has {listed(declared)}" if declared else "it has none"
        return Problem(f"{strategy.__name__} has no parameter {name!r}", hint=did_you_mean(name, declared) or known)
    kind = declared[name][1]
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        return Problem(f"{strategy.__name__}: {name} must be {KINDS[kind]}, not {value!r}")
    return value


def _placed(problem: Problem, name: str, locate: Callable[[str], str] | None) -> Problem:
    key = f"strategy.params.{name}" if name else "strategy.params"
    return Problem(problem.message, locate(key) if locate else key, problem.hint)
