"""`btcli init --from-store`: what is written for a store runs on it as it stands."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import Said, say
from command_line import btcli, environment
from store_worlds import bring, candles, settlements

from btcli.config.loading import load_system
from btcli.config.model import System
from btcli.timeframe import utc_text

NO_MARK = "fills: {mark_source: last}\n"
NO_FUNDING = "costs: {funding: none}\n"


def begun(folder: Path, *words: str) -> tuple[System, str, Said]:
    """A system written for the store of a folder, its text, and what was said; preflight passes, and it runs."""
    said = say(folder, "init", "--from-store", *words)
    assert said.code == 0, said.err
    checked = say(folder, "preflight", "--json")
    assert (checked.code, checked.envelope["ok"]) == (0, True)
    ran = say(folder, "run", "--json")
    assert ran.code == 0, ran.err
    assert ran.envelope["data"]["metrics"]["first_decision_ts"] is not None
    return load_system(folder / "system.yml"), (folder / "system.yml").read_text(), said


def days(system: System) -> tuple[str, str]:
    """The first day of the only window, and the one after its last."""
    (window,) = system.windows.values()
    return utc_text(window.start_ms)[:10], utc_text(window.end_ms)[:10]


def lengths(system: System) -> tuple[str, ...]:
    """The timeframes of exec, ltf and htf, and what they are derived from."""
    frames, base = system.timeframes, system.data.derive_from
    return (*(each.label for each in (frames.exec, frames.ltf, frames.htf)), base.label if base else "")


def test_hours_alone(tmp_path: Path) -> None:
    """The higher timeframe is made of them, after its 20 bars; both absences are written with their reason."""
    bring(tmp_path, "trade 1h", candles(60, 0, 30))
    system, text, said = begun(tmp_path)
    assert lengths(system) == ("1h", "1h", "4h", "1h")
    assert days(system) == ("2024-03-05", "2024-04-01")
    assert f"# by which venues liquidate.\n{NO_MARK}" in text
    assert (
        f"# There are no funding rates for these days: to hold a position costs and earns nothing here.\n{NO_FUNDING}"
        in text
    )
    assert "#   binance BTCUSDT trade 1h: 744 rows, 2024-03-01 to 2024-03-31\n" in text
    assert said.out.splitlines()[-2:] == ["binance BTCUSDT is all that has trade candles.", "next: btcli run"]


def test_minutes_with_all_that_belongs_to_them(tmp_path: Path) -> None:
    """With marks and funding nothing is left out; the first days are history."""
    bring(tmp_path, "trade 1m", candles(1, 0, 9))
    bring(tmp_path, "mark 1m", candles(1, 0, 9))
    bring(tmp_path, "funding", settlements(0, 9))
    system, text, _ = begun(tmp_path)
    assert lengths(system) == ("1m", "1h", "4h", "1m")
    assert days(system) == ("2024-03-05", "2024-03-11")
    assert NO_MARK not in text
    assert NO_FUNDING not in text


def test_minutes_without_marks(tmp_path: Path) -> None:
    """Funding is kept, at the last price."""
    bring(tmp_path, "trade 1m", candles(1, 0, 9))
    bring(tmp_path, "funding", settlements(0, 9))
    _, text, _ = begun(tmp_path)
    assert (NO_MARK in text, NO_FUNDING in text) == (True, False)


def test_marks_without_funding(tmp_path: Path) -> None:
    """Marks are kept, and no rates are asked for."""
    bring(tmp_path, "trade 15m", candles(15, 0, 20))
    bring(tmp_path, "mark 15m", candles(15, 0, 20))
    system, text, _ = begun(tmp_path)
    assert (NO_MARK in text, NO_FUNDING in text) == (False, True)
    assert lengths(system) == ("15m", "1h", "4h", "15m")


def test_stored_candles_are_preferred_to_derived_ones(tmp_path: Path) -> None:
    """Where 15m, 1h and 4h are all there, each role reads its own."""
    for label, minutes in (("15m", 15), ("1h", 60), ("4h", 240)):
        bring(tmp_path, f"trade {label}", candles(minutes, 0, 20))
    assert lengths(begun(tmp_path)[0]) == ("15m", "1h", "4h", "")


@pytest.mark.parametrize(("last", "due"), [(5, "1h"), (19, "5m")])
def test_fine_candles_count_where_there_are_enough_of_them(tmp_path: Path, last: int, due: str) -> None:
    """The finest candles are taken unless others serve more than twice the days: 1h of 31 days against 5m of a few."""
    bring(tmp_path, "trade 1h", candles(60, 0, 30))
    bring(tmp_path, "trade 5m", candles(5, 0, last))
    system, _, _ = begun(tmp_path)
    assert lengths(system)[0] == due
    assert days(system) == ("2024-03-05", "2024-04-01" if due == "1h" else "2024-03-21")


def test_the_longest_span_without_a_hole_is_taken(tmp_path: Path) -> None:
    """Two holes leave 8, 21 and 7 days: the middle ones, after history of their own."""
    bring(tmp_path, "trade 1h", [*candles(60, 0, 7), *candles(60, 9, 29), *candles(60, 31, 37)])
    system, _, _ = begun(tmp_path)
    assert days(system) == ("2024-03-14", "2024-03-31")


def test_a_hole_in_the_rates_ends_the_span_too(tmp_path: Path) -> None:
    """Rates that lack a day in the middle are kept, as more than half of the candles' days remain."""
    bring(tmp_path, "trade 1h", candles(60, 0, 30))
    bring(tmp_path, "funding", [*settlements(0, 6), *settlements(8, 30)])
    system, text, _ = begun(tmp_path)
    assert NO_FUNDING not in text
    assert days(system) == ("2024-03-09", "2024-04-01")


def test_rates_of_a_few_days_are_left_out(tmp_path: Path) -> None:
    """Six days of funding against thirty of candles: the days count."""
    bring(tmp_path, "trade 1h", candles(60, 0, 30))
    bring(tmp_path, "funding", settlements(25, 30))
    system, text, _ = begun(tmp_path)
    assert (NO_FUNDING in text, days(system)) == (True, ("2024-03-05", "2024-04-01"))


def test_a_few_days_are_enough(tmp_path: Path) -> None:
    """Less history than the higher timeframe needs: it is the lower one, or starts late; it decides all the same."""
    bring(tmp_path, "trade 1h", candles(60, 0, 2))
    system, _, _ = begun(tmp_path)
    assert days(system)[1] == "2024-03-04"


def test_a_symbol_without_trading_rules_gets_an_example(tmp_path: Path) -> None:
    """With the word to put the venue's own figures in."""
    bring(tmp_path, "trade 1h", candles(60, 0, 20), symbol="NEWUSDT")
    system, text, _ = begun(tmp_path)
    assert "The figures are an example: put the venue's own in.\ninstruments:\n  NEWUSDT: {tick_size: 1," in text
    assert tuple(system.instruments) == ("NEWUSDT",)


def cheap(line: str) -> str:
    """The same candle of a coin of a millionth of the price."""
    at, *prices, volume = line.split(",")
    return ",".join((at, *(f"{float(each) / 1e9:.14f}" for each in prices), volume))


def test_an_example_suits_the_price(tmp_path: Path) -> None:
    """A coin of 0.00005 USDT has ticks of a ten-thousandth of that, and is traded."""
    bring(tmp_path, "trade 1h", map(cheap, candles(60, 0, 30)), symbol="TINYUSDT")
    _, text, _ = begun(tmp_path)
    assert "TINYUSDT: {tick_size: 0.000000001, qty_step: 10000, min_qty: 10000," in text
    assert say(tmp_path, "show", "latest", "--json").envelope["data"]["metrics"]["trades"] > 5


@pytest.mark.parametrize(
    ("label", "minutes", "due"),
    [
        ("2h", 120, ("2h", "2h", "4h", "2h")),
        ("4h", 240, ("4h", "4h", "1d", "4h")),
        ("1d", 1_440, ("1d", "1d", "1d", "")),
    ],
)
def test_long_candles_decide_themselves(tmp_path: Path, label: str, minutes: int, due: tuple[str, ...]) -> None:
    """From an hour on ltf is what is stored, and htf the next that can be made of it."""
    bring(tmp_path, f"trade {label}", candles(minutes, 0, 59))
    assert lengths(begun(tmp_path)[0]) == due


def test_symbols_of_different_candles_are_no_system(tmp_path: Path) -> None:
    """Which is said, rather than that no day can be run."""
    bring(tmp_path, "trade 1h", candles(60, 0, 9))
    bring(tmp_path, "trade 15m", candles(15, 0, 9), symbol="ETHUSDT")
    error = error_of(tmp_path, "--symbol", "BTCUSDT", "--symbol", "ETHUSDT")
    assert error["message"] == "binance BTCUSDT, ETHUSDT have no timeframe in common"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two venues: two symbols of binance, the second with the most rows, and one of bybit."""
    folder = tmp_path_factory.mktemp("two")
    bring(folder, "trade 1h", candles(60, 0, 20))
    bring(folder, "trade 1h", candles(60, 0, 30), symbol="ETHUSDT")
    bring(folder, "trade 1h", candles(60, 0, 25), "--venue", "bybit")
    return folder


@pytest.mark.parametrize(
    ("words", "venue", "symbols", "said"),
    [
        ("", "binance", "ETHUSDT", "has the most rows of trade candles; there is also bybit BTCUSDT, binance BTCUSDT."),
        ("--venue bybit", "bybit", "BTCUSDT", "was asked for; there is also binance ETHUSDT, BTCUSDT."),
        ("--symbol BTCUSDT", "bybit", "BTCUSDT", "was asked for"),
        ("--symbol BTCUSDT --venue binance", "binance", "BTCUSDT", "was asked for"),
        ("--symbol BTCUSDT --symbol ETHUSDT", "binance", "BTCUSDT, ETHUSDT", "were asked for"),
    ],
)
def test_a_market_is_chosen_and_told(two: Path, words: str, venue: str, symbols: str, said: str) -> None:
    """By its venue, its symbols, or the rows that there are."""
    system, text, told = begun(two, *words.split(), "--yes")
    assert (system.venue, ", ".join(system.symbols)) == (venue, symbols)
    assert f"{venue} {symbols} {said}" in told.out
    assert f"# {venue} {symbols} {said}" in text


@pytest.mark.parametrize(
    ("typed", "venue", "symbol"),
    [("\n\n", "binance", "ETHUSDT"), ("bybit\n", "bybit", "BTCUSDT"), ("binance\nBTCUSDT\n", "binance", "BTCUSDT")],
)
def test_a_terminal_is_asked_which_market(two: Path, tmp_path: Path, typed: str, venue: str, symbol: str) -> None:
    """First for the venue, then for the symbols of it; Enter takes what has the most rows."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "btcli", "init", str(tmp_path), "--from-store"]
    running = subprocess.Popen(command, cwd=two, env=environment(), stdin=theirs, stderr=subprocess.PIPE, text=True)
    os.write(ours, typed.encode())
    _, said = running.communicate(timeout=300)
    os.close(ours)
    os.close(theirs)
    assert (running.returncode, "Which venue? There is binance, bybit" in said) == (0, True), said
    system = load_system(tmp_path / "system.yml")
    assert (system.venue, system.symbols) == (venue, (symbol,))


def test_another_folder_is_run_from_here(two: Path) -> None:
    """The command that follows names the file, as the store lies here."""
    said = say(two, "init", "other one", "--from-store")
    (command,) = (line.removeprefix("next: ") for line in said.out.splitlines() if line.startswith("next: "))
    assert command == "btcli run 'other one/system.yml'"
    assert f"\n#   {command}\n" in (two / "other one" / "system.yml").read_text()
    assert say(two, "run", "other one/system.yml").code == 0


def test_a_demo_store_is_named(tmp_path: Path) -> None:
    """The system says which store is meant, so that no option is needed."""
    bring(tmp_path, "trade 1h", candles(60, 0, 20), "--env", "demo")
    system, _, _ = begun(tmp_path, "--env", "demo")
    assert system.env == "demo"


def test_generated_data_is_a_market_too(tmp_path: Path) -> None:
    """A store of sample data: each role has candles of its own there, and marks."""
    assert say(tmp_path, "init", "--template", "mtf_trend").code == 0
    assert say(tmp_path, "data", "sample").code == 0
    system, text, _ = begun(tmp_path, "--yes")
    assert (system.venue, NO_MARK in text, NO_FUNDING in text) == ("sample", False, False)


def error_of(folder: Path, *words: str) -> dict[str, Any]:
    """The one problem of a refusal, which writes nothing."""
    said = say(folder, "init", "new", "--from-store", *words, "--json")
    (error,) = said.envelope["errors"]
    assert not (folder / "new").exists()
    return {**error, "exit": said.code}


def test_no_store(tmp_path: Path) -> None:
    """Exit code 2 with the command that makes one."""
    error = error_of(tmp_path)
    assert (error["exit"], error["message"], error["where"]) == (2, "there is no store", "data/market_live.duckdb")
    assert error["hint"].startswith("bring candles: btcli data import FILE")


def test_a_store_without_candles(tmp_path: Path) -> None:
    """Rates alone are no market."""
    bring(tmp_path, "funding", settlements(0, 9))
    assert error_of(tmp_path)["message"] == "the store has no trade candles"


def test_less_than_a_day(tmp_path: Path) -> None:
    """Nothing can be run: the error names the market and where to look."""
    bring(tmp_path, "trade 1h", candles(60, 0, 0)[:20])
    error = error_of(tmp_path)
    assert error["message"] == "no whole day of binance BTCUSDT can be run as it is stored"
    assert "btcli data list" in error["hint"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [(("--symbol", "BTCUSD"), "did you mean BTCUSDT?"), (("--venue", "sample"), "there is binance, bybit")],
)
def test_what_is_not_stored(two: Path, words: tuple[str, ...], meant: str) -> None:
    """An unknown venue or symbol is answered with what there is."""
    error = error_of(two, *words)
    assert (error["exit"], error["where"], error["hint"]) == (2, words[0], meant)


@pytest.mark.parametrize(
    "words", ["--venue bybit", "--symbol BTCUSDT", "--env demo", "--from-store --template grid", "--from-store --list"]
)
def test_words_that_belong_together(two: Path, words: str) -> None:
    """What chooses from a store does nothing without one, and a template is not made for one."""
    assert say(two, "init", "nowhere", *words.split()).code == 2
    assert not (two / "nowhere").exists()


def test_a_damaged_store(tmp_path: Path) -> None:
    """A file that is no store is an error of access with its name."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "market_live.duckdb").write_bytes(b"nonsense" * 1_000)
    error = error_of(tmp_path)
    assert (error["exit"], "market_live.duckdb" in error["where"] + error["message"]) == (3, True)


def test_a_store_in_use(two: Path) -> None:
    """Who holds it is named after the wait."""
    hold = (
        "import duckdb, sys\nc = duckdb.connect('data/market_live.duckdb')\nprint('held', flush=True)\nsys.stdin.read()"
    )
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    holder = subprocess.Popen([sys.executable, "-c", hold], cwd=two, text=True, **pipes)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    done = btcli("init", "new", "--from-store", "--lock-wait", "0.2", cwd=two)
    holder.communicate("")
    assert (done.code, str(holder.pid) in done.err) == (3, True)
    assert not (two / "new").exists()
