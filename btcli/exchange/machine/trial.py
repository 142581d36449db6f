"""Fresh object code on trial, in a process of its own: there it may be wrong, or crash, without harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from enum import Enum
from importlib import import_module

from btcli.exchange.machine.compiled import Rule, arguments, entries, plain, proofs

SECONDS = 120
DIFFERENT = 3
CRASHES = {-signal.SIGSEGV, -signal.SIGILL, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGABRT}
CHILD = "from btcli.exchange.machine.trial import stand; stand()"


class Verdict(Enum):
    """What a trial has shown."""

    RIGHT = "it loads without numba, and gives the results of the plain function"
    WRONG = "it crashes, or gives other results"
    UNKNOWN = "there could be no trial"


def tried(entry: Rule, code: bytes) -> Verdict:
    """Load an entry's object code in another process, and compare there what its proof says by it and without."""
    command = [sys.executable, "-P", "-c", CHILD, entry.__module__, entry.__qualname__, proofs.get(entry, "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}  # noqa: PTH109
    try:
        done = subprocess.run(command, input=code, env=environment, capture_output=True, check=False, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return Verdict.UNKNOWN
    if done.returncode == 0:
        return Verdict.RIGHT
    return Verdict.WRONG if done.returncode in {DIFFERENT, 70, *CRASHES} else Verdict.UNKNOWN


def stand() -> None:
    """Be that other process: exit 0 when both forms say the same, DIFFERENT when they do not."""
    from btcli.exchange.machine.calls import Calls, calls_at
    from btcli.exchange.machine.loading import load
    from btcli.exchange.machine.naming import symbol_of
    from btcli.exchange.machine.trust import use

    module, name, proof = sys.argv[1:]
    entry: Rule = getattr(import_module(module), name)
    address = load(sys.stdin.buffer.read(), symbol_of(entry))
    if not proof:
        return
    place, _, function = proof.partition(":")
    prove = getattr(import_module(place), function)
    for each in list(entries.values()):  # some may bring others
        plain(each)
    for each in entries.values():
        use(each, Calls(plain(each), plain(each)))
    expected = prove()
    use(entry, calls_at(address, arguments[entry]))
    sys.exit(0 if prove() == expected else DIFFERENT)
