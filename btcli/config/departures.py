"""What a resolved config says beyond the defaults: what had to be chosen, and what was chosen otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from btcli.config.model import System
from btcli.config.sections import Account, Costs, Execution, Output, Risk, Sourcing, Warmup
from btcli.config.specs.symbol import PACKAGED
from btcli.config.types import Section
from btcli.config.venues import VENUES

SECTIONS: Mapping[str, type[Section]] = {
    "account": Account,
    "costs": Costs,
    "fills": Execution,
    "risk": Risk,
    "data": Sourcing,
    "warmup": Warmup,
    "output": Output,
}
REQUIRED = object()  # a key that has no default, or that this version does not know


class Departure(NamedTuple):
    """A key of system.yml by its dotted name, its value and its default; None where it has no default or none is it."""

    key: str
    value: Any
    default: Any
    has_default: bool


def departures(config: Mapping[str, Any]) -> tuple[Departure, ...]:
    """The keys of a resolved config that have no default or another value than it, in the order of the config.

    A key that this version does not know has no default.
    """
    return tuple(_departures(config))


def _departures(config: Mapping[str, Any]) -> Iterator[Departure]:
    for key, value in config.items():
        model = SECTIONS.get(key)
        if model is None:
            yield from _one(key, value, _default(System.model_fields.get(key)))
            continue
        defaults = {name: _default(field) for name, field in model.model_fields.items()}
        known = {**defaults, **_by_choice(config).get(key, {})}
        for name, own in value.items():
            yield from _one(f"{key}.{name}", own, known.get(name, REQUIRED))


def _by_choice(config: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Defaults that hang on another key: the venue's fees, and how a cross account is liquidated."""
    venue = VENUES.get(config.get("venue", ""))
    fees = {} if venue is None else {"taker_fee_rate": venue.taker_fee_rate, "maker_fee_rate": venue.maker_fee_rate}
    is_cross = config.get("account", {}).get("margin_mode") == "cross"
    return {"costs": fees, "risk": {"liquidation": "full"} if is_cross else {}}


def _default(field: FieldInfo | None) -> Any:
    """The default of a key, REQUIRED where it has none: blocks of named values are chosen, too."""
    return REQUIRED if field is None or field.default_factory is not None else field.default


def _one(key: str, value: Any, default: Any) -> Iterator[Departure]:
    if default is PydanticUndefined or default is REQUIRED:
        yield from _leaves(key, value)
    elif value != default:
        yield Departure(key, value, default, has_default=True)


def _leaves(key: str, value: Any) -> Iterator[Departure]:
    """What is given below a key; an empty block and the packaged specs say nothing."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _leaves(f"{key}.{name}", below)
    elif (key, value) != ("instruments", PACKAGED):
        yield Departure(key, value, None, has_default=False)
