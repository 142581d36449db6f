"""Everything that can go wrong with an answer: to its rows before it is written, or to its bytes afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from wire.venue_server import VenueServer

Rows = list[Any]


@dataclass(frozen=True)
class Sent:
    """An answer as it goes out; `cut_at` ends the connection after so many bytes of the body.

    One that is silent never goes out: the server waits until whoever asked has gone.
    """

    status: int
    body: bytes
    headers: dict[str, str]
    cut_at: int | None = None
    is_silent: bool = False


Spoil = Callable[[Sent, "VenueServer"], Sent]


def _code(code: int, message: str) -> Spoil:
    def spoil(sent: Sent, server: VenueServer) -> Sent:
        body = {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": server.now_ms}
        reset = {"X-Bapi-Limit-Reset-Timestamp": str(server.now_ms + server.reset_ms)} if code in (10006, 10018) else {}
        return replace(sent, body=orjson.dumps(body), headers={**sent.headers, **reset})

    return spoil


def _status(status: int, body: bytes, headers: dict[str, str] | None = None) -> Spoil:
    return lambda sent, _: Sent(status, body, {"Content-Type": "text/html", **(headers or {})})


def _asks_to_wait(status: int, body: bytes = b'{"code":-1003,"msg":"Too many requests"}') -> Spoil:
    return lambda _, server: Sent(
        status, body, {"Content-Type": "application/json", "Retry-After": str(server.retry_after_s)}
    )


BODY_FAULTS: dict[str, Spoil] = {
    "retcode_10000": _code(10000, "Server Timeout"),
    "retcode_10016": _code(10016, "Server error."),
    "retcode_10429": _code(10429, "System level frequency protection"),
    "retcode_10006": _code(10006, "Too many visits!"),
    "retcode_10018": _code(10018, "Exceeded the IP Rate Limit."),
    "retcode_10009": _code(10009, "The IP has been banned."),
    "retcode_10001": _code(10001, "params error: symbol invalid"),
    "http_403": _status(403, b"<html>403, access too frequent</html>"),
    "http_418": _status(418, b'{"code":-1003,"msg":"Way too many requests; IP banned"}', {"Retry-After": "3600"}),
    "http_418_short": _asks_to_wait(418),
    "http_429": _asks_to_wait(429),
    "http_400_too_many": _asks_to_wait(400),
    "http_503_wait": _asks_to_wait(503, b"maintenance"),
    "http_500": _status(500, b"Internal Server Error"),
    "http_502": _status(502, b"<html>Bad Gateway</html>"),
    "html": _status(200, b"<html><body>Just a moment...</body></html>"),
    "truncated": lambda sent, _: replace(sent, body=sent.body[: len(sent.body) // 2]),
    "dropped": lambda sent, _: replace(sent, cut_at=len(sent.body) // 2),
    "timeout": lambda sent, _: replace(sent, is_silent=True),
}


def _changed(rows: Rows) -> Rows:
    """The oldest and the newest row with another closing price and a high and low around it."""
    changed = [list(row) if isinstance(row, list) else dict(row) for row in rows]
    for row in changed[:1] + changed[-1:]:
        if isinstance(row, dict):
            row["fundingRate"] = "0.00123456"
        else:
            row[2], row[3], row[4] = "99999.9", "0.1", "777.7"
    return changed


def _stray(rows: Rows) -> Rows:
    """The oldest row moved off the grid by a second."""
    moved = [list(row) if isinstance(row, list) else dict(row) for row in rows]
    for row in moved[:1]:
        if isinstance(row, dict):
            key = "fundingTime" if "fundingTime" in row else "fundingRateTimestamp"
            row[key] = type(row[key])(int(row[key]) + 90_000)
        else:
            row[0] = type(row[0])(int(row[0]) + 1000)
    return moved


def _longer(rows: Rows) -> Rows:
    """The oldest row with the end of a candle five times as long, where the venue tells ends."""
    if not rows or not isinstance(rows[0], list) or len(rows[0]) < 9:
        return rows
    first = list(rows[0])
    first[6] = first[0] + 5 * (first[6] + 1 - first[0]) - 1
    return [first, *rows[1:]]


# Rows arrive here in ascending order, as they will be written, before the venue's own order is put on them.
ROW_FAULTS: dict[str, Callable[[Rows], Rows]] = {
    "changed": _changed,
    "duplicates": lambda rows: rows[:2] + rows[1:],
    "reversed": lambda rows: rows[::-1],
    "off_grid": _stray,
    "empty": lambda rows: [],
    "nan": lambda rows: [
        [*row[:1], "NaN", *row[2:]] if isinstance(row, list) else {**row, "fundingRate": "NaN"} for row in rows
    ],
    "late": lambda rows: rows[len(rows) // 2 :],
    "longer": _longer,
    "short": lambda rows: rows[:-1],
}
# Faults that the shapes themselves commit, because they concern what stands around the rows.
SHAPE_FAULTS = {"wrong_symbol", "unfinished", "overlapping", "no_header", "wrong_checksum"}
ROW_FAULTS |= {name: lambda rows: rows for name in SHAPE_FAULTS}
FAULTS = tuple(sorted({*BODY_FAULTS, *ROW_FAULTS}))
