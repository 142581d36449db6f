"""Values whose methods are written once."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from functools import cached_property

import pytest

from btcli.frozen import frozen


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
