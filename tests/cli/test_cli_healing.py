"""From nothing to verified data, through the real command, the real client and a venue on this machine."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import SYSTEM, Said, say, small_world
from command_line import ROOT, btcli, environment
from wire.venue_server import Market, VenueServer, asked_for
from wire.venue_world import ms

SYMBOL = ("--venue", "bybit", "--symbol", "BTCUSDT")
TRADE = (*SYMBOL, "--series", "trade", "--timeframe", "1h")
BYBIT = SYSTEM.replace("venue: sample", "venue: bybit")


@pytest.fixture(scope="module")
def market() -> Market:
    """Half a year, so that the window has its warm-up."""
    return Market("BTCUSDT", ms("2023-06-01"), ms("2024-02-03"))


@pytest.fixture
def venue(market: Market, monkeypatch: pytest.MonkeyPatch) -> Iterator[VenueServer]:
    with asked_for(market, "bybit", monkeypatch) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a system and nothing else."""
    (tmp_path / "system.yml").write_text(BYBIT)
    return tmp_path


def listed(folder: Path) -> dict[str, dict[str, Any]]:
    said = json.loads(say(folder, "data", "list", "--provenance", "--json").out)
    return {" ".join(filter(None, (row["series"], row["timeframe"]))): row for row in said["data"]["series"]}


def healed(folder: Path) -> Said:
    done = say(folder, "preflight", "--heal")
    assert done.code == 0, done.err
    return done


def test_preflight_heals_from_nothing(project: Path, venue: VenueServer) -> None:
    """Without arguments it shows what it will fetch, fetches it, and and a run is then possible."""
    done = healed(project)
    assert "to fetch: sync_range bybit BTCUSDT trade 1h" in done.err
    assert "to fetch: in all about" in done.err
    assert "healthy" in done.out
    assert say(project, "run").code in (0, 5)
    manifest = json.loads(next(project.glob("runs/*/*/*/run_manifest.json")).read_text())
    assert manifest["preflight"]["passed"] is True
    [written] = manifest["preflight"]["provenance"]["bybit BTCUSDT trade 1h"]
    assert (written["tool"], written["source"]) == ("sync_range", "bybit /v5/market/kline")


def test_what_was_healed_is_the_venues_own(project: Path, venue: VenueServer, market: Market) -> None:
    """Every stored candle is the venue's, and the log says from where it came."""
    healed(project)
    assert say(project, "data", "export", "out.csv", *TRADE).code == 0
    lines = (project / "out.csv").read_text().splitlines()[1:]
    rows = [(int(line.split(",")[0]), *map(float, line.split(",")[1:])) for line in lines]
    assert rows == market.rows("trade", 3_600_000, rows[0][0], rows[-1][0] + 1)
    origin = listed(project)["trade 1h"]["provenance"][0]
    assert (origin["tool"], origin["source"]) == ("sync_range", "bybit /v5/market/kline")
    assert all(len(digest) == 64 for digest in origin["digests"])


def test_a_second_heal_asks_for_nothing(project: Path, venue: VenueServer) -> None:
    """Data that is healthy is left alone."""
    healed(project)
    venue.requests.clear()
    healed(project)
    assert venue.requests == []


def test_a_dry_run_asks_for_nothing(project: Path, venue: VenueServer) -> None:
    """heal --dry-run tells requests and rows without a single request, and makes no store."""
    done = say(project, "heal", "--dry-run")
    assert (done.code, venue.requests) == (1, [])
    assert "requests" in done.out
    assert not (project / "data").exists()


def test_many_requests_need_a_yes(project: Path, venue: VenueServer) -> None:
    """Above 200 requests nobody at the keyboard means exit code 2, before anything is fetched; --yes goes on."""
    words = (
        "data",
        "sync",
        *SYMBOL,
        "--series",
        "trade",
        "--timeframe",
        "1m",
        "--start",
        "2023-06-01",
        "--env",
        "live",
    )
    refused = say(project, *words, "--end", "2024-02-01")
    assert (refused.code, venue.requests) == (2, [])
    assert "--yes" in refused.err
    few = say(project, *words, "--end", "2023-06-02")
    assert few.code == 0
    assert "2,880 rows new" in few.out


def test_holes_are_healed_alone(project: Path, venue: VenueServer) -> None:
    """A hole is shown by data list, found by preflight, and its rows alone are fetched again."""
    healed(project)
    gone = say(project, "data", "delete", *TRADE, "--start", "2024-01-10", "--end", "2024-01-11", "--yes")
    assert "48 rows deleted" in gone.out
    assert listed(project)["trade 1h"]["holes"] == [["2024-01-10T00:00:00.000Z", "2024-01-12T00:00:00.000Z"]]
    venue.requests.clear()
    healed(project)
    assert [request.path for request in venue.requests].count("/v5/market/kline") == 1
    assert listed(project)["trade 1h"]["holes"] == []


def test_holes_of_the_venue_itself_are_remembered(project: Path, venue: VenueServer) -> None:
    """What the venue does not have stays a hole, is named as confirmed, and is not asked for again."""
    venue.hide("trade", ms("2024-01-10T03:00"), ms("2024-01-10T05:00"))
    done = say(project, "preflight", "--heal")
    assert done.code == 1
    assert "2 bars missing inside" in done.err
    assert "confirmed absent by the exchange" in done.err
    assert listed(project)["trade 1h"]["absent"] == [["2024-01-10T03:00:00.000Z", "2024-01-10T05:00:00.000Z"]]
    venue.requests.clear()
    assert say(project, "preflight", "--heal").code == 1
    assert venue.requests == []
    assert say(project, "preflight", "--set", "data.gaps=allow_confirmed").code == 0


@pytest.mark.parametrize("fault", ["http_403", "http_500", "html", "retcode_10001", "truncated"])
def test_a_venue_that_fails_is_exit_code_3_and_the_next_heal_goes_on(
    project: Path, venue: VenueServer, fault: str
) -> None:
    """What came before the failure is kept and true, the error says what is wrong, and the next call completes it."""
    venue.fail(fault, skip=3)
    failed = say(project, "heal")
    assert failed.code == 3
    assert "missing" in failed.err
    assert say(project, "data", "verify").code == 0
    venue.mend()
    healed(project)


def test_a_run_without_heal_never_opens_a_connection(project: Path, venue: VenueServer) -> None:
    """On missing data, on whole data and in replay: no socket is made, and no client is even loaded."""
    probe = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise SystemExit('a socket was made')\n"
        "socket.socket = socket.create_connection = refuse\n"
        "from btcli.cli.edge.main import answered\n"
        "code = answered(sys.argv[1:])\n"
        "loaded = [name for name in ('httpx', 'urllib3', 'requests', 'btcli.sources') if name in sys.modules]\n"
        "print(code, loaded, file=sys.stderr)\n"
    )

    def probed(*words: str) -> str:
        command = [sys.executable, "-c", probe, *words]
        done = subprocess.run(
            command, cwd=project, env=environment(), capture_output=True, text=True, check=True, timeout=300
        )
        return done.stderr.splitlines()[-1]

    assert probed("run") == "1 []"
    assert probed("preflight") == "1 []"
    healed(project)
    venue.requests.clear()
    assert probed("run") in ("0 []", "5 []")
    assert probed("replay", "latest") == "0 []"
    assert probed("data", "list") == "0 []"
    assert venue.requests == []


def test_sample_data_is_never_healed(tmp_path: Path) -> None:
    """Generated data has no source: --heal on a hole says so, exit code 3."""
    folder = small_world(tmp_path)
    gone = ("--venue", "sample", "--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "1h")
    assert say(folder, "data", "delete", *gone, "--start", "2024-01-10", "--end", "2024-01-10", "--yes").code == 0
    done = say(folder, "heal")
    assert done.code == 3
    assert "no source configured" in done.err


def test_an_exported_file_can_be_imported_again(project: Path, venue: VenueServer, tmp_path: Path) -> None:
    """CSV and Parquet carry the same rows, and importing them changes nothing."""
    healed(project)
    for name in ("out.csv", "out.parquet"):
        assert say(project, "data", "export", name, *TRADE, "--start", "2024-01-05", "--end", "2024-01-05").code == 0
        again = say(project, "data", "import", name, *TRADE)
        assert "0 rows new, 0 changed, 24 rows as before".replace("24 rows", "24") in again.out
    assert say(project, "data", "export", "out.csv", *TRADE).code == 2


def test_verifying_finds_what_the_venue_tells_otherwise(project: Path, venue: VenueServer) -> None:
    """A changed candle is sound in itself, and --against-source names the series in which it lies."""
    healed(project)
    assert say(project, "data", "verify", "--against-source").code == 0
    first = say(project, "data", "list", "--json")
    rows = {row["timeframe"] + row["series"]: row for row in json.loads(first.out)["data"]["series"]}
    opened = ms(rows["1htrade"]["first"][:19])
    (project / "one.csv").write_text(f"ts_open,open,high,low,close,volume\n{opened},1,2,1,2,1\n")
    assert say(project, "data", "import", "one.csv", *TRADE).code == 0
    assert say(project, "data", "verify").code == 0
    done = say(project, "data", "verify", "--against-source")
    assert done.code == 1
    assert "bybit BTCUSDT trade 1h" in done.err
    assert "1 differ" in done.err


def test_a_compacted_store_holds_the_same(project: Path, venue: VenueServer) -> None:
    """Digests, provenance and holes are those of before."""
    healed(project)
    before = (say(project, "data", "verify", "--json").out, listed(project))
    assert say(project, "data", "compact").code == 0
    assert (say(project, "data", "verify", "--json").out, listed(project)) == before
    assert [path.name for path in (project / "data").iterdir()] == ["market_live.duckdb"]


def test_tools_are_listed() -> None:
    """btcli tools names every tool, with its arguments."""
    done = btcli("tools", cwd=ROOT)
    assert (done.code, done.err) == (0, "")
    for name in ("sync_range", "fill_gaps", "sync_funding", "sync_mark", "sync_instruments", "sync_from_launch"):
        assert name in done.out


def test_two_heals_at_once_both_end_well(project: Path, venue: VenueServer) -> None:
    """Two processes heal one store: both end healthy, and every row was written once."""
    venue.slow_s = 0.02
    kept = {"BTCLI_BYBIT_URL": venue.url}
    command = [sys.executable, "-m", "btcli", "heal"]
    heals = [
        subprocess.Popen(command, cwd=project, env=environment(kept), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [heal.communicate(timeout=300) for heal in heals]
    assert [heal.returncode for heal in heals] == [0, 0], said
    for row in listed(project).values():
        assert sum(origin["rows"] for origin in row["provenance"]) == row["rows"]


@pytest.mark.long
def test_a_year_of_minutes_arrives_whole(tmp_path: Path) -> None:
    """525,600 candles over the wire are in the store from the first minute to the last, without a hole."""
    year = Market("BTCUSDT", ms("2023-01-01"), ms("2024-01-02"))
    year.candles("trade", 60_000)
    words = ("data", "sync", *SYMBOL, "--series", "trade", "--start", "2023-01-01", "--end", "2023-12-31", "--yes")
    with VenueServer(year) as server:
        done = btcli(*words, cwd=tmp_path, env={"BTCLI_BYBIT_URL": server.url})
    assert "525,600 rows new" in done.out
    stored = listed(tmp_path)["trade 1m"]
    assert (stored["rows"], stored["holes"]) == (525_600, [])
    assert (stored["first"], stored["last"]) == ("2023-01-01T00:00:00.000Z", "2023-12-31T23:59:00.000Z")


def test_ctrl_c_keeps_what_has_come_and_the_next_call_goes_on(project: Path, venue: VenueServer) -> None:
    """Exit code 130, whole pages in the store, and a second sync that asks for the rest alone."""
    words = ("data", "sync", *SYMBOL, "--series", "trade", "--start", "2024-01-01", "--end", "2024-01-30", "--yes")
    venue.fail("timeout", skip=23)  # from then on it says nothing, however long the signal takes
    command = [sys.executable, "-m", "btcli", *words]
    kept = environment({"BTCLI_BYBIT_URL": venue.url, "BTCLI_TIMEOUT_S": "600"})
    sync = subprocess.Popen(command, cwd=project, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while venue.asked("kline") < 24 and sync.poll() is None:  # a dozen ahead of what is taken, at most
        time.sleep(0.02)
    sync.send_signal(signal.SIGINT)
    _, said = sync.communicate(timeout=300)
    assert sync.returncode == 130
    assert "Traceback" not in said
    rows = listed(project)["trade 1m"]["rows"]
    assert 0 < rows < 30 * 1_440
    venue.mend()
    done = say(project, *words)
    assert done.code == 0
    assert f"{30 * 1_440 - rows:,} rows new" in done.out


@pytest.mark.parametrize(
    "words",
    [
        ("data", "sync", *SYMBOL, "--timeframe", "5m", "--start", "2024-01-01", "--end", "2024-01-03", "--yes"),
        ("data", "sync", *SYMBOL, "--symbol", "ETHUSDT", "--from-launch", "--instruments", "--yes"),
        ("heal", "--yes"),
        ("preflight", "--heal", "--yes"),
        ("run", "--heal", "--yes"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_host_without_an_address_is_said_once(project: Path, words: tuple[str, ...]) -> None:
    """Several series, symbols and windows: one sentence on both streams together, at once, and exit code 3."""
    kept = {"BTCLI_BYBIT_URL": "http://venue.invalid", "NO_PROXY": "venue.invalid", "BTCLI_RETRY_WAIT_S": "3600"}
    done = btcli(*words, cwd=project, env=kept)
    assert done.code == 3
    assert (done.out + done.err).count("cannot be found") == 1
    assert "waiting" not in done.err
    told = btcli(*words, "--json", cwd=project, env=kept).envelope
    assert [error["message"] for error in told["errors"]].count(told["errors"][0]["message"]) == 1


HISTORY = ("--grid", "warmup.bars.ltf=800..2000:200")


def test_a_sweep_over_how_much_history_there_is_asks_once(project: Path, venue: VenueServer) -> None:
    """The world that reads most is mended first: there is nothing left to fetch for the other six."""
    done = say(project, "sweep", *HISTORY, "--heal")
    assert done.code == 0, done.err
    assert done.err.count("to fetch: in all about") == 1


def test_the_repair_that_a_sweep_names_is_enough_for_all_of_it(project: Path, venue: VenueServer) -> None:
    """Told once, of the values that read most; then every trial can be run."""
    told = say(project, "sweep", *HISTORY, "--json").envelope["errors"][0]
    command = told["steps"][0].removeprefix("repair it with: ") if "steps" in told else told["hint"]
    assert "warmup.bars.ltf=2000" in command
    words = shlex.split(command[command.index("btcli ") :])[1:]
    assert say(project, *words).code == 0
    assert say(project, "sweep", *HISTORY).code == 0
