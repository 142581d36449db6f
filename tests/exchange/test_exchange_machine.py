"""Rules are plain functions until an entry is called: whoever reads a formula from Python needs no compiler."""

from __future__ import annotations

import subprocess
import sys

import pytest

from btcli.exchange.driver.drive import drive
from btcli.exchange.driver.machine import run_recipe
from btcli.exchange.driver.observe import observe
from btcli.exchange.face import recipes, simulated  # noqa: F401 (they name the proofs)
from btcli.exchange.machine.compiled import IS_COMPILED, Rule
from btcli.exchange.machine.folder import places, stored
from btcli.exchange.machine.naming import object_name
from btcli.exchange.machine.trust import calls_of

FORMULA = """
import sys
from btcli.exchange import order_cost
assert order_cost(1, 100.0, 1.0, 5.0, 0.001) == 20.18, order_cost(1, 100.0, 1.0, 5.0, 0.001)
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.formulas.rounding import ceil8
assert ceil8(0.123456781) == 0.12345679
assert "numba" not in sys.modules
"""
SWAPPED = """
from btcli.exchange.driver.observe import observe, see
from btcli.exchange.machine import building
from btcli.exchange.machine.compiled import plain
code = building.dispatcher(observe).py_func
assert code.__code__ is plain(observe).__code__
assert code.__globals__["see"] is see
building._link()
assert code.__globals__["see"] is building.dispatcher(see) is not see
assert plain(observe).__globals__["see"] is see
"""


def _run(script: str, **environment: str) -> tuple[int, str]:
    told = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    return told.returncode, told.stderr


@pytest.mark.parametrize("interpreted", ["0", "1"])
def test_a_formula_called_from_python_needs_no_compiler(interpreted: str) -> None:
    """Public formulas, and the exchange's own, give their figures in a process that never loads numba."""
    assert _run(FORMULA, NUMBA_DISABLE_JIT=interpreted) == (0, "")


def test_only_entries_are_swapped_for_machine_code() -> None:
    """Once it compiles, the compiler sees dispatchers for the rules that code names; Python sees what is written."""
    assert _run(SWAPPED) == (0, "")


@pytest.mark.skipif(not IS_COMPILED, reason="nothing is compiled")
@pytest.mark.parametrize("entry", [drive, run_recipe, observe], ids=lambda entry: entry.__name__)
def test_the_entries_of_the_exchange_are_stored(entry: Rule) -> None:
    """What a run calls needs nothing that only a process with the compiler has, and stands its trial."""
    calls_of(entry)
    name = object_name(entry)
    assert name is not None
    assert any(stored(folder, name) for folder in places())
