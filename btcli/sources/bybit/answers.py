"""The envelope of Bybit v5: what an answer says about itself, and whether asking again makes sense.

Sources: the v5 pages on error codes and rate limits.
"""

from __future__ import annotations

from typing import Any

from btcli.errors import SourceError
from btcli.sources.answers import field_of, json_of, time_of
from btcli.sources.http import Again, Reply
from btcli.sources.venue import BAN_S, blocked, retry_after_s

_TOO_MANY_VISITS = (10006, 10018)  # of this endpoint, of this address
_BANNED = 10009
_PASSING = {10000: "the venue timed out", 10016: "the venue had an internal error", 10429: "the venue protects itself"}


def result_of(reply: Reply) -> tuple[Any, int]:
    """The `result` of an answer and the venue's clock when it was given.

    Raises Again for what passes, SourceError for what does not.
    """
    if reply.status in (403, 451):
        raise blocked("bybit", reply)
    if reply.status == 429 or reply.status >= 500:
        raise Again(f"bybit answered HTTP {reply.status}", retry_after_s(reply))
    if reply.status != 200:
        raise SourceError(f"bybit answered HTTP {reply.status}", where=reply.url)
    answer = json_of(reply)
    code, server_ms = field_of(answer, "retCode"), time_of(field_of(answer, "time"))
    if not isinstance(code, int):
        raise Again("the answer has no code")
    if code == 0:
        return field_of(answer, "result"), server_ms
    said = f"bybit answered {code} ({answer.get('retMsg', '')})"
    if code in _TOO_MANY_VISITS:
        raise Again(said, _until_reset_s(reply, server_ms))
    if code == _BANNED:
        raise Again(said, BAN_S, "the venue has banned this address: wait ten minutes, or use another (HTTPS_PROXY)")
    if code in _PASSING:
        raise Again(f"{said}: {_PASSING[code]}")
    raise SourceError(said, where=reply.url, hint="check the symbol and the range; asking again would not help")


def check_symbol(result: Any, symbol: str) -> None:
    """Raises Again when the answer is about something else."""
    category, echoed = field_of(result, "category"), field_of(result, "symbol")
    if (category, echoed) != ("linear", symbol):
        raise Again(f"asked for linear {symbol}, the answer is about {category} {echoed}")


def _until_reset_s(reply: Reply, server_ms: int) -> float | None:
    """How long until requests are counted anew, by the venue's own clock; a little later, so as not to be early."""
    reset = reply.headers.get("X-Bapi-Limit-Reset-Timestamp", "")
    if not (reset.isascii() and reset.isdigit()) or not server_ms:
        return retry_after_s(reply)
    return max(0.0, (int(reset) - server_ms) / 1000) + 0.05
