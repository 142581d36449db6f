"""The one HTTP client: GET, bounded in time and tries, patient where the venue asks for patience."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar
from urllib.request import getproxies

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from btcli.errors import RequestError, SourceError
from btcli.hands import beside
from btcli.interrupts import interrupts_held
from btcli.sources.addresses import require_usable_proxies, shown_address
from btcli.sources.holds import hold_of
from btcli.sources.patience import Patience
from btcli.sources.unknown_host import UNKNOWN_FOR_S, lookup_failure, unknown_host

Answer = TypeVar("Answer")
Notice = Callable[[str], None]
_LATER = "what arrived is kept: try again later"
_LARGEST_BYTES = 512 << 20
_SHORTEST_SAID_S = 0.05
_NEW_STREAM = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class Reply(NamedTuple):
    """What came back, whole: nothing is known yet about its sense. `url` is the path and query."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Again(Exception):
    """This try brought nothing usable; another may. `wait_s` is what the venue asks for, None when it does not say.

    `hint` is what to do when patience ends, where that is not to try again later.
    """

    def __init__(self, message: str, wait_s: float | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.wait_s = wait_s
        self.hint = hint


class HttpClient:
    """A connection to one host, shared by threads: when the venue asks one of them to wait, every client waits.

    Proxies come from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; a host on this machine is reached directly.
    `base_url` is the address as it may be printed. Raises RequestError for proxies that cannot be used.
    """

    def __init__(self, base_url: str, patience: Patience, notice: Notice | None = None) -> None:
        self._address = base_url.rstrip("/")
        self.base_url = shown_address(self._address)
        self._patience = patience
        self._notice = notice or (lambda _: None)
        self._closed = threading.Event()
        self._sockets: list[socket.socket] = []
        timeout = httpx.Timeout(patience.silence_s, connect=min(10.0, patience.silence_s), pool=None)
        limits = httpx.Limits(max_connections=patience.at_once, max_keepalive_connections=patience.at_once)
        self._url = httpx.URL(self._address)
        self._hold = hold_of(self._url.netloc.decode("ascii", "replace"), patience.clock)
        secure = self._url.scheme == "https"  # without TLS there are no certificates to load
        self._is_here = _is_here(self._url.host)
        if not self._is_here:
            require_usable_proxies()
        self._route = "" if self._is_here else str(sorted(getproxies().items()))
        self._http = _client(timeout=timeout, limits=limits, verify=secure, trust_env=not self._is_here)
        self._backoff = wait_exponential_jitter(
            multiplier=patience.backoff_s, max=patience.longest_s, jitter=patience.backoff_s
        )

    def get(self, path: str, params: Mapping[str, str | int], judge: Callable[[Reply], Answer]) -> Answer:
        """What `judge` makes of the reply; asked again while it raises Again.

        Raises SourceError when tries or patience are used up, UnknownHost for a host without an address, and
        whatever else `judge` raises, at once.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._wait_s,
            before_sleep=self._tell_wait,
            retry=retry_if_exception_type(Again),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return beside(lambda: retrying(lambda: self._judged(path, params, judge)))
        except Again as error:
            tries = f"after {self._patience.attempts} tries" if self._patience.attempts > 1 else "at the only try"
            raise SourceError(
                f"{error} ({tries})", where=f"{self.base_url}{path}", hint=error.hint or _LATER
            ) from error

    def pause(self, seconds: float, why: str = "") -> None:
        """No request of any thread or client of this process to this host before this time has passed."""
        self._hold.extend(self._patience.clock() + seconds, why)

    def close(self) -> None:
        """Close the connections; who waits for a retry is woken and gives up."""
        with interrupts_held():
            self._closed.set()
            for connection in self._sockets:
                with suppress(OSError):  # already gone
                    connection.shutdown(socket.SHUT_RDWR)
            self._http.close()

    def _connected(self, event: str, about: Mapping[str, Any]) -> None:
        """Remember the socket: only shutting it down wakes a thread that waits for a silent server."""
        if event in _NEW_STREAM and "return_value" in about:
            self._sockets.append(about["return_value"].get_extra_info("socket"))

    def _reply(self, path: str, params: Mapping[str, str | int]) -> Reply:
        """One request, read to its end in bounded time; raises Again for whatever the network does."""
        self._wait_for_the_host()
        if self._closed.is_set():
            raise SourceError("stopped: the source was closed", where=self.base_url)
        try:
            with self._http.stream(
                "GET", self._address + path, params=params, extensions={"trace": self._connected}
            ) as response:
                body = self._body(response)
                self._hold.reach(self._route)
                return Reply(response.status_code, response.headers, body, response.url.raw_path.decode())
        except httpx.TimeoutException as error:
            raise Again(f"no answer within {self._patience.silence_s:g} s") from error
        except httpx.TransportError as error:
            if why := lookup_failure(error):
                raise self._not_found(why) from error
            raise Again(f"the connection failed: {str(error) or type(error).__name__}") from error
        except httpx.DecodingError as error:
            raise Again(f"the answer's compression is broken: {error}") from error
        except RuntimeError as error:  # httpx: the client has been closed by another thread
            raise SourceError("stopped: the source was closed", where=self.base_url) from error

    def _judged(self, path: str, params: Mapping[str, str | int], judge: Callable[[Reply], Answer]) -> Answer:
        """One try; what the venue asks to wait holds for whoever asks next, also when this was the last try."""
        try:
            return judge(self._reply(path, params))
        except Again as error:
            if error.wait_s is not None:
                self.pause(error.wait_s, str(error))
            raise

    def _wait_for_the_host(self) -> None:
        """Raises SourceError when the host asked for more than patience allows: then it is not asked at all."""
        until_s, why = self._hold.read()
        ahead_s = until_s - self._patience.clock()
        if unknown := self._hold.unknown(self._route, self._patience.clock()):
            raise self._unknown(unknown)
        if ahead_s > self._patience.longest_s:
            raise _too_long(why, ahead_s, self.base_url)
        if ahead_s > 0:
            if why and ahead_s >= _SHORTEST_SAID_S:
                self._notice(f"{why}: waiting {ahead_s:.1f} s")
            self._sleep(ahead_s)

    def _not_found(self, why: str) -> Exception:
        """What a name that is not found means: a lost network where the host has answered before, else no host."""
        if self._hold.has_answered(self._route):
            return Again(f"the address of {self._url.host} cannot be found just now: {why}")
        self._hold.lose(self._route, self._patience.clock() + UNKNOWN_FOR_S, why)
        return self._unknown(why)

    def _unknown(self, why: str) -> SourceError:
        return unknown_host(self._url.host, self._url.scheme, why, self.base_url, direct=self._is_here)

    def _body(self, response: httpx.Response) -> bytes:
        until = self._patience.clock() + self._patience.answer_s
        chunks, size = [], 0
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if self._patience.clock() > until:
                raise Again(f"the answer was not complete after {self._patience.answer_s:g} s")
            if size > _LARGEST_BYTES:
                raise SourceError(f"an answer of more than {_LARGEST_BYTES >> 20} MB", where=self.base_url)
        return b"".join(chunks)

    def _wait_s(self, state: RetryCallState) -> float:
        """What the venue asked for, else the next backoff; raises SourceError for more than patience allows."""
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.wait_s if isinstance(error, Again) else None
        if asked_s is None:
            return self._backoff(state)
        if asked_s > self._patience.longest_s:
            raise _too_long(str(error), asked_s, self.base_url, error.hint if isinstance(error, Again) else "")
        return asked_s

    def _tell_wait(self, state: RetryCallState) -> None:
        """Called only where the wait is done and another try comes after it."""
        error = state.outcome.exception() if state.outcome else None
        coming = f"before try {state.attempt_number + 1} of {self._patience.attempts}"
        self._notice(f"{error}: waiting {state.upcoming_sleep:.1f} s {coming}")

    def _sleep(self, seconds: float) -> None:
        if self._patience.sleep is not None:
            self._patience.sleep(seconds)
        elif self._closed.wait(seconds):
            raise SourceError("stopped: the source was closed", where=self.base_url)


def _too_long(why: str, seconds: float, where: str, hint: str = "") -> SourceError:
    said = f"{why}; it asks to wait {seconds:.0f} s"
    return SourceError(said, where=where, hint=hint or "run the same command after that")


def _client(**settings: Any) -> httpx.Client:
    try:
        return httpx.Client(**settings)
    except (httpx.InvalidURL, ValueError, ImportError):
        raise RequestError(
            "is not a list of hosts", where="NO_PROXY", hint="write names of hosts, with commas"
        ) from None


def _is_here(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
