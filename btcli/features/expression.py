"""Reading one feature expression: `name(prices…, numbers…)` and, for a function with several outputs, `.output`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from btcli.config.findings import did_you_mean
from btcli.errors import RequestError
from btcli.expressions.function import PRICES, Function, Parameter
from btcli.features.catalog import FUNCTIONS, LEFT_OUT
from btcli.market.prices import MEANS

LISTED = "`btcli features` lists what is available"
_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[(),.]))"
)


class ExpressionError(RequestError):
    """An expression that cannot be read; `column` counts from 1 inside its text."""

    title = "A feature cannot be read"

    def __init__(self, message: str, column: int, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.column = column


@dataclass(frozen=True, slots=True)
class Call:
    """A checked expression: which function reads which prices with which numbers, and which output is meant."""

    function: Function
    prices: tuple[str, ...]
    numbers: tuple[float, ...]
    output: int = 0

    def __str__(self) -> str:
        shown = self.prices[: self.function.free_prices]
        suffix = f".{self.function.outputs[self.output]}" if self.function.outputs else ""
        return f"{self.function.name}({', '.join((*shown, *(f'{number:g}' for number in self.numbers)))}){suffix}"


class _Token(NamedTuple):
    kind: str  # number, name, mark or end
    text: str
    column: int


def parse_feature(text: str) -> Call:
    """Read and check an expression such as `ema(close, 9)` or `macd(close, 12, 26, 9).hist`.

    Raises ExpressionError with the column and, where there is one, the nearest known name.
    """
    tokens = _tokens(text)
    name = _expect(tokens, 0, "name", "a function, such as ema(close, 9)")
    function = _function(name)
    _expect(tokens, 1, "(", f"`(` after {function.name}", hint=f"write {function.usage}")
    arguments, after = _arguments(tokens, 2)
    prices, numbers = _prices(function, name, arguments), _numbers(function, name, arguments)
    output, after = _output(function, tokens, after)
    _expect(tokens, after, "end", "nothing more")
    return Call(function, prices, numbers, output)


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            column = at + len(text[at:]) - len(text[at:].lstrip()) + 1
            raise ExpressionError(f"unexpected {text[column - 1]!r}", column)
        kind = str(found.lastgroup)
        tokens.append(_Token(kind, found[kind], found.start(kind) + 1))
        at = found.end()
    return [*tokens, _Token("end", "", len(text) + 1)]


def _expect(tokens: list[_Token], at: int, wanted: str, described: str, hint: str = "") -> _Token:
    token = tokens[min(at, len(tokens) - 1)]
    if wanted not in (token.kind, token.text):
        found = repr(token.text) if token.text else "the end"
        raise ExpressionError(f"expected {described}, found {found}", token.column, hint=hint)
    return token


def _function(token: _Token) -> Function:
    if token.text in FUNCTIONS:
        return FUNCTIONS[token.text]
    if token.text in LEFT_OUT:
        raise ExpressionError(f"{token.text} is no feature: {LEFT_OUT[token.text]}", token.column, hint=LISTED)
    raise ExpressionError(
        f"unknown function {token.text!r}", token.column, hint=_nearest(token.text, FUNCTIONS, LISTED)
    )


def _nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    return did_you_mean(name.lower(), known) or otherwise


def _arguments(tokens: list[_Token], at: int) -> tuple[list[_Token], int]:
    arguments: list[_Token] = []
    while tokens[at].text != ")":
        if arguments:
            _expect(tokens, at, ",", "`,` or `)`")
            at += 1
        if tokens[at].kind not in ("name", "number"):
            _expect(tokens, at, "name", "a price or a number")
        arguments.append(tokens[at])
        at += 1
    return arguments, at + 1


def _prices(function: Function, name: _Token, arguments: list[_Token]) -> tuple[str, ...]:
    named = [argument for argument in arguments if argument.kind == "name"]
    for token in named:
        if token.text not in (*PRICES, *MEANS):
            hint = _nearest(token.text, (*PRICES, *MEANS), f"prices are {', '.join((*PRICES, *MEANS))}")
            raise ExpressionError(f"unknown price {token.text!r}", token.column, hint=hint)
    texts = tuple(token.text for token in named)
    if function.implied:
        if texts not in ((), function.implied):
            raise ExpressionError(
                f"{function.name} reads {', '.join(function.implied)} by itself",
                named[0].column,
                hint=f"write {function.usage}",
            )
        return function.implied
    if len(texts) != function.free_prices:
        wanted = "one price" if function.free_prices == 1 else "two prices"
        at = named[function.free_prices] if len(named) > function.free_prices else name
        raise ExpressionError(
            f"{function.name} reads {wanted}, not {len(texts)}", at.column, hint=f"write {function.usage}"
        )
    return texts


def _numbers(function: Function, name: _Token, arguments: list[_Token]) -> tuple[float, ...]:
    given = [argument for argument in arguments if argument.kind == "number"]
    for earlier, later in pairwise(arguments):
        if (earlier.kind, later.kind) == ("number", "name"):
            raise ExpressionError("prices come before numbers", later.column, hint=f"write {function.usage}")
    most, least = len(function.parameters), len(function.parameters) - len(function.defaults)
    if not least <= len(given) <= most:
        at = given[most] if len(given) > most else name
        wanted = f"{least} to {most} numbers" if least < most else f"{most} number{'' if most == 1 else 's'}"
        raise ExpressionError(
            f"{function.name} takes {wanted}, not {len(given)}", at.column, hint=f"write {function.usage}"
        )
    values = tuple(_number(parameter, token) for parameter, token in zip(function.parameters, given, strict=False))
    return values + function.defaults[len(given) - least :]


def _number(parameter: Parameter, token: _Token) -> float:
    value = float(token.text)
    if not parameter.minimum <= value <= parameter.maximum:
        bound = f"at least {parameter.minimum:g}" if value < parameter.minimum else f"at most {parameter.maximum:g}"
        raise ExpressionError(f"{parameter.name} must be {bound}, not {token.text}", token.column)
    if parameter.whole and value != int(value):
        raise ExpressionError(f"{parameter.name} must be a whole number, not {token.text}", token.column)
    if parameter.choices and value not in parameter.choices:
        choices = ", ".join(f"{choice:g}" for choice in parameter.choices)
        raise ExpressionError(f"{parameter.name} must be one of {choices}, not {token.text}", token.column)
    return value


def _output(function: Function, tokens: list[_Token], at: int) -> tuple[int, int]:
    listed = ", ".join(f".{output}" for output in function.outputs)
    if tokens[at].text != ".":
        if function.outputs:
            raise ExpressionError(
                f"{function.name} has several outputs", tokens[at].column, hint=f"add one of {listed}"
            )
        return 0, at
    if not function.outputs:
        raise ExpressionError(f"{function.name} has one output and takes no suffix", tokens[at].column)
    chosen = _expect(tokens, at + 1, "name", f"one of {listed}")
    if chosen.text not in function.outputs:
        hint = _nearest(chosen.text, function.outputs, f"its outputs are {listed}")
        raise ExpressionError(f"{function.name} has no output {chosen.text!r}", chosen.column, hint=hint)
    return function.outputs.index(chosen.text), at + 2
