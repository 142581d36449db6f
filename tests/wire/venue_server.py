"""A real HTTP server on this machine that speaks Bybit's and Binance's shapes, with faults that can be switched on.

    with VenueServer(Market("BTCUSDT", ms("2024-01-01"), ms("2024-01-08"))) as server:
        monkeypatch.setenv("BTCLI_BYBIT_URL", server.url)
        server.fail("retcode_10006", times=2)                    # the next two answers about candles or funding
        server.hide("trade", ms("2024-01-02T03:00"), ms("2024-01-02T03:05"), answers=1)   # there at the second request

All faults by name: FAULTS. `server.requests` lists every path with its parameters.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from wire.venue_faults import BODY_FAULTS, FAULTS, Sent
from wire.venue_shapes import answer_to
from wire.venue_world import Market

from btcli.sources import holds

if TYPE_CHECKING:
    import pytest

GONE_S = 300  # in which even a client that is stuck has gone

__all__ = ["FAULTS", "Hidden", "Market", "Request", "VenueServer", "asked_for"]


@dataclass
class Request:
    """What was asked, and when, in seconds of a clock that only goes forward."""

    path: str
    params: dict[str, str]
    at_s: float = 0.0


@dataclass
class Hidden:
    """Rows of a series (trade, mark, funding) that are not shown, for so many answers that would hold them, or ever."""

    kind: str
    start_ms: int
    end_ms: int
    answers: int | None = None


@dataclass
class Varied:
    """A row that so many answers, or all, tell differently each time."""

    kind: str
    ts: int
    answers: int | None = None
    told: int = 0


@dataclass
class _Fault:
    name: str
    times: int | None
    skip: int
    path: str


@dataclass(repr=False)
class VenueServer:
    """Serves some markets until the `with` block ends; `slow_s` delays every answer.

    `retry_after_s` is what HTTP 429 asks for, `reset_ms` how far off the reset of retCode 10006 is.
    """

    markets: list[Market]
    slow_s: float = 0.0
    retry_after_s: int = 0
    reset_ms: int = 20
    weight: int = 10
    requests: list[Request] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    varied: list[Varied] = field(default_factory=list)

    def __init__(self, *markets: Market, slow_s: float = 0.0, retry_after_s: int = 0, reset_ms: int = 20) -> None:
        self.markets, self.slow_s = list(markets), slow_s
        self.retry_after_s, self.reset_ms = retry_after_s, reset_ms
        self.requests, self.hidden, self.varied, self._faults = [], [], [], []
        self.archives: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> VenueServer:
        server = self

        class Speaker(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                server._speak(self)

            def log_message(self, *said: Any) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._let_go()  # another server may get this port

    @property
    def url(self) -> str:
        """The address for BTCLI_BYBIT_URL, BTCLI_BINANCE_URL and BTCLI_BINANCE_ARCHIVE_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, name: str, times: int | None = None, *, skip: int = 0, path: str = "") -> None:
        """Spoil the next `times` answers about candles or funding (all when None) after `skip` good ones.

        `path` spoils only requests whose path contains it, whatever they are about.
        """
        assert name in FAULTS, name
        self._faults.append(_Fault(name, times, skip, path))

    def hide(self, kind: str, start_ms: int, end_ms: int, answers: int | None = None) -> None:
        """Do not show rows of [start, end): ever, or in the first `answers` answers that would hold them."""
        self.hidden.append(Hidden(kind, start_ms, end_ms, answers))

    def vary(self, kind: str, ts: int, answers: int | None = None) -> None:
        """Tell the row of this time differently in each of the next `answers` answers that hold it, or in all."""
        self.varied.append(Varied(kind, ts, answers))

    def variation(self, kind: str, ts: int) -> int:
        """By how many ticks this answer lies about a row; uses up one answer."""
        with self._lock:
            for varied in self.varied:
                if (varied.kind, varied.ts) == (kind, ts) and varied.answers != 0:
                    varied.told += 1
                    varied.answers = None if varied.answers is None else varied.answers - 1
                    return varied.told
        return 0

    def mend(self) -> None:
        """No more faults and nothing hidden, and the time that was asked for has passed."""
        with self._lock:
            self._faults.clear()
            self.hidden.clear()
            self.varied.clear()
        self._let_go()

    def _let_go(self) -> None:
        host = self.url.removeprefix("http://")
        for key in [key for key in holds._HOLDS if key[0] == host]:
            del holds._HOLDS[key]

    def asked(self, part: str = "") -> int:
        """How many requests there were whose path contains this."""
        return sum(part in request.path for request in self.requests)

    def market(self, symbol: str) -> Market | None:
        """The market of a symbol."""
        return next((market for market in self.markets if market.symbol == symbol), None)

    @property
    def now_ms(self) -> int:
        """The venue's clock: that of the first market."""
        return self.markets[0].now_ms

    def shown(self, kind: str, first_ms: int, last_ms: int) -> Callable[[int], bool]:
        """Which of the rows of this answer are not hidden; uses up one answer of those that it would hold."""
        with self._lock:
            spans = []
            for hidden in self.hidden:
                if (
                    hidden.kind == kind
                    and hidden.start_ms <= last_ms
                    and hidden.end_ms > first_ms
                    and hidden.answers != 0
                ):
                    spans.append((hidden.start_ms, hidden.end_ms))
                    if hidden.answers is not None:
                        hidden.answers -= 1
        return lambda ts: not any(start <= ts < end for start, end in spans)

    def _speak(self, speaker: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(speaker.path)
        request = Request(parts.path, dict(parse_qsl(parts.query)), time.monotonic())
        with self._lock:
            self.requests.append(request)
            fault = self._due(request.path)
        if self.slow_s:
            time.sleep(self.slow_s)
        status, answer, headers = answer_to(self, request, fault)
        body = answer if isinstance(answer, bytes) else orjson.dumps(answer)
        common = {"Content-Type": "application/json", "Timenow": str(self.now_ms)}
        if request.path.startswith("/fapi"):
            common["X-MBX-USED-WEIGHT-1M"] = str(self.weight)
        sent = Sent(status, body, {**common, **headers})
        if fault in BODY_FAULTS:
            sent = BODY_FAULTS[fault](sent, self)
        _send(speaker, sent)

    def _due(self, path: str) -> str:
        about_rows = any(word in path.lower() for word in ("kline", "funding"))
        for fault in self._faults:
            if not (fault.path in path if fault.path else about_rows) or fault.times == 0:
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault.name
        return ""


def _send(speaker: BaseHTTPRequestHandler, sent: Sent) -> None:
    if sent.is_silent:
        select.select([speaker.connection], [], [], GONE_S)  # readable where it was closed
        speaker.close_connection = True
        return
    try:
        speaker.send_response(sent.status)
        for name, value in sent.headers.items():
            speaker.send_header(name, value)
        speaker.send_header("Content-Length", str(len(sent.body)))
        speaker.end_headers()
        speaker.wfile.write(sent.body[: sent.cut_at] if sent.cut_at is not None else sent.body)
    except OSError:
        speaker.close_connection = True
        return
    if sent.cut_at is not None:
        speaker.close_connection = True


@contextmanager
def asked_for(market: Market, venue: str, monkeypatch: pytest.MonkeyPatch, **more: str) -> Iterator[VenueServer]:
    """A server that btcli asks for a venue, once again and soon where that fails; `more` are other variables."""
    with VenueServer(market) as server:
        named = {f"BTCLI_{venue.upper()}_URL": server.url, "BTCLI_RETRIES": "1", "BTCLI_RETRY_WAIT_S": "0.01"}
        for name, value in {**named, **more}.items():
            monkeypatch.setenv(name, value)
        yield server
