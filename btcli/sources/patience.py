"""How long a source waits, how often it asks again, and how much it asks at once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from btcli.errors import RequestError
from btcli.frozen import frozen


@frozen
class Patience:
    """Limits of one source; waits grow from `backoff_s`, doubling, with as much chance on top, up to `longest_s`.

    A venue that asks for more than `longest_s` is not waited for. `sleep` None waits for real.
    """

    attempts: int = 6
    backoff_s: float = 0.5
    longest_s: float = 90.0
    silence_s: float = 20.0
    answer_s: float = 60.0
    at_once: int = 4
    sleep: Callable[[float], None] | None = None
    clock: Callable[[], float] = time.monotonic


def patience_of(environment: Mapping[str, str] = os.environ) -> Patience:
    """The usual limits, changed by BTCLI_RETRIES (0 or more), BTCLI_RETRY_WAIT_S and BTCLI_TIMEOUT_S (above 0).

    Raises RequestError for a value that is no number or out of range.
    """
    usual = Patience()
    retries = _number(environment, "BTCLI_RETRIES", usual.attempts - 1)
    if retries != int(retries):
        raise RequestError(f"{retries:g} is no whole number of tries", where="BTCLI_RETRIES", hint="such as 5")
    backoff_s = _number(environment, "BTCLI_RETRY_WAIT_S", usual.backoff_s)
    silence_s = _number(environment, "BTCLI_TIMEOUT_S", usual.silence_s)
    return Patience(1 + int(retries), backoff_s, silence_s=silence_s, answer_s=3 * silence_s)


def _number(environment: Mapping[str, str], name: str, usual: float) -> float:
    written = environment.get(name, "").strip()
    if not written:
        return usual
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 3600 or (name == "BTCLI_TIMEOUT_S" and not value):
        raise RequestError(f"{written!r} is no number of seconds or tries", where=name, hint="a number up to 3600")
    return value
