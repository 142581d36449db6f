"""Options that always come together, as one value: a verb names the group, its command line has the single options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints

from btcli.cli.edge.answer import Answer

Verb = Callable[..., Answer]


def grouped(verb: Verb) -> Verb:
    """The verb with the fields of its dataclass parameters, at their places, as options of its own.

    All parameters are keywords, so that options with and without a default may stand in any order.
    """
    groups: dict[str, type[Any]] = {}
    flat: list[Parameter] = []
    for name, parameter in signature(verb, eval_str=True).parameters.items():
        kind = parameter.annotation
        if isinstance(kind, type) and is_dataclass(kind):
            groups[name] = kind
            flat += _options_of(kind)
        else:
            flat.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))

    def command(**given: Any) -> Answer:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return verb(**given)

    command.__name__, command.__doc__, command.__module__ = verb.__name__, verb.__doc__, verb.__module__
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    command.__signature__ = Signature(flat)  # type: ignore[attr-defined]
    return command


def _options_of(group: type[Any]) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
        for field in fields(group)
    ]
