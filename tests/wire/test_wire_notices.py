"""What is said of waits and tries is what happens, and a host without an address is one failure, at once."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wire.venue_server import VenueServer
from wire.wire_rig import END, ONE, START, VENUES, FakeTime, Rig, gathered, rig_of, usual_market

from btcli.errors import SourceError
from btcli.market.series import Series
from btcli.market.store.where import Store
from btcli.sources.choosing import source_for
from btcli.sources.patience import Patience
from btcli.tools import registry_for

NOWHERE = "http://venue.invalid"  # a name that is never given to anybody: RFC 2606
WAIT = re.compile(r": waiting ([0-9.]+) s")


@pytest.fixture(params=VENUES)
def rig(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A venue on this machine."""
    market = usual_market()
    with VenueServer(market, reset_ms=824, retry_after_s=3) as server:
        yield rig_of(monkeypatch, request.param, market, server)


def said_waits(notices: list[str]) -> list[str]:
    """The seconds that notices announce, as they are written."""
    return [found[1] for notice in notices for found in [WAIT.search(notice)] if found]


@pytest.mark.parametrize("attempts", [1, 2, 4])
@pytest.mark.parametrize("fault", ["http_500", "http_429", "http_502"])
def test_every_wait_that_is_said_is_waited(rig: Rig, fault: str, attempts: int) -> None:
    """There is a notice before each wait, with its length, and none after the last try."""
    rig.server.fail(fault)
    assert rig.candles(attempts=attempts).complaint
    assert said_waits(rig.notices) == [f"{wait:.1f}" for wait in rig.time.waits]
    assert len(rig.notices) == attempts - 1


def test_a_notice_counts_the_try_that_comes(rig: Rig) -> None:
    """Of four tries the three that come after a wait are told by their number, and the error counts four."""
    rig.server.fail("http_500")
    complaint = rig.candles(attempts=4).complaint
    assert [notice[notice.index("before") :] for notice in rig.notices] == [
        "before try 2 of 4",
        "before try 3 of 4",
        "before try 4 of 4",
    ]
    assert "(after 4 tries)" in complaint


def test_a_wait_that_is_not_done_is_not_announced(rig: Rig) -> None:
    """A venue that asks for more than patience allows is told as the error alone."""
    rig.server.fail("http_403" if rig.venue == "bybit" else "http_418")
    assert "asks to wait" in rig.candles(attempts=3).complaint
    assert (rig.notices, rig.time.waits) == ([], [])


def test_no_wait_worth_saying_is_said(rig: Rig) -> None:
    """What is left of a wait within a clock's precision is no notice of 0.0 s."""
    rig.server.fail("http_429", times=1)
    assert rig.candles(attempts=1).complaint
    rig.time.now_s += 2.999
    assert rig.candles().error is None
    assert rig.notices == []


@pytest.fixture(params=VENUES)
def nowhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A venue whose address no name server knows."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv(f"BTCLI_{request.param.upper()}_URL", NOWHERE)
    monkeypatch.setenv("BTCLI_BINANCE_ARCHIVE_URL", "none")
    return str(request.param)


def test_a_host_without_an_address_is_one_failure_at_once(nowhere: str) -> None:
    """It is not tried again: no wait, no notice, and a sentence that names the host and what to look at."""
    passing, notices = FakeTime(), list[str]()
    patience = Patience(6, 0.5, sleep=passing.sleep, clock=passing.clock)
    for kind in ("trade", "mark"):
        with source_for(nowhere, "live", progress=notices.append, patience=patience) as source:
            error = gathered(source.candles("BTCUSDT", kind, ONE, START, END)).error
        assert isinstance(error, SourceError)
        (problem,) = error.problems
        assert problem.message.startswith("the address of venue.invalid cannot be found: ")
        assert problem.where.startswith(NOWHERE)
        assert problem.hint == "check the network and the address"
    assert (passing.waits, notices) == ([], [])


def test_a_host_is_not_looked_up_again_for_the_next_series(nowhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup may take a name server many seconds: within a minute other series have the same answer without one."""
    passing = FakeTime()
    patience = Patience(6, 0.5, sleep=passing.sleep, clock=passing.clock)
    asked = counted_lookups(monkeypatch)
    for later_s, lookups in ((0.0, 1), (30.0, 1), (31.0, 2)):
        passing.now_s += later_s
        with (
            source_for(nowhere, "live", patience=patience) as source,
            pytest.raises(SourceError, match="cannot be found"),
        ):
            source.server_time_ms()
        assert len(asked) == lookups


def test_a_proxy_without_an_address_is_told_as_one(nowhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where requests take a proxy, its name may be the one that is not known: the hint names the variable."""
    monkeypatch.setenv("HTTP_PROXY", "http://me:secret@proxy.invalid:3128")
    with (
        source_for(nowhere, "live", patience=Patience(clock=FakeTime().clock)) as source,
        pytest.raises(SourceError) as caught,
    ):
        source.server_time_ms()
    (problem,) = caught.value.problems
    assert problem.message.startswith("the address of venue.invalid, or the proxy on the way to it, cannot be found")
    assert "HTTP_PROXY" in problem.hint
    assert "secret" not in str(caught.value)


def test_a_host_that_was_there_is_tried_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a host has answered, a name that fails is a network that is gone for a moment: waited for and retried."""
    address = rig.server.url.replace("127.0.0.1", "localhost")
    monkeypatch.setenv(f"BTCLI_{rig.venue.upper()}_URL", address)
    assert rig.candles().error is None
    asked = counted_lookups(monkeypatch, failing=2)
    assert rig.candles(START, START + 60_000).error is None
    assert (len(asked), len(rig.time.waits)) == (3, 2)
    assert all("cannot be found just now" in notice for notice in rig.notices)


def test_tools_say_it_once(nowhere: str, tmp_path: Path) -> None:
    """A call of a tool with several ranges fails with the one error and leaves no row and no notice."""
    notices: list[str] = []
    tools = registry_for(Store(tmp_path), venue=nowhere, notice=notices.append)
    series = Series(nowhere, "BTCUSDT", "trade", "1m")
    result = tools.execute("fill_gaps", series=series, ranges=[(START, START + 60_000), (END, END + 60_000)])
    assert (result.ok, result.rows, notices) == (False, 0, [])
    assert str(result.error).count("cannot be found") == 1


def test_what_a_proxy_answered_says_nothing_of_the_way_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that answered through a proxy has no address of its own by that: asked directly, it is one failure."""
    clock = FakeTime()
    address = "http://beside.invalid"
    monkeypatch.setenv("BTCLI_BYBIT_URL", address)
    with VenueServer(usual_market()) as server:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, server.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with source_for("bybit", "live", patience=Patience(1, clock=clock.clock)) as source:
            assert source.server_time_ms() == server.now_ms
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name)
    asked = counted_lookups(monkeypatch)
    patience = Patience(6, clock=clock.clock)
    with source_for("bybit", "live", patience=patience) as source, pytest.raises(SourceError) as caught:
        source.server_time_ms()
    assert str(caught.value).count("cannot be found") == 1
    assert len(asked) == 1


def counted_lookups(monkeypatch: pytest.MonkeyPatch, failing: int = 10**9) -> list[Any]:
    """The names that are looked up from now on; the first `failing` of them are not found."""
    asked: list[Any] = []
    real = socket.getaddrinfo

    def lookup(host: Any, *rest: Any, **named: Any) -> Any:
        asked.append(host)
        if len(asked) <= failing:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked
