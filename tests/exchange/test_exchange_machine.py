"""Rules are plain functions until an entry is called: whoever reads a formula from Python needs no compiler."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
from btcli.exchange.driver.observe import observe
from btcli.exchange.machine import compiled
compiled.cache_folder = lambda: ""
plain, code = observe.__wrapped__, compiled.machine_code(observe).py_func
assert code.__code__ is plain.__code__
functions = [pair for pair in plain.__globals__.items() if type(pair[1]) is type(plain)]
name, rule = next(pair for pair in functions if pair[1] in compiled._kinds)
assert code.__globals__[name] is rule
compiled._link()
assert code.__globals__[name] is compiled.machine_code(rule) is not rule
assert plain.__globals__[name] is rule
"""
ALONE = """
from btcli.exchange.driver.observe import observe, see
from btcli.exchange.machine import compiled
compiled.cache_folder = lambda: ""
from exchange_scenarios import Scenario, exchange_of
observe(exchange_of(Scenario([[[1.0, 1.0, 1.0, 1.0, 1.0]]]))._books, 0)
def objects(rule):
    return [each.library._compiled_object is not None for each in compiled.machine_code(rule).overloads.values()]
assert objects(observe) == [True], objects(observe)
assert objects(see) == [False], objects(see)
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


def test_only_entries_become_machine_code() -> None:
    """What an entry calls is linked into it and optimised with it; of a rule alone nothing is made."""
    assert _run(ALONE, PYTHONPATH=str(Path(__file__).parent)) == (0, "")
