"""A group of options is one value for the verb and single options on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.grouping import grouped


@dataclass(frozen=True)
class Place:
    """Where, and how deep."""

    folder: str = "data"
    depth: int = 1


def look(*, name: str, place: Place, loud: bool = False) -> Answer:
    """Look somewhere."""
    return Answer({"name": name, "place": place, "loud": loud})


def test_the_fields_stand_where_the_group_stood() -> None:
    """With their names, types and defaults, and the verb's name and sentence stay."""
    parameters = signature(grouped(look)).parameters
    assert list(parameters) == ["name", "folder", "depth", "loud"]
    assert [parameters[name].default for name in ("folder", "depth", "loud")] == ["data", 1, False]
    assert parameters["depth"].annotation is int
    assert (grouped(look).__name__, grouped(look).__doc__) == ("look", "Look somewhere.")


def test_the_verb_gets_them_as_one_value() -> None:
    """Whatever was given on the command line."""
    answer = grouped(look)(name="x", folder="there", depth=3, loud=True)
    assert answer.data == {"name": "x", "place": Place("there", 3), "loud": True}
