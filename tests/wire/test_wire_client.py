"""The HTTP client and the choice of a source: addresses, proxies, limits, and how it is stopped."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
from interrupted_lines import said
from wire.venue_server import VenueServer
from wire.wire_rig import END, ONE, START, Rig, rig_of, usual_market

from btcli.errors import AccessError, BtcliError, RequestError, SourceError
from btcli.sources.choosing import source_for
from btcli.sources.http import Again, HttpClient
from btcli.sources.patience import Patience, patience_of
from btcli.sources.venue import retry_after_s


def test_a_source_opens_no_connection_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making a source asks nothing of anybody."""
    with VenueServer(usual_market()) as server:
        rig_of(monkeypatch, "bybit", server.markets[0], server)
        source_for("bybit", "live").close()
        assert server.requests == []


@pytest.mark.parametrize(("venue", "env"), [("sample", "live"), ("bybit", "paper")])
def test_not_everything_has_a_source(venue: str, env: str) -> None:
    """Sample data and unknown environments have no source, and that is said."""
    with pytest.raises(AccessError, match=f"venue {venue} has no source for {env}"):
        source_for(venue, env)


@pytest.mark.parametrize(
    ("venue", "env", "address"),
    [
        ("bybit", "live", "https://api.bybit.com"),
        ("bybit", "demo", "https://api-demo.bybit.com"),
        ("binance", "live", "https://fapi.binance.com"),
        ("binance", "demo", "https://demo-fapi.binance.com"),
    ],
)
def test_the_usual_addresses(monkeypatch: pytest.MonkeyPatch, venue: str, env: str, address: str) -> None:
    """Without a word in the environment the venues' public endpoints are used."""
    monkeypatch.delenv(f"BTCLI_{venue.upper()}_URL", raising=False)
    with source_for(venue, env) as source:
        assert source._http.base_url == address  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("env", "own", "archive", "used"),
    [
        ("live", "", "", "https://data.binance.vision"),
        ("live", "", "none", None),
        ("live", "http://127.0.0.1:9", "", None),
        ("live", "http://127.0.0.1:9", "http://127.0.0.1:8/", "http://127.0.0.1:8"),
        ("demo", "", "", None),
    ],
)
def test_the_archive_goes_with_the_real_venue(
    monkeypatch: pytest.MonkeyPatch, env: str, own: str, archive: str, used: str | None
) -> None:
    """Whoever puts another server in the venue's place never reaches the public archive by accident."""
    monkeypatch.setenv("BTCLI_BINANCE_URL", own)
    monkeypatch.setenv("BTCLI_BINANCE_ARCHIVE_URL", archive)
    with source_for("binance", env) as source:
        found = source._archive  # type: ignore[attr-defined]
        assert (found and found._http.base_url) == used


def test_a_server_on_this_machine_needs_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxy variables do not stand between a source and a server on the same machine."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with VenueServer(usual_market()) as server:
        rig = rig_of(monkeypatch, "bybit", server.markets[0], server)
        assert rig.candles(START, START + ONE.ms).error is None


def test_a_proxy_stands_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """For every other host the proxy of the environment is asked."""
    with VenueServer(usual_market()) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        monkeypatch.setenv("http_proxy", server.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("BTCLI_BYBIT_URL", "http://venue.invalid")
        with source_for("bybit", "live", patience=Patience(1)) as source:
            assert source.server_time_ms() == server.now_ms


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is told with the address and what to do."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, "bybit", market, server)
    with rig.source() as source, pytest.raises(SourceError) as caught:
        source.server_time_ms()
    (problem,) = caught.value.problems
    assert "the connection failed" in problem.message
    assert problem.where.startswith(rig.server.url)
    assert "try again later" in problem.hint


def test_an_answer_that_never_ends_is_cut_off() -> None:
    """An answer is given a time to be complete, however steadily it trickles."""
    with VenueServer(usual_market()) as server:
        client = HttpClient(server.url, Patience(1, answer_s=-1.0))
        with pytest.raises(SourceError, match="not complete after -1 s"):
            client.get("/v5/market/time", {}, lambda reply: reply)
        client.close()


def test_one_wait_holds_everybody() -> None:
    """When the venue asks one request to wait, the next one of any thread waits too."""
    waits: list[float] = []
    with VenueServer(usual_market()) as server:
        client = HttpClient(server.url, Patience(sleep=waits.append, clock=lambda: 100.0))
        client.pause(7.0)
        client.get("/v5/market/time", {}, lambda reply: reply)
        client.close()
    assert waits == [7.0]


def test_binance_weight_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the minute's weight is nearly used up, the next request waits for the next minute."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, "binance", market, server)
        server.weight = 2300
        assert rig.candles(START, END).error is None
    assert rig.time.waits[0] == pytest.approx(60.0)


def test_closing_ends_every_wait() -> None:
    """A source that is closed while it waits for a retry gives up at once."""
    with VenueServer(usual_market()) as server:
        client = HttpClient(server.url, Patience(backoff_s=3600.0, longest_s=3600.0))
        ended: list[BaseException] = []

        def ask() -> None:
            def judge(reply: object) -> None:
                raise Again("no")

            try:
                client.get("/v5/market/time", {}, judge)
            except SourceError as error:
                ended.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        while not server.requests:
            time.sleep(0.005)
        client.close()
        thread.join(timeout=300)
    assert ["the source was closed" in str(error) for error in ended] == [True]


def test_closing_ends_a_silence() -> None:
    """A request that waits for a silent server ends when the source is closed, not when the time is up."""
    with VenueServer(usual_market()) as server:
        server.fail("timeout", path="time")
        client = HttpClient(server.url, Patience(silence_s=3600.0))
        ended: list[str] = []

        def ask() -> None:
            try:
                client.get("/v5/market/time", {}, lambda reply: reply)
            except SourceError as error:
                ended.append(str(error))

        thread = threading.Thread(target=ask)
        thread.start()
        while not server.requests:
            time.sleep(0.005)
        client.close()
        thread.join(timeout=300)
    assert ["the source was closed" in said for said in ended] == [True]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_comes_in_two_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Retry-After is seconds or a date, which counts from the answer's own date."""
    from btcli.sources.http import Reply

    assert retry_after_s(Reply(429, headers, b"", "/")) == seconds


def test_patience_comes_from_the_environment() -> None:
    """Retries, their first wait and the time limit can be set; nonsense is a wrong request."""
    patience = patience_of({"BTCLI_RETRIES": "2", "BTCLI_RETRY_WAIT_S": "0.01", "BTCLI_TIMEOUT_S": "3"})
    assert (patience.attempts, patience.backoff_s, patience.silence_s) == (3, 0.01, 3.0)
    for wrong in ("soon", "-1", "nan"):
        with pytest.raises(RequestError, match="no number"):
            patience_of({"BTCLI_RETRY_WAIT_S": wrong})


def test_choosing_is_light() -> None:
    """Naming the sources imports neither the HTTP client nor anything else that is slow to load."""
    code = (
        "import sys, btcli.sources.choosing; print(sorted({'httpx', 'orjson', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_stopping_early_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever closes the iterator after the first page causes only a few more requests."""
    market = usual_market()
    with VenueServer(market) as server:
        rig: Rig = rig_of(monkeypatch, "bybit", market, server)
        with rig.source(at_once=2) as source:
            pages = source.candles("BTCUSDT", "trade", ONE, START, END)
            next(pages)
            pages.close()  # type: ignore[attr-defined]
        assert server.asked("kline") <= 6
    assert issubclass(SourceError, BtcliError)


def test_an_interrupt_at_any_line_of_a_request_is_raised_and_the_client_closes() -> None:
    """Nothing of the connection stays locked, whichever line of Python it comes at, and no thread is left."""
    with VenueServer(usual_market()) as server:
        code, told = said(f"""
from interrupted_lines import at_every_line
from btcli.sources.http import HttpClient
from btcli.sources.patience import Patience
def made():
    client = HttpClient({server.url!r}, Patience())
    def work():
        try:
            return [client.get("/v5/market/time", {{}}, lambda reply: reply.status) for _ in range(2)]
        finally:
            client.close()
    return work
at_every_line(made)
""")
    assert code == 0, told
