#!/bin/sh
# tenacity (PyPI) 9.2.1: the wait after the last try.
# Behaviour: the function given as wait= is called once more than there are waits: also after the try at which stop= ends
# it all. before_sleep= is not called then.
# Guessed otherwise because a wait is asked for when one is about to be done: a wait= that notes or announces what it
# answers tells of one that nobody waits.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "tenacity==9.2.1"
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from tenacity import RetryError, Retrying, stop_after_attempt

print("tenacity", version("tenacity"))
tries, computed, slept = [], [], []


def wait(state):
    computed.append(state.attempt_number)
    return 0.5


def fail():
    tries.append(len(tries) + 1)
    raise OSError("no answer")


try:
    Retrying(stop=stop_after_attempt(3), wait=wait, sleep=slept.append)(fail)
except RetryError:
    pass
print("tries:", tries, "waits computed after tries:", computed, "waits done:", slept)
assert tries == [1, 2, 3]
assert slept == [0.5, 0.5]
assert computed == [1, 2, 3], "the wait after the last try is no longer computed"
PYTHON
