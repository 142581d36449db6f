#!/bin/sh
# numba (PyPI) 0.68.1: a whole number to a negative whole power in a compiled function, such as 10 ** -decimals.
# Behaviour: the result is the whole number 0, so that a price step computed from its decimals is 0. Written out, as
# 10 ** -3, it is 0.001, and with 10.0 as well.
# Guessed otherwise because the same function in Python gives 0.001, because a constant in the place of a name changes
# nothing else, and because numpy, which has whole results as well, refuses such a power with a ValueError.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "numba==0.68.1" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
import numba
import numpy as np

print("numba", numba.__version__, "numpy", np.__version__)


@numba.njit
def step(decimals):
    return 10**-decimals


@numba.njit
def written_out():
    return 10**-3


@numba.njit
def real(decimals):
    return 10.0**-decimals


print("10 ** -3 compiled:", step(3), "written out:", written_out(), "with 10.0:", real(3))
print("the same function in Python:", step.py_func(3))
try:
    np.power(10, -3)
    said = "nothing"
except ValueError as error:
    said = f"ValueError: {error}"
print("numpy:", said)
assert (step.py_func(3), real(3)) == (0.001, 0.001)
assert said != "nothing"
assert written_out() == 0.001
assert step(3) == 0, "a negative power of a whole number is no longer 0"
PYTHON
