"""Dated specs on the command line: what is shown of them, how they come in, and what a run says of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import SYSTEM, Said, inside, only_run, say, small_world

from btcli.artifacts.comparison import compared_files

TIERS = [
    {"limit_usdt": 2_000_000, "maintenance_rate": 0.005, "initial_rate": 0.01, "max_leverage": 100},
    {"limit_usdt": 9_000_000, "maintenance_rate": 0.0125, "initial_rate": 0.05, "max_leverage": 20},
]
SPECS: dict[str, Any] = {
    "tick_size": "0.5",
    "qty_step": "0.01",
    "min_qty": 0.01,
    "max_qty": 1500,
    "max_market_qty": 120,
    "min_notional_usdt": 5,
    "tiers": TIERS,
    "source": {"steps": "a page", "tiers": "another [page]"},
}


def snapshot(as_of: str, **specs: Any) -> dict[str, Any]:
    """A snapshot of Bybit's specs."""
    return {"format": 1, "venue": "bybit", "as_of": as_of, "instruments": specs or {"BTCUSDT": SPECS}}


def at_width(folder: Path, columns: int, *words: object) -> Said:
    """`btcli WORDS` on a screen of so many columns."""
    from btcli.cli.edge.main import answered

    out, err = StringIO(), StringIO()
    with inside(folder), redirect_stdout(out), redirect_stderr(err):
        os.environ["COLUMNS"] = str(columns)
        code = answered([str(word) for word in words])
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with one snapshot of the user's below data/instruments."""
    (tmp_path / "mine.json").write_text(json.dumps(snapshot("2024-02-03")))
    assert say(tmp_path, "data", "instruments", "import", "mine.json", "--venue", "bybit").code == 0
    return tmp_path


def test_every_snapshot_is_listed(project: Path) -> None:
    """Those that came with btcli and those below the data folder, with day, age, symbols, digest, source and place."""
    shown = say(project, "data", "instruments")
    assert (shown.code, shown.err) == (0, "")
    assert len(re.findall(r"^(?:binance|bybit|sample) .* packaged *$", shown.out, re.MULTILINE)) == 6  # table and block
    (row,) = (line for line in shown.out.splitlines() if re.match(r"bybit +2024-02-03 +[\d,]+ days", line))
    assert row.rstrip().endswith("data/instruments/bybit-2024-02-03.json")
    assert "steps: a page; tiers: another [page]" in shown.out


def test_the_listing_is_data_too(project: Path) -> None:
    """In JSON each snapshot has its venue, day, age, path, digest, symbols and sources."""
    rows = say(project, "data", "instruments", "--venue", "bybit", "--json").envelope["data"]["snapshots"]
    mine, packaged = rows
    assert (mine["as_of"], mine["packaged"], mine["symbols"]) == ("2024-02-03", False, ["BTCUSDT"])
    assert (mine["path"], mine["sources"]) == (
        "data/instruments/bybit-2024-02-03.json",
        ["steps: a page; tiers: another [page]"],
    )
    assert re.fullmatch("[0-9a-f]{64}", mine["sha256"])
    assert mine["age_days"] - packaged["age_days"] == 914  # 2024-02-03 to 2026-08-05
    assert (packaged["packaged"], packaged["symbols"]) == (True, ["BTCUSDT", "ETHUSDT"])


def test_a_symbol_shows_all_its_specs(project: Path) -> None:
    """Steps, sizes, the venue's fees and each tier, in every snapshot that has the symbol."""
    shown = say(project, "data", "instruments", "--venue", "bybit", "--symbol", "BTCUSDT").out
    mine = shown[: shown.index("packaged")]
    for said in ("0.5 USDT", "0.01", "1,500", "120", "5 USDT", "0.055 %", "0.02 %", "2, up to 100x", "2024-02-03"):
        assert said in mine
    assert re.search(r"9,000,000 +1\.25 % +5\.00 % +20x +15,000", mine)  # 2,000,000 * (0.0125 - 0.005)
    assert "another [page]" in mine
    asked = say(project, "data", "instruments", "--venue", "bybit", "--symbol", "BTCUSDT", "--json").envelope
    specs = asked["data"]["snapshots"][0]["rules"]
    assert (specs["tick_size"], specs["taker_fee_rate"], specs["tiers"][1]["deduction_usdt"]) == (
        "0.5",
        0.00055,
        15_000.0,
    )


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_line_is_wider_than_the_screen(project: Path, columns: int) -> None:
    """Tables fit; only paths, which must be copied whole, may be longer."""
    for words in ((), ("--symbol", "BTCUSDT")):
        lines = at_width(project, columns, "data", "instruments", *words).out.splitlines()
        assert [line for line in lines if len(line) > columns and " " in line.strip()] == []


def test_an_unknown_symbol_or_venue_is_a_wrong_request(project: Path) -> None:
    """Exit code 2, with the nearest symbol there is, and the venues by name."""
    symbol = say(project, "data", "instruments", "--symbol", "BTCUSD")
    assert (symbol.code, "no snapshot has rules of BTCUSD" in symbol.err) == (2, True)
    assert "did you mean BTCUSDT?" in symbol.err
    assert say(project, "data", "instruments", "--venue", "okx").code == 2


def test_a_broken_snapshot_is_told_and_the_others_shown(project: Path) -> None:
    """Files that are no snapshot, or of no venue, are warnings with their place; figures without sense as well."""
    folder = project / "data" / "instruments"
    (folder / "broken.json").write_text("{")
    (folder / "nobody.json").write_text(json.dumps({**snapshot("2024-01-01"), "venue": ""}))
    wrong = snapshot("2024-01-01", BTCUSDT={**SPECS, "min_qty": 0.015})
    (folder / "wrong.json").write_text(json.dumps(wrong))
    shown = say(project, "data", "instruments", "--symbol", "BTCUSDT", "--json")
    warnings = shown.envelope["warnings"]
    assert shown.code == 0
    assert warnings[0].startswith("data/instruments/broken.json: Expecting property name")
    assert warnings[1] == "data/instruments/nobody.json: is of no venue known here (it names none)"
    assert warnings[2] == "data/instruments/wrong.json: BTCUSDT.min_qty: 0.015 is not a multiple of qty_step 0.01"


def test_an_import_names_the_line_that_uses_it(tmp_path: Path) -> None:
    """What came in, where it lies, and the line for the system file; the call of the tool stands in the JSON."""
    (tmp_path / "mine.json").write_text(json.dumps(snapshot("2024-02-03")))
    words = ("data", "instruments", "import", "mine.json", "--venue", "bybit")
    dry = say(tmp_path, *words, "--dry-run")
    assert (dry.code, "nothing was written" in dry.out, "instruments: " in dry.out) == (0, True, False)
    assert not (tmp_path / "data").exists()
    done = say(tmp_path, *words)
    assert done.out.splitlines()[-1] == "instruments: data/instruments/bybit-2024-02-03.json"
    again = say(tmp_path, *words, "--json").envelope
    assert (again["command"], again["data"]["as_of"]) == ("data instruments import", "2024-02-03")
    (call,) = again["data"]["tools"]
    assert (call["name"], call["arguments"]["paths"], call["rows"]) == ("import_instruments", ["mine.json"], 0)


def test_a_bad_file_is_refused_on_the_screen_and_in_json(tmp_path: Path) -> None:
    """Exit code 2 with file and place, and nothing written."""
    (tmp_path / "mine.json").write_text('{"format": 1,')
    words = ("data", "instruments", "import", "mine.json", "--venue", "bybit")
    shown, asked = say(tmp_path, *words), say(tmp_path, *words, "--json").envelope
    assert (shown.code, "The files cannot be used" in shown.err, shown.out) == (2, True, "")
    assert (asked["errors"][0]["code"], asked["errors"][0]["where"]) == ("UnusableFiles", "mine.json:1:14")
    assert not (tmp_path / "data").exists()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world with one run by the packaged specs; tests take a copy."""
    folder = small_world(tmp_path_factory.mktemp("rules"))
    assert say(folder, "run").code == 0
    return folder


@pytest.fixture
def world(ran: Path, tmp_path: Path) -> Path:
    """A copy of that world."""
    return Path(shutil.copytree(ran, tmp_path / "world"))


def recorded(run: Path) -> list[dict[str, Any]]:
    """What a manifest says of the specs."""
    return list(json.loads((run / "run_manifest.json").read_text())["environment"]["instruments"])


def line_of(shown: str) -> str:
    """The line of a summary on instruments."""
    return next(line for line in shown.splitlines() if line.strip().startswith("Instruments")).split(None, 1)[1].strip()


def test_a_run_by_the_packaged_specs_says_so(world: Path) -> None:
    """The manifest has the packaged file with its digest and age; sample data's specs are of no telling age."""
    (used,) = recorded(only_run(world))
    assert (used["origin"], used["venue"], used["file"]) == ("packaged", "sample", "sample.json")
    assert (used["as_of"], used["symbols"], used["days_beyond_window"]) == ("2024-01-01", ["BTCUSDT"], 0)
    assert used["age_days"] > 0
    listed = say(world, "data", "instruments", "--venue", "sample", "--json").envelope["data"]["snapshots"]
    assert used["sha256"] == listed[0]["sha256"]
    assert line_of(say(world, "show", "latest", "--full").out) == "packaged sample snapshot of 2024-01-01"


@pytest.mark.parametrize(
    ("as_of", "beyond", "said"),
    [
        ("2024-02-03", 3, "dated 3 days after the window: later rules tested on the past"),
        ("2024-01-15", 0, "dated within the window"),
        ("2023-12-30", -2, "dated 2 days before the window"),
    ],
)
def test_a_run_by_an_imported_snapshot_says_how_old_it_is(world: Path, as_of: str, beyond: int, said: str) -> None:
    """A run takes the line that the import shows, and tells the snapshot, its age and how it lies to the window."""
    (world / "mine.json").write_text(json.dumps(snapshot(as_of)))
    line = say(world, "data", "instruments", "import", "mine.json", "--venue", "bybit").out.splitlines()[-1]
    (world / "system.yml").write_text(SYSTEM + line + "\n")
    done = say(world, "run", "--json").envelope
    (used,) = done["data"]["instruments"]
    assert (used["origin"], used["venue"], used["as_of"], used["days_beyond_window"]) == (
        "file",
        "bybit",
        as_of,
        beyond,
    )
    assert (used["file"], recorded(world / done["data"]["run_dir"])) == (f"data/instruments/bybit-{as_of}.json", [used])
    listed = say(world, "data", "instruments", "--venue", "bybit", "--json").envelope["data"]["snapshots"]
    assert used["sha256"] == next(each["sha256"] for each in listed if not each["packaged"])
    age = f"{used['age_days']:,} days old"
    assert line_of(say(world, "show", done["data"]["run_id"], "--full").out) == (
        f"bybit snapshot of {as_of} in data/instruments/bybit-{as_of}.json, {age}, {said}"
    )
    assert say(world, "replay", done["data"]["run_id"]).out.splitlines()[-1] == "replay: identical"


def test_specs_in_the_config_are_told_as_such(world: Path) -> None:
    """Inline specs with a day have an age, those without are undated; others beside them are told by symbol."""
    specs = f"instruments: {{BTCUSDT: {json.dumps({**SPECS, 'source': 'me'})}}}\n"
    (world / "system.yml").write_text(SYSTEM + specs)
    assert line_of(say(world, "run", "--full").out) == "rules in the config, undated"
    dated = specs.replace('"source"', '"as_of": "2024-01-10", "source"')
    (world / "system.yml").write_text(SYSTEM + dated)
    assert re.fullmatch(
        r"rules in the config as of 2024-01-10, [\d,]+ days old, dated within the window",
        line_of(say(world, "run", "--full").out),
    )


def test_the_age_is_in_no_file_that_is_compared(world: Path) -> None:
    """On another day the same inputs give the same bytes: of the specs' age only the manifest speaks."""
    first = only_run(world)
    compared = compared_files(first, first)
    for name in compared:
        content = (first / name).read_text()
        assert "age_days" not in content
        assert "beyond_window" not in content
    before = {name: (first / name).read_bytes() for name in compared}
    assert "identical" in say(world, "run").out
    assert {name: (only_run(world) / name).read_bytes() for name in compared} == before
