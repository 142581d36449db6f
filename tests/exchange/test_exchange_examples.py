"""The worked example in the docstring of each formula comes out, read as plain Python."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest

ROOMS = {
    "formulas": (
        "actions", "arriving", "balances", "bands", "brackets", "costs", "cross", "gates", "levels", "margin",
        "matching", "pricing", "rounding", "sizing",
    ),
    "face": ("public",),
    "driver": ("opcodes", "program"),
}  # fmt: skip
NAMES = [f"btcli.exchange.{room}.{name}" for room, names in ROOMS.items() for name in names]
OF_NUMBERS = ("face.public", "formulas.margin", "formulas.pricing", "formulas.rounding")
FROM_PAGES = "Source: "


def formulas_of(module: ModuleType) -> Iterator[tuple[str, str]]:
    """The public formulas of a module, with what is said of them."""
    for name, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"):
            yield name, value.__doc__ or ""


@pytest.mark.parametrize("name", NAMES)
def test_every_example_comes_out(name: str) -> None:
    """What stands below `>>>` is what the formula gives."""
    assert doctest.testmod(import_module(name), verbose=False).failed == 0


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_every_formula_of_numbers_has_an_example(name: str) -> None:
    """Margins, prices, roundings and the public functions each show one."""
    formulas = formulas_of(import_module(f"btcli.exchange.{name}"))
    assert [formula for formula, said in formulas if ">>> " not in said] == []


def test_every_public_formula_and_every_margin_names_its_source() -> None:
    """A page of a venue, a recorded figure, or a section of the rulebook."""
    for name in ("face.public", "formulas.margin"):
        formulas = formulas_of(import_module(f"btcli.exchange.{name}"))
        assert [formula for formula, said in formulas if FROM_PAGES not in said] == []


def test_an_example_that_is_wrong_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    """The same reading fails for a figure that does not come out."""
    module = ModuleType("wrong", "Doubles.\n\n>>> 2 * 2\n5\n")
    assert doctest.testmod(module).failed == 1
    assert "Got:\n    4" in capsys.readouterr().out
