"""Values whose methods are written once."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from functools import cached_property
from inspect import signature
from types import FunctionType
from typing import Any

import pytest

from btcli.frozen import FEW, frozen


@frozen
class Fee:
    """A rate with a note that does not count."""

    rate: float
    tiers: tuple[int, ...] = ()
    note: str = field(default="", compare=False, repr=False)

    @cached_property
    def bps(self) -> float:
        """The rate in basis points."""
        return self.rate * 10_000


@frozen
class Named:
    """A value that says for itself what it is equal to."""

    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and other.name.lower() == self.name.lower()

    def __hash__(self) -> int:
        return hash(self.name.lower())


@frozen
class Other:
    """Fields as Fee has them."""

    rate: float
    tiers: tuple[int, ...] = ()


@frozen
class Dated(Fee):
    """An heir."""

    day: int = 0


@frozen
class Pair:
    """A value with a list of its own, that is told of its birth."""

    one: int
    many: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.__dict__["told"] = [*self.__dict__.get("told", []), "born"]

    @property
    def told(self) -> list[str]:
        """What it was told."""
        heard: list[str] = self.__dict__["told"]
        return heard


def new_fee(made_by: Callable[[type[Any]], Any] = frozen) -> Any:
    """Fee once more, of which there is no value yet."""

    @made_by
    class Fee:
        rate: float
        tiers: tuple[int, ...] = ()
        note: str = field(default="", compare=False, repr=False)

    return Fee


def test_values_are_equal_where_all_fields_that_count_are() -> None:
    """Of the same class alone; their hashes are equal then."""
    assert Fee(0.5, (1,), "a") == Fee(0.5, (1,), "b")
    assert hash(Fee(0.5, (1,), "a")) == hash(Fee(0.5, (1,), "b"))
    assert Fee(0.5) != Fee(0.25)
    assert Fee(0.5) != Other(0.5)


def test_a_value_says_its_fields() -> None:
    """As a dataclass does, without those that are not to be said."""
    assert repr(Fee(0.5, (1, 2), "a")) == "Fee(rate=0.5, tiers=(1, 2))"


@pytest.mark.parametrize("name", ["rate", "note", "unknown"])
def test_a_value_never_changes(name: str) -> None:
    """No field can be set or deleted, and nothing else be added."""
    fee = Fee(0.5)
    with pytest.raises(FrozenInstanceError):
        setattr(fee, name, 1.0)
    with pytest.raises(FrozenInstanceError):
        delattr(fee, name)
    assert fee == Fee(0.5)


def test_a_value_is_a_dataclass_to_all_who_ask() -> None:
    """It has fields, is replaced and read as a dictionary, and matched by place."""
    assert [each.name for each in fields(Fee)] == ["rate", "tiers", "note"]
    assert replace(Fee(0.5), tiers=(3,)) == Fee(0.5, (3,))
    assert asdict(Fee(0.5)) == {"rate": 0.5, "tiers": (), "note": ""}
    match Fee(0.5, (7,)):
        case Fee(rate, (tier,)):
            assert (rate, tier) == (0.5, 7)


def test_a_value_is_copied_and_pickled_as_it_is() -> None:
    """What was worked out of it goes along."""
    fee = Fee(0.5)
    assert fee.bps == 5_000.0
    assert copy.deepcopy(fee) == pickle.loads(pickle.dumps(fee)) == fee
    assert pickle.loads(pickle.dumps(fee)).bps == 5_000.0


def test_methods_of_its_own_stay() -> None:
    """A class that says what is equal is asked."""
    assert Named("Ema") == Named("EMA")
    assert hash(Named("Ema")) == hash(Named("EMA"))


CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((0.5,), {}),
    ((0.5, (1,)), {"note": "a"}),
    ((), {"note": "a", "rate": 0.5}),
    ((), {}),
    ((0.5,), {"rate": 0.5}),
    ((0.5,), {"tears": ()}),
    ((0.5, (), "a", 1), {}),
)


def answer(kind: Callable[..., object], given: tuple[Any, ...], named: dict[str, Any]) -> str:
    """What comes of making a value: its fields, or why there is none."""
    try:
        return str(vars(kind(*given, **named)))
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize(("given", "named"), CALLS)
def test_the_first_values_are_made_as_all_others_are(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    """By place and by name, with defaults in the order of the fields, and refused in the same words."""
    assert answer(new_fee(), given, named) == answer(new_fee(dataclass), given, named)


def test_what_is_made_of_a_value_at_its_birth_is_made_once() -> None:
    """A factory is called and `__post_init__` heard for each, by the first way and by the last."""
    pairs = [Pair(1) for _ in range(2 * FEW)]
    assert [(pair.one, pair.many, pair.told) for pair in pairs] == [(1, [], ["born"])] * 2 * FEW
    assert len({id(pair.many) for pair in pairs}) == 2 * FEW
    assert isinstance(vars(Pair)["__init__"], FunctionType)


def test_an_heir_is_made_by_all_fields() -> None:
    """Those of the class above come first; both go on being made after many of either."""
    for _ in range(2 * FEW):
        assert vars(Dated(0.5, day=3)) == {"rate": 0.5, "tiers": (), "note": "", "day": 3}
        assert vars(Fee(0.25)) == {"rate": 0.25, "tiers": (), "note": ""}


def test_a_class_says_what_it_is_made_of() -> None:
    """To editors and to whoever writes documents, before there is a value."""
    assert str(signature(new_fee())) == "(rate: 'float', tiers: 'tuple[int, ...]' = (), note: 'str' = '') -> None"
