"""What stands in the call of a feature function, against what the function takes: series, then numbers, one output."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from btcli.config.findings import did_you_mean
from btcli.expressions.function import Function, Parameter
from btcli.expressions.problems import RuleError
from btcli.expressions.tree import Column, Indicator, Node, Number


class Argument(NamedTuple):
    """What stands at one place of a call: what it means, where it begins, and how it is written."""

    meant: Node
    column: int
    text: str

    @property
    def is_number(self) -> bool:
        """Whether it is a number as it stands, and no series."""
        return isinstance(self.meant, Number)


class Written(NamedTuple):
    """A call of a function on the bars of a role; `output` stands behind the dot, from `output_column` on."""

    function: Function
    role: str
    column: int
    arguments: Sequence[Argument]
    output: str
    output_column: int

    @property
    def hint(self) -> str:
        """How the function is written."""
        return f"write {self.function.usage}"


def checked(written: Written) -> Indicator:
    """The call as a value. Raises RuleError with the column and how the function is written."""
    inputs, numbers = _series(written), _numbers(written)
    return Indicator(written.function, inputs, numbers, _output(written))


def _series(written: Written) -> tuple[Node, ...]:
    function = written.function
    named = [argument for argument in written.arguments if not argument.is_number]
    if function.implied:
        own = tuple(Column(written.role, price) for price in function.implied)
        if tuple(argument.meant for argument in named) not in ((), own):
            says = f"{function.name} reads {', '.join(function.implied)} by itself"
            raise RuleError(says, named[0].column, hint=written.hint)
        return own
    if len(named) != function.free_prices:
        wanted = "one series" if function.free_prices == 1 else "two series"
        column = named[function.free_prices].column if len(named) > function.free_prices else written.column
        raise RuleError(f"{function.name} reads {wanted}, not {len(named)}", column, hint=written.hint)
    return tuple(argument.meant for argument in named)


def _numbers(written: Written) -> tuple[float, ...]:
    function = written.function
    given = [argument for argument in written.arguments if argument.is_number]
    for earlier, later in pairwise(written.arguments):
        if earlier.is_number and not later.is_number:
            raise RuleError("prices come before numbers", later.column, hint=written.hint)
    most, least = len(function.parameters), len(function.parameters) - len(function.defaults)
    if not least <= len(given) <= most:
        column = given[most].column if len(given) > most else written.column
        wanted = f"{least} to {most} numbers" if least < most else f"{most} number{'' if most == 1 else 's'}"
        raise RuleError(f"{function.name} takes {wanted}, not {len(given)}", column, hint=written.hint)
    values = tuple(_number(parameter, each) for parameter, each in zip(function.parameters, given, strict=False))
    return values + function.defaults[len(given) - least :]


def _number(parameter: Parameter, argument: Argument) -> float:
    assert isinstance(argument.meant, Number)
    value, column = argument.meant.value, argument.column
    if not parameter.minimum <= value <= parameter.maximum:
        bound = f"at least {parameter.minimum:g}" if value < parameter.minimum else f"at most {parameter.maximum:g}"
        raise RuleError(f"{parameter.name} must be {bound}, not {argument.text}", column)
    if parameter.whole and value != int(value):
        raise RuleError(f"{parameter.name} must be a whole number, not {argument.text}", column)
    if parameter.choices and value not in parameter.choices:
        choices = ", ".join(f"{choice:g}" for choice in parameter.choices)
        raise RuleError(f"{parameter.name} must be one of {choices}, not {argument.text}", column)
    return value


def _output(written: Written) -> int:
    function, output = written.function, written.output
    listed = ", ".join(f".{each}" for each in function.outputs)
    if not output:
        if function.outputs:
            raise RuleError(f"{function.name} has several outputs", written.output_column, hint=f"add one of {listed}")
        return 0
    if not function.outputs:
        raise RuleError(f"{function.name} has one output and takes no suffix", written.output_column)
    if output not in function.outputs:
        hint = did_you_mean(output.lower(), function.outputs) or f"its outputs are {listed}"
        raise RuleError(f"{function.name} has no output {output!r}", written.output_column, hint=hint)
    return function.outputs.index(output)
