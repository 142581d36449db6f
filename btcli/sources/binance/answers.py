"""Binance USDT-M's answers: errors by HTTP status, and a weight per minute that says how fast one may ask.

Sources: the USDⓈ-M futures pages on general info (limits, HTTP return codes) and error codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from btcli.errors import SourceError
from btcli.sources.answers import json_of
from btcli.sources.http import Again, HttpClient, Reply
from btcli.sources.venue import blocked, retry_after_s

_PASSING = {-1000: "unknown error", -1001: "disconnected", -1007: "timed out", -1008: "overloaded"}
_TOO_MANY = {418: "has banned this address for asking on after a warning", 429: "gets too many requests"}
_TOO_MANY_REQUESTS = -1003  # also inside answers whose status does not say it
_WEIGHT_A_MINUTE = 2400
_WEIGHT_KEPT = 200  # never used up: other programs at this address may ask too


def value_of(reply: Reply) -> Any:
    """The JSON value of an answer; raises Again for what passes, SourceError for what does not."""
    if reply.status in (403, 451):
        raise blocked("binance", reply)
    if reply.status in _TOO_MANY:
        wait_s = retry_after_s(reply)
        raise Again(f"binance {_TOO_MANY[reply.status]} (HTTP {reply.status})", 60.0 if wait_s is None else wait_s)
    if reply.status >= 500:
        raise Again(f"binance answered HTTP {reply.status}", retry_after_s(reply))
    answer = json_of(reply)
    if reply.status == 200 and not (isinstance(answer, dict) and "code" in answer):
        return answer
    code, said = (answer.get("code"), answer.get("msg")) if isinstance(answer, dict) else (None, "")
    if code == _TOO_MANY_REQUESTS:
        wait_s = retry_after_s(reply)
        raise Again(f"binance answered {code} ({said})", 60.0 if wait_s is None else wait_s)
    if isinstance(code, int) and code in _PASSING:
        raise Again(f"binance answered {code} ({said}): {_PASSING[code]}")
    raise SourceError(
        f"binance answered HTTP {reply.status}, {code} ({said})",
        where=reply.url,
        hint="check the symbol and the range; asking again would not help",
    )


def keep_weight(http: HttpClient, headers: Mapping[str, str]) -> None:
    """Pause until the next minute when this minute's weight is nearly used up."""
    used = headers.get("X-MBX-USED-WEIGHT-1M", "")
    if used.isascii() and used.isdigit() and int(used) > _WEIGHT_A_MINUTE - _WEIGHT_KEPT:
        http.pause(60.0)
