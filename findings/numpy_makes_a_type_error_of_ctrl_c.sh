#!/bin/sh
# numpy (PyPI) 2.4.6: Ctrl-C while structured arrays are compared with ==.
# Behaviour: the common type of two structures is looked for by code in Python. A KeyboardInterrupt that is raised there
# is replaced by a TypeError that says the two have no common type, with neither cause nor context, although they have
# the very same fields; np.concatenate, which asks the same code, hands the KeyboardInterrupt on.
# Guessed otherwise because a handler that is meant for types without a common one would take that error alone, and
# because a program that answers TypeError with a message, and KeyboardInterrupt with its end, goes on here.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import os
import signal
import sys

import numpy as np

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has none
FIELDS = [("ts_ms", "i8"), ("price", "f8")]
one, other = np.zeros(3, FIELDS), np.zeros(3, FIELDS)


def press_once(frame, event, argument):
    if frame.f_code.co_name == "_promote_fields":
        sys.settrace(None)
        os.kill(os.getpid(), signal.SIGINT)


def raised_by(work):
    sys.settrace(press_once)
    try:
        work()
    except BaseException as error:
        return error
    finally:
        sys.settrace(None)


print("numpy", np.__version__)
compared, joined = raised_by(lambda: one == other), raised_by(lambda: np.concatenate([one, other]))
print(f"Ctrl-C in one == other: {compared!r}")
print(f"Ctrl-C in concatenate: {joined!r}")
print("without Ctrl-C:", one == other)
assert type(compared) is TypeError and compared.__cause__ is None and compared.__context__ is None
assert type(joined) is KeyboardInterrupt
PY
