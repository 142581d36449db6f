"""What `--grid` says: a key of the system file, and the values that it takes one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from btcli.config.document import read_document
from btcli.config.overrides import parts_of
from btcli.digest import canonical_json
from btcli.errors import Problem, RequestError
from btcli.frozen import frozen

FORMS = "write KEY=[1, 2, 3], KEY=1..10, KEY=0.1..0.5:0.1 or 'KEY=ema(close, {5..20:5})'"
MOST_DIGITS = 15  # of a number: as many as every float keeps
MOST_PLACES = 30
COUNTED = f"from 1e-{MOST_PLACES} to 1e{MOST_PLACES}"
LIST_THEM = "use other numbers, or list the values: KEY=[1e-40, 2e-40]"
LONG = 1 << 53  # from here on floats are whole numbers that leave some out

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(?::\s*({_NUMBER})\s*)?", re.ASCII)  # as YAML's
_IN_TEXT = re.compile(r"([^{}]*)\{([^{}]*\.\.[^{}]*)\}([^{}]*)", re.DOTALL)
_PARTS = re.compile(r"([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?")


@frozen
class Listed:
    """Values that were written one by one."""

    values: tuple[Any, ...]

    def __getitem__(self, place: int) -> Any:
        return self.values[place]


@frozen
class Stepped:
    """Numbers at equal steps, counted in units of 10 ** -places so that none of them drifts; or a text with each."""

    first: int
    step: int
    count: int
    places: int
    before: str | None = None
    after: str = ""

    def __getitem__(self, place: int) -> Any:
        units = self.first + place * self.step
        number: int | float = units if not self.places else float(f"{units}e-{self.places}")
        return number if self.before is None else f"{self.before}{number}{self.after}"


@frozen
class Continuous:
    """Every number from `low` to `high`: there is no end to them, so that some can only be drawn."""

    low: float
    high: float


Values = Listed | Stepped | Continuous


@frozen
class Axis:
    """A dotted key of the system file and its values."""

    key: str
    values: Values

    @property
    def path(self) -> tuple[str, ...]:
        """The key's parts."""
        return tuple(self.key.split("."))

    def all(self) -> Iterator[Any]:
        """All values one after the other; there are none where there is no end to them."""
        values = self.values
        if not isinstance(values, Continuous):
            yield from (values[place] for place in range(count_of(values) or 0))

    def some(self, most: int) -> Iterator[Any]:
        """All values, but of more steps than `most` the first, the last, and others evenly between them."""
        values = self.values
        if isinstance(values, Continuous):
            yield from (values.low, values.high)
            return
        count = count_of(values) or 0
        if count <= most or isinstance(values, Listed):
            yield from (values[place] for place in range(count))
        else:
            yield from (values[place * (count - 1) // (most - 1)] for place in range(most))


def count_of(values: Values) -> int | None:
    """How many there are; None where there is no end to them."""
    if isinstance(values, Continuous):
        return None
    return values.count if isinstance(values, Stepped) else len(values.values)


def axes_of(texts: Sequence[str]) -> tuple[Axis, ...]:
    """What each text says, in their order.

    Raises RequestError with every problem: a text that is none, a key that is there twice or lies within another.
    """
    axes: list[Axis] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            axes.append(axis_of(text))
        except RequestError as error:
            problems += error.problems
    for number, axis in enumerate(axes):
        problems += [_clash(axis, other) for other in axes[:number] if _meet(axis, other)]
    if problems:
        refusal = RequestError(problems[0].message)
        refusal.problems = tuple(problems)
        raise refusal
    return tuple(axes)


@lru_cache(64)
def axis_of(text: str) -> Axis:
    """What one `--grid` says, which may be a list of a thousand values. Raises RequestError."""
    key, equals, written = text.partition("=")
    key, written = key.strip(), written.strip()
    try:
        if not equals or not written or "" in parts_of(key):
            raise RequestError("expected a key and its values", hint=FORMS)
        return Axis(key, _values(written, key))
    except RequestError as error:
        error.problems = tuple(replace(each, where=_place(text)) for each in error.problems)
        raise


def _values(written: str, key: str) -> Values:
    inside = None if written.startswith("[") else _IN_TEXT.fullmatch(written)  # items of a list are as they stand
    if inside is not None:
        before, between, after = inside.groups()
        values = _numbers(between)
        if isinstance(values, Continuous):
            raise RequestError("a range inside a text needs a step", hint=FORMS)
        if not before and not after:
            raise RequestError(f"{written} is a text of a number each time", hint=f"without braces: {key}={between}")
        return Stepped(values.first, values.step, values.count, values.places, before, after)
    if ".." in written and not written.startswith("["):
        return _numbers(written)
    document = read_document(written)
    if document.findings or not isinstance(document.tree, list):
        finding = next(iter(document.findings), None)
        said, hint = ("", FORMS) if finding is None else (f": {finding.message}", finding.hint or FORMS)
        one = "" if finding is not None or "," in written else f"; for one value there is --set {key}={written}"
        raise RequestError(f"{written!r} is neither a list nor a range{said}", hint=hint + one)
    return _listed(document.tree)


def _listed(values: list[Any]) -> Listed:
    if not values:
        raise RequestError("the list is empty", hint=FORMS)
    seen: set[bytes] = set()
    for value in values:
        if isinstance(value, str) and value.count("(") != value.count(")"):
            hint = """a comma ends an item: put quotes around it, as in KEY=["sma(close, 10)", "sma(close, 20)"]"""
            raise RequestError(f"{value!r} is cut in two", hint=hint)
        try:
            as_json = canonical_json(value)
        except ValueError:
            raise RequestError(f"{value} is no value", hint=FORMS) from None
        if as_json in seen:
            raise RequestError(f"{as_json.decode()} is listed twice", hint=_hint_of_twice(value))
        seen.add(as_json)
    return Listed(tuple(values))


def _hint_of_twice(value: Any) -> str:
    is_long = isinstance(value, float) and abs(value) >= LONG
    return "list each value once" + ("; numbers of more than 18 digits keep about 16 of them" if is_long else "")


def _numbers(written: str) -> Stepped | Continuous:
    """`a..b:step`, or `a..b`: with steps of 1 between whole numbers, else any number between the two."""
    found = None if "..." in written else _RANGE.fullmatch(written)
    if found is None:
        raise RequestError(f"{written!r} is no range of numbers with an end", hint=FORMS)
    given = [_units(word) for word in found.groups() if word is not None]
    places = max(place for _, place in given)
    first, last, *steps = (units * 10 ** (places - place) for units, place in given)
    if first > last:
        raise RequestError("the range ends before it begins", hint="write the lower number first")
    if not steps and places:
        return Continuous(float(found[1]), float(found[2]))
    step = steps[0] if steps else 1
    if step <= 0:
        raise RequestError(f"the step is {found[3]}", hint="a step is a number above 0")
    return Stepped(first, step, (last - first) // step + 1, places)


def _units(word: str) -> tuple[int, int]:
    """A number as units of 10 ** -places, and the places."""
    parts = _PARTS.fullmatch(word)
    assert parts is not None
    sign, whole, fraction, exponent = parts.groups()
    digits = (whole + fraction).lstrip("0")
    places = len(fraction) - int(exponent or 0) if len(exponent or "") < 5 else MOST_PLACES + 1
    if len(digits) > MOST_DIGITS:
        raise RequestError(f"{word} has {len(digits)} digits, a range counts with {MOST_DIGITS}", hint=LIST_THEM)
    if abs(places) > MOST_PLACES:
        said = f"{word} is too {'small' if places > 0 else 'large'} for a range, which counts {COUNTED}"
        raise RequestError(said, hint=LIST_THEM)
    units = int(digits or "0") * (-1 if sign == "-" else 1)
    return (units * 10**-places, 0) if places < 0 else (units, places)


def is_replaced_by(axis: Axis, key: str) -> bool:
    """Whether a value of the axis takes the place of what stands at a key, in it, or as another mode of sizing."""
    path = tuple(key.split("."))
    return path[: len(axis.path)] == axis.path or axis.path[:2] == path[:2] == ("risk", "sizing")


def _meet(axis: Axis, other: Axis) -> bool:
    """Whether one key is the other, or lies within it, or both are modes of the one sizing, or one column."""
    return is_replaced_by(axis, other.key) or is_replaced_by(other, axis.key) or _are_one_column(axis, other)


def _are_one_column(axis: Axis, other: Axis) -> bool:
    """DuckDB tells no columns apart by the case of their letters."""
    return axis.key.lower() == other.key.lower()


def _clash(axis: Axis, other: Axis) -> Problem:
    if axis.key == other.key:
        return Problem("is varied twice", f"--grid {axis.key}", "give all its values in one --grid")
    if _are_one_column(axis, other):
        return Problem(f"differs from {other.key} in its case alone", f"--grid {axis.key}", "rename one of them")
    return Problem(f"replaces {other.key}, which is varied too", f"--grid {axis.key}", "vary one of them")


def _place(text: str) -> str:
    return f"--grid {text if len(text) <= 80 else text[:77] + '...'}"
