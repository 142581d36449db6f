"""Candles of one's own and nothing else: the way to a believed run by the commands that the refusals print."""

from __future__ import annotations

import math
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, Said, say, small_world
from command_line import ROOT

BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
PRINTED = re.compile(r"^(?P<why>[^│╭╰\n]*?): (?P<command>(?:cd \S+ && )?btcli .+)$", re.MULTILINE)
Row = tuple[datetime, float, float, float, float, float]


def candles(days: int = 61, minutes: int = 60, price: float = 100.0) -> Iterator[Row]:
    """A wave of prices around `price` from 2024-03-01 on, each bar open at the close before it."""
    close = price
    for number in range(days * 24 * 60 // minutes):
        opened, close = close, price * (1 + 0.05 * math.sin(number * minutes / 2000))
        high, low = max(opened, close) * 1.001, min(opened, close) * 0.999
        yield BEGIN + timedelta(minutes=number * minutes), *(round(x, 2) for x in (opened, high, low, close)), 10.0


def downloader(rows: Iterator[Row]) -> str:
    """As a downloader writes them: milliseconds and lower-case names."""
    lines = (f"{int(ts.timestamp() * 1000)},{','.join(map(str, rest))}" for ts, *rest in rows)
    return "\n".join(("open_time,open,high,low,close,volume", *lines)) + "\n"


def spreadsheet(rows: Iterator[Row]) -> str:
    """As a spreadsheet saves them: a date in words and capital names."""
    lines = (f"{ts:%Y-%m-%d %H:%M},{','.join(map(str, rest))}" for ts, *rest in rows)
    return "\n".join(("Date,Open,High,Low,Close,Volume", *lines)) + "\n"


def bybit(rows: Iterator[Row]) -> str:
    """As Bybit's answers name them: newest first, with the turnover."""
    lines = [f"{int(ts.timestamp() * 1000)},{o},{h},{low},{c},{v},{round(v * c, 4)}" for ts, o, h, low, c, v in rows]
    return "\n".join(("startTime,openPrice,highPrice,lowPrice,closePrice,volume,turnover", *reversed(lines))) + "\n"


class Shell:
    """A terminal in an empty folder, with an empty home and nothing of this process's environment."""

    def __init__(self, folder: Path) -> None:
        (folder / "home").mkdir(parents=True)
        (folder / "bin").mkdir()
        script = f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m btcli "$@"\n'
        (folder / "bin" / "btcli").write_text(script)
        (folder / "bin" / "btcli").chmod(0o755)
        path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.environment = {"HOME": str(folder / "home"), "PATH": path, "COLUMNS": "80", "NUMBA_DISABLE_JIT": "1"}
        self.here = folder / "work"
        self.here.mkdir()
        self.typed = 0

    def __call__(self, line: str) -> Said:
        self.typed += 1
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.here, env=self.environment, capture_output=True, text=True, check=False
        )
        return Said(done.returncode, done.stdout, done.stderr)


def printed(text: str, why: str) -> str:
    """The command that was printed behind the words `why`."""
    (found,) = (each["command"] for each in PRINTED.finditer(text) if each["why"].startswith(why))
    return found


@pytest.mark.parametrize(
    ("name", "written", "minutes", "venue"),
    [
        pytest.param("BTCUSDT-1h.csv", downloader, 60, "binance", marks=pytest.mark.long),
        ("btc.csv", spreadsheet, 30, "binance"),
        pytest.param("kline.csv", bybit, 60, "bybit", marks=pytest.mark.long),
        ("ETHUSDT-1h.csv", downloader, 60, "bybit"),
    ],
)
def test_from_nothing_to_a_believed_run_by_printed_commands(
    tmp_path: Path, name: str, written: Callable[[Iterator[Row]], str], minutes: int, venue: str
) -> None:
    """At most six commands from `btcli init` to an identical replay, each one printed by the one before it."""
    shell = Shell(tmp_path / "new user")
    (shell.here / name).write_text(written(candles(minutes=minutes)))
    begun = shell("btcli init mine").out
    enter, importing, run = printed(begun, "or on your own candles").split(" && ")
    shell.here = shell.here / enter.removeprefix("cd ")
    said = shell(importing.replace("FILE", f"../{name}").replace("binance", venue))
    if said.code:
        assert said.code == 2
        said = shell(printed(said.err, "as in"))
    assert said.code == 0, said.err
    refused = shell(run)
    assert refused.code == 1
    believed = shell(printed(refused.err, "run on what is stored"))
    assert believed.code == 0, believed.err
    assert "Preflight" not in believed.out  # it passed: nothing to say
    assert "funding is left out (costs.funding: none)" in believed.err
    replayed = shell("btcli replay latest")
    assert (replayed.code, replayed.out.splitlines()[-1]) == (0, "replay: identical")
    assert shell.typed <= 6


def world(folder: Path, system: str, *imports: tuple[str, str]) -> Path:
    """A folder with a system and a store of imported files: their text, and the options of the import."""
    (folder / "system.yml").write_text(system)
    for number, (text, options) in enumerate(imports):
        (folder / f"{number}.csv").write_text(text)
        said = say(folder, "data", "import", f"{number}.csv", *options.split())
        assert said.code == 0, said.err
    return folder


def on_what_is_stored(folder: Path, *words: object) -> list[str]:
    """The words of the command that a refused run names; it is run, and must be done."""
    refused = say(folder, "run", *words)
    assert refused.code == 1, refused.err
    (command,) = (
        found["command"] for found in PRINTED.finditer(refused.err) if found["why"].startswith("run on what is stored")
    )
    said = say(folder, *shlex.split(command)[1:])
    assert said.code == 0, said.err
    return shlex.split(command)[2:]


OWN = "--venue binance --series trade --symbol BTCUSDT"
PLAIN = SYSTEM.replace("sample", "binance").replace("2024-01-01", "2024-03-01").replace("2024-01-31", "2024-04-30")
WINDOW = ["--window", "jan"]
MARKS_AND_FUNDING = ["--set", "fills.mark_source=last", "--set", "costs.funding=none"]


def fitting(words: list[str]) -> list[str]:
    """Without the system's file and what stands for missing marks and funding."""
    assert words[0] == "system.yml"
    assert words[-4:] == MARKS_AND_FUNDING
    return words[1:-4]


def test_a_window_that_begins_too_early_is_moved_behind_its_warm_up(tmp_path: Path) -> None:
    """4h candles of 50-bar averages need weeks before the first decision; the end stays where it was."""
    world(tmp_path, PLAIN, (downloader(candles()), OWN))
    start, end, *rest = fitting(on_what_is_stored(tmp_path))[1::2]
    assert "2024-03-10" < start < "2024-04-20"
    assert (end, rest) == ("2024-04-30", ["data.derive_from=1h"])


def test_a_window_that_fits_is_left_alone(tmp_path: Path) -> None:
    """Only what is missing is changed; the name of the window is kept where it was said."""
    system = PLAIN.replace("start: 2024-03-01", "start: 2024-04-20").replace("htf: 4h", "htf: 1h")
    world(tmp_path, system, (downloader(candles()), OWN))
    assert fitting(on_what_is_stored(tmp_path)) == []
    assert fitting(on_what_is_stored(tmp_path, *WINDOW)) == WINDOW


def test_dates_that_are_all_outside_become_those_that_are_there(tmp_path: Path) -> None:
    """Of a window without any candle nothing can be kept."""
    system = PLAIN.replace("2024-03-01", "2021-01-01").replace("2024-04-30", "2021-02-01").replace("htf: 4h", "htf: 1h")
    world(tmp_path, system, (downloader(candles()), OWN))
    start, end = fitting(on_what_is_stored(tmp_path))[1::2]
    assert "2024-03-02" < start < "2024-03-31"
    assert end == "2024-04-30"


def test_candles_too_few_for_their_warm_up_start_late(tmp_path: Path) -> None:
    """Three days are run as three days, with a late start that the run tells."""
    world(tmp_path, PLAIN.replace("htf: 4h", "htf: 1h"), (downloader(candles(days=3)), OWN))
    assert say(tmp_path, "run").code == 1
    words = on_what_is_stored(tmp_path)
    assert words[1:5] == ["--start", "2024-03-01", "--end", "2024-03-03"]
    assert words[-1] == "warmup.missing=start_late"


@pytest.mark.parametrize(
    ("minutes", "frames", "sets"),
    [
        (60, "{exec: 5m, ltf: 15m, htf: 4h}", ["timeframes.exec=1h", "timeframes.ltf=1h", "timeframes.mtf=1h"]),
        (240, "{ltf: 1h}", [f"timeframes.{role}=4h" for role in ("exec", "ltf", "mtf", "htf")]),
        (15, "{exec: 30m, ltf: 1h}", []),
    ],
)
def test_timeframes_become_those_that_the_candles_can_give(
    tmp_path: Path, minutes: int, frames: str, sets: list[str]
) -> None:
    """Roles finer than the candles are as coarse as they, the others are derived."""
    system = PLAIN.replace("{exec: 1h, ltf: 1h, htf: 4h}", frames)
    world(tmp_path, system, (downloader(candles(minutes=minutes)), OWN))
    words = fitting(on_what_is_stored(tmp_path))
    derived = {60: ["data.derive_from=1h"], 240: [], 15: ["data.derive_from=15m"]}[minutes]
    assert words[words.index("--set") + 1 :: 2] == [*sets, *derived]


def test_what_was_said_is_said_again(tmp_path: Path) -> None:
    """Overrides, the folders of store and runs, and a path with a blank: all quoted, each key once."""
    folder = tmp_path / "my project"
    folder.mkdir()
    world(folder, PLAIN.replace("htf: 4h", "htf: 1h"), (downloader(candles()), f"{OWN} --data st"))
    (folder / "st").rename(folder / "my store")
    words = on_what_is_stored(
        folder,
        "--data",
        "my store",
        "--out",
        "my runs",
        "--set",
        "account.leverage=3",
        "--set",
        "costs.funding=settled",
    )
    assert words[words.index("--data") + 1] == "my store"
    assert words[words.index("--out") + 1] == "my runs"
    assert words.count("account.leverage=3") == 1
    assert [word for word in words if word.startswith("costs.funding=")] == ["costs.funding=none"]


def test_the_symbol_with_candles_is_kept_of_two(tmp_path: Path) -> None:
    """A system of two symbols runs on the one that is there."""
    system = PLAIN.replace("[BTCUSDT]", "[ETHUSDT, BTCUSDT]").replace("htf: 4h", "htf: 1h")
    world(tmp_path, system, (downloader(candles()), OWN))
    assert "symbols=[BTCUSDT]" in on_what_is_stored(tmp_path)


def test_a_symbol_without_specs_gets_an_example_that_says_so(tmp_path: Path) -> None:
    """The step tells that the specs have to be corrected, and the summary that they are from the config."""
    world(tmp_path, PLAIN.replace("htf: 4h", "htf: 1h"), (downloader(candles()), OWN.replace("BTC", "XYZ")))
    assert "(with trading rules of XYZUSDT that you have to correct)" in say(tmp_path, "run").err
    assert any(word.startswith("instruments.XYZUSDT={tick_size: ") for word in on_what_is_stored(tmp_path))


def test_stored_funding_is_settled(tmp_path: Path) -> None:
    """Nothing is left out that is there: only the marks are."""
    rates = [f"{int((BEGIN + timedelta(hours=8 * n)).timestamp() * 1000)},0.0001" for n in range(61 * 3)]
    funding = "\n".join(("fundingTime,fundingRate", *rates)) + "\n"
    world(
        tmp_path,
        PLAIN.replace("htf: 4h", "htf: 1h"),
        (downloader(candles()), OWN),
        (funding, OWN.replace("trade", "funding")),
    )
    words = on_what_is_stored(tmp_path)
    assert words[-2:] == ["--set", "fills.mark_source=last"]
    assert "costs.funding=none" not in words


def test_a_hole_or_an_empty_store_has_no_such_command(tmp_path: Path) -> None:
    """What would not pass preflight is not named."""
    lines = downloader(candles()).splitlines(keepends=True)
    (tmp_path / "system.yml").write_text(PLAIN)
    assert "run on what is stored" not in say(tmp_path, "run").err
    world(tmp_path, PLAIN, ("".join(lines[:700] + lines[703:]), OWN))
    assert "run on what is stored" not in say(tmp_path, "run").err


def test_generated_candles_stand_in_for_no_venue(tmp_path: Path) -> None:
    """A system of a real venue is not sent to sample data."""
    small_world(tmp_path)
    (tmp_path / "system.yml").write_text(PLAIN)
    assert "run on what is stored" not in say(tmp_path, "run").err


def test_preflight_names_both_ways_for_machines_too(tmp_path: Path) -> None:
    """What repairs and what runs stand in the hint of the first problem, with the words that were said."""
    world(tmp_path, PLAIN, (downloader(candles()), OWN))
    first, *others = say(tmp_path, "preflight", "--set", "account.leverage=2", "--json").envelope["errors"]
    assert (
        "repair it with: btcli heal system.yml --window jan --set account.leverage=2; or run on what is stored: btcli"
        in (first["hint"])
    )
    assert all("run on what is stored" not in each["hint"] for each in others)


def test_a_repair_of_sample_data_generates_what_the_overrides_ask_for(tmp_path: Path) -> None:
    """The command that is printed mends what was refused, also where a timeframe was overridden."""
    small_world(tmp_path)
    refused = say(tmp_path, "run", "--set", "timeframes.htf=8h")
    assert refused.code == 1
    assert say(tmp_path, *shlex.split(printed(refused.err, "repair it with"))[1:]).code == 0
    assert say(tmp_path, "run", "--set", "timeframes.htf=8h").code == 0


def test_a_repair_of_sample_data_generates_the_dates_that_were_asked_for(tmp_path: Path) -> None:
    """Also dates that no window of the system has."""
    (tmp_path / "system.yml").write_text(SYSTEM)
    words = ("run", "--start", "2025-02-01", "--end", "2025-02-09")
    refused = say(tmp_path, *words)
    assert say(tmp_path, *shlex.split(printed(refused.err, "repair it with"))[1:]).code == 0
    assert say(tmp_path, *words).code == 0


@pytest.mark.parametrize("verb", ["delete", "forget", "export"])
def test_hints_name_the_store_that_was_named(tmp_path: Path, verb: str) -> None:
    """With --data and --env as they were given, quoted; and nothing where nothing was said."""
    out = ["out.csv"] if verb == "export" else []
    whose = [*out, *["--venue", "binance", "--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "1h"]]
    told = say(tmp_path, "data", verb, *whose, "--data", "my store", "--env", "demo", "--json").envelope["errors"][0]
    assert "btcli data list" in told["hint"]
    assert "--data 'my store' --env demo" in told["hint"]
    assert "--data" not in say(tmp_path, "data", verb, *whose, "--json").envelope["errors"][0]["hint"]


def test_a_missing_series_is_imported_into_the_store_that_was_named(tmp_path: Path) -> None:
    """The import that preflight names has the folder and the environment of the store."""
    (tmp_path / "system.yml").write_text(PLAIN + "env: demo\n")
    errors = say(tmp_path, "preflight", "--data", "my store", "--json").envelope["errors"]
    imports = [each["hint"] for each in errors if "btcli data import" in each["hint"]]
    assert len(imports) == 4
    assert all("--symbol BTCUSDT --data 'my store' --env demo" in hint for hint in imports)


def test_words_that_lack_an_option_are_completed(tmp_path: Path) -> None:
    """The very command with what it lacks, an example where there is a choice; a symbol only where it must be."""
    lacking = say(tmp_path, "data", "import", "my file.csv").err
    assert printed(lacking, "as in") == "btcli data import 'my file.csv' --venue binance --series trade"
    lacking = say(tmp_path, "data", "delete", "--symbol", "ETHUSDT").err
    assert printed(lacking, "as in") == "btcli data delete --symbol ETHUSDT --venue binance --series trade"
