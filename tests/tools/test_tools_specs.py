"""Specs from files become one dated snapshot, or nothing changes and file, place and way out are told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from command_line import process_that_is_over
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_answers import (
    AUGUST_5,
    binance_item,
    brackets,
    bybit_answer,
    bybit_tiers,
    exchange_info,
    library,
    saved,
)
from shared_data import shared
from wire.venue_shapes import bybit_item

from btcli.config.document import read_document
from btcli.config.specs.snapshots import read_snapshot
from btcli.config.specs.written import specs_findings
from btcli.errors import BtcliError, RequestError, StoreError, UnusableFiles
from btcli.market.store.where import Store
from btcli.sources.bybit.instruments import specs_of
from btcli.tools import ToolResult, registry_for
from btcli.tools.specs.snapshots import put_specs

OWN = """\
instruments:
  SOLUSDT:
    tick_size: 0.010
    qty_step: 0.1
    min_qty: 0.1
    max_qty: 5000
    tiers:
      - {limit_usdt: 500000, maintenance_rate: 0.01, max_leverage: 50}
      - {limit_usdt: 1000000, maintenance_rate: 0.02, max_leverage: 25}
"""
Specs = dict[str, Any]


def taken(folder: Path, *paths: Path, venue: str = "bybit", **more: Any) -> ToolResult:
    """The tool's result below `folder`/data; raises what it says."""
    return (
        registry_for(Store(folder / "data")).execute("import_instruments", paths=paths, venue=venue, **more).checked()
    )


def snapshot(folder: Path, name: str) -> Specs:
    """A snapshot file as it lies below `folder`/data."""
    return dict(json.loads((folder / "data" / "instruments" / name).read_text()))


def two_of_bybit(folder: Path, *symbols: str) -> tuple[Path, Path]:
    """Both of Bybit's answers for some symbols."""
    specs = saved(folder, "rules.json", bybit_answer(*map(bybit_item, symbols)))
    tiers = [tier for symbol in symbols for tier in bybit_tiers(symbol)]
    return specs, saved(folder, "tiers.json", bybit_answer(*tiers))


def test_the_two_answers_of_bybit_are_one_snapshot(tmp_path: Path) -> None:
    """Steps from one file, tiers from the other, smallest first, dated by the venue's clock, with both sources."""
    result = taken(tmp_path, *two_of_bybit(tmp_path, "BTCUSDT"))
    written = snapshot(tmp_path, "bybit-2026-08-05.json")
    assert (written["format"], written["venue"], written["as_of"]) == (1, "bybit", "2026-08-05")
    specs = written["instruments"]["BTCUSDT"]
    assert (specs["tick_size"], specs["qty_step"]) == ("0.10", "0.001")
    assert (specs["min_qty"], specs["max_qty"], specs["max_market_qty"]) == (0.001, 1190.0, 119.0)
    assert [tier["limit_usdt"] for tier in specs["tiers"]] == [2_000_000.0, 2_600_000.0]
    assert [tier["deduction_usdt"] for tier in specs["tiers"]] == [0.0, 1_200.0]
    assert specs["source"] == {
        "steps and sizes": "Bybit GET /v5/market/instruments-info, category linear, 2026-08-05",
        "tiers": "Bybit GET /v5/market/risk-limit, category linear, 2026-08-05",
    }
    assert (result.changed, result.rows, result.details["notes"]) == (True, 1, ())


def test_the_two_answers_of_binance_are_one_snapshot(tmp_path: Path) -> None:
    """The day is the server's; brackets say none, which is told and stands in the source."""
    specs = saved(tmp_path, "info.json", exchange_info(binance_item("BTCUSDT")))
    result = taken(tmp_path, specs, saved(tmp_path, "brackets.json", [brackets("BTCUSDT")]), venue="binance")
    written = snapshot(tmp_path, "binance-2022-02-19.json")["instruments"]["BTCUSDT"]
    assert (written["min_notional_usdt"], written["liquidation_fee_rate"]) == (10.0, 0.012)
    assert written["tiers"] == [
        {"limit_usdt": 50_000.0, "maintenance_rate": 0.004, "max_leverage": 125.0, "deduction_usdt": 0.0},
        {"limit_usdt": 600_000.0, "maintenance_rate": 0.005, "max_leverage": 100.0, "deduction_usdt": 50.0},
    ]
    assert "undated answer, taken as of 2022-02-19" in written["source"]["tiers"]
    assert result.details["notes"] == (
        "brackets.json does not say its day: taken to be of 2022-02-19, as the others are",
    )


def test_tiers_of_the_common_library_are_those_of_the_venue(tmp_path: Path) -> None:
    """By the market's name, with the venue's rows inside: the same snapshot as from the venue's own answer."""
    specs = saved(tmp_path, "rules.json", exchange_info(binance_item("BTCUSDT")))
    own = saved(tmp_path, "brackets.json", [brackets("BTCUSDT")])
    texts = [{key: str(value) for key, value in row.items()} for row in brackets("BTCUSDT")["brackets"]]
    other = library(**{"BTC/USDT:USDT": texts, "BTC/USDC:USDC": texts, "BTC/USDT:USDT-240628": texts})
    theirs = saved(tmp_path, "leverage_tiers.json", other)
    taken(tmp_path / "own", specs, own, venue="binance")
    result = taken(tmp_path / "theirs", specs, theirs, venue="binance")
    name = "binance-2022-02-19.json"
    assert snapshot(tmp_path / "own", name)["instruments"] == snapshot(tmp_path / "theirs", name)["instruments"]
    notes = result.details["notes"]
    assert "leverage_tiers.json: 2 of its symbols are no perpetuals settled in USDT, left out" in notes


def test_tiers_of_the_common_library_of_the_other_venue(tmp_path: Path) -> None:
    """Rows of risk-limit under the market's name are sorted as those of an answer are."""
    specs = saved(tmp_path, "rules.json", bybit_answer(bybit_item("BTCUSDT")))
    own = saved(tmp_path, "tiers.json", bybit_answer(*bybit_tiers("BTCUSDT")))
    theirs = saved(tmp_path, "leverage_tiers.json", library(**{"BTC/USDT:USDT": bybit_tiers("BTCUSDT")}))
    taken(tmp_path / "own", specs, own)
    taken(tmp_path / "theirs", specs, theirs)
    name = "bybit-2026-08-05.json"
    assert [tier["limit_usdt"] for tier in snapshot(tmp_path / "theirs", name)["instruments"]["BTCUSDT"]["tiers"]] == [
        2_000_000.0,
        2_600_000.0,
    ]
    mine, others = (snapshot(tmp_path / each, name)["instruments"]["BTCUSDT"]["tiers"] for each in ("own", "theirs"))
    assert mine == others


def test_one_symbol_of_brackets_and_an_accounts_own_are_understood(tmp_path: Path) -> None:
    """A single object is a list of one; brackets adjusted for an account are told to be so."""
    specs = saved(tmp_path, "info.json", exchange_info(binance_item("BTCUSDT")))
    tiers = saved(tmp_path, "brackets.json", brackets("BTCUSDT", notionalCoef=1.5))
    notes = taken(tmp_path, specs, tiers, venue="binance").details["notes"]
    assert notes[0] == "brackets.json: the brackets of BTCUSDT are those of one account"


def test_yaml_of_the_shape_of_a_system_file_is_a_snapshot(tmp_path: Path) -> None:
    """The specs stay as they are written; the day is the one given, the source the file's name."""
    taken(tmp_path, saved(tmp_path, "mine.yml", OWN), as_of="2024-01-31")
    specs = snapshot(tmp_path, "bybit-2024-01-31.json")["instruments"]["SOLUSDT"]
    assert (specs["tick_size"], specs["max_qty"], specs["source"]) == (0.01, 5000, "mine.yml")
    assert specs["tiers"][1] == {"limit_usdt": 1_000_000, "maintenance_rate": 0.02, "max_leverage": 25}


def test_specs_without_the_key_instruments_are_understood(tmp_path: Path) -> None:
    """Blocks under symbols alone will do, and a day that all of them name is theirs."""
    bare = "".join(line[2:] + "\n" for line in OWN.splitlines()[1:]) + "  as_of: 2024-02-29\n"
    taken(tmp_path, saved(tmp_path, "bare.yaml", bare))
    assert list(snapshot(tmp_path, "bybit-2024-02-29.json")["instruments"]) == ["SOLUSDT"]


def test_a_snapshot_comes_in_as_it_went_out(tmp_path: Path) -> None:
    """A snapshot file imported elsewhere gives the same snapshot."""
    taken(tmp_path / "one", *two_of_bybit(tmp_path, "BTCUSDT", "ETHUSDT"))
    taken(tmp_path / "two", tmp_path / "one" / "data" / "instruments" / "bybit-2026-08-05.json")
    name = "bybit-2026-08-05.json"
    assert snapshot(tmp_path / "two", name) == snapshot(tmp_path / "one", name)


def test_a_second_import_of_the_day_keeps_the_other_symbols(tmp_path: Path) -> None:
    """New, changed and unchanged symbols are counted, and those of an earlier import stay."""
    taken(tmp_path, *two_of_bybit(tmp_path, "BTCUSDT", "ETHUSDT"))
    again = taken(tmp_path, *two_of_bybit(tmp_path, "BTCUSDT"))
    assert (again.changed, again.message) == (
        False,
        "bybit rules of 2026-08-05: 1 as before, 1 beside them; nothing was written",
    )
    cheaper = bybit_item("BTCUSDT", priceFilter={"tickSize": "0.50"})
    changed = saved(tmp_path, "rules.json", bybit_answer(cheaper, bybit_item("SOLUSDT")))
    tiers = saved(tmp_path, "tiers.json", bybit_answer(*bybit_tiers("BTCUSDT"), *bybit_tiers("SOLUSDT")))
    assert "1 new, 1 changed, 1 beside them; written to" in taken(tmp_path, changed, tiers).message
    instruments = snapshot(tmp_path, "bybit-2026-08-05.json")["instruments"]
    assert {symbol: specs["tick_size"] for symbol, specs in instruments.items()} == {
        "BTCUSDT": "0.50",
        "ETHUSDT": "0.10",
        "SOLUSDT": "0.10",
    }


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """It says what would be new, and leaves no folder behind."""
    result = taken(tmp_path, *two_of_bybit(tmp_path, "BTCUSDT"), dry_run=True)
    assert (result.changed, result.message) == (False, "bybit rules of 2026-08-05: 1 new; nothing was written")
    assert not (tmp_path / "data").exists()


def test_symbols_without_their_other_half_are_left_out_and_told(tmp_path: Path) -> None:
    """Specs without tiers, tiers without specs, other contracts and further pages are said, not guessed."""
    future = bybit_item("BTC-26JUN26", contractType="LinearFutures")
    specs = bybit_answer(bybit_item("BTCUSDT"), bybit_item("XRPUSDT"), future, nextPageCursor="abc")
    tiers = bybit_answer(*bybit_tiers("BTCUSDT"), *bybit_tiers("ADAUSDT"))
    result = taken(tmp_path, saved(tmp_path, "rules.json", specs), saved(tmp_path, "tiers.json", tiers))
    assert list(result.details["rules"]) == ["BTCUSDT"]
    assert result.details["notes"] == (
        "rules.json: 1 of its symbols are no perpetuals settled in USDT, left out",
        "rules.json is one page of several: the venue has more symbols than are in it",
        "XRPUSDT have no risk tiers in these files: left out",
        "ADAUSDT have risk tiers alone in these files: left out",
    )


def test_only_the_symbols_asked_for(tmp_path: Path) -> None:
    """A broken or unwanted symbol beside them is no matter of the snapshot; one that is not there is refused."""
    paths = two_of_bybit(tmp_path, "BTCUSDT", "ETHUSDT")
    assert list(taken(tmp_path, *paths, symbols=["ETHUSDT"]).details["rules"]) == ["ETHUSDT"]
    with pytest.raises(UnusableFiles, match=r"^XYZUSDT: no rules with risk tiers in these files"):
        taken(tmp_path, *paths, symbols=["ETHUSDT", "XYZUSDT"])


@pytest.mark.parametrize(
    ("times", "as_of", "said"),
    [
        ((0, 0), None, "of which day are they? rules.json does not say (tell it, as in --as-of 2024-01-31)"),
        ((AUGUST_5, AUGUST_5), "2026-08-04", ".json is of 2026-08-05, --as-of says 2026-08-04 (leave"),
        (
            (AUGUST_5, AUGUST_5 - 1),
            None,
            "the files are of several days: tiers.json is of 2026-08-04, rules.json is of",
        ),
        ((0, 0), "2026-02-30", "--as-of '2026-02-30' is not a day (as in --as-of 2024-01-31)"),
        ((0, 0), "2026-02", "--as-of '2026-02' is not a day"),
        ((0, 0), "today", "--as-of 'today' is not a day"),
    ],
)
def test_the_day_is_never_guessed(tmp_path: Path, times: tuple[int, int], as_of: str | None, said: str) -> None:
    """No day, a contradiction or no date at all is refused; the clock is not asked."""
    specs = saved(tmp_path, "rules.json", bybit_answer(bybit_item("BTCUSDT"), time=times[0]))
    tiers = saved(tmp_path, "tiers.json", bybit_answer(*bybit_tiers("BTCUSDT"), time=times[1]))
    with pytest.raises(RequestError) as caught:
        taken(tmp_path, specs, tiers, as_of=as_of)
    assert said in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_a_day_given_settles_files_of_two_days(tmp_path: Path) -> None:
    """Answers saved around midnight are of the one that is named, if it is one of theirs."""
    specs = saved(tmp_path, "rules.json", bybit_answer(bybit_item("BTCUSDT")))
    tiers = saved(tmp_path, "tiers.json", bybit_answer(*bybit_tiers("BTCUSDT"), time=AUGUST_5 - 1))
    assert taken(tmp_path, specs, tiers, as_of="2026-08-04").details["day"] == "2026-08-04"


def _lacking(item: Specs, *keys: str) -> Specs:
    *above, last = keys
    node = item
    for key in above:
        node = node[key]
    del node[last]
    return item


BAD_FILES: dict[str, tuple[str, Callable[[], Any], str]] = {
    "cut off": (
        "rules.json",
        lambda: json.dumps(bybit_answer(bybit_item("BTCUSDT")), indent=1)[:60],
        "rules.json:5:14 is no complete JSON: Expecting value (save it anew; ",
    ),
    "empty": ("rules.json", lambda: "", "rules.json:1:1 is no complete JSON: "),
    "twice": ("rules.json", lambda: '{"a": 1, "a": 2}', "rules.json has the key a twice in one object"),
    "not a number": ("rules.json", lambda: '{"a": NaN}', "rules.json has NaN, which is no number"),
    "something else": ("rules.json", lambda: {"hello": 1}, "rules.json holds no trading rules that are known here"),
    "a list": ("rules.json", lambda: [1, 2], "rules.json holds no trading rules that are known here"),
    "an error": (
        "rules.json",
        lambda: {"retCode": 10001, "retMsg": "Illegal category", "result": {}, "time": AUGUST_5},
        "rules.json is an error of bybit: 10001 (Illegal category) (save the whole answer to GET /v5/market/instr",
    ),
    "nothing in it": ("rules.json", bybit_answer, "rules.json lists nothing under result.list"),
    "another category": (
        "rules.json",
        lambda: bybit_answer(bybit_item("BTCUSD"), category="inverse"),
        "rules.json is of category inverse",
    ),
    "a lacking field": (
        "rules.json",
        lambda: bybit_answer(bybit_item("BTCUSDT"), _lacking(bybit_item("ETHUSDT"), "priceFilter", "tickSize")),
        "rules.json result.list[1] (ETHUSDT) there is no priceFilter.tickSize (save the answer anew",
    ),
    "a field lacking everywhere": (
        "rules.json",
        lambda: bybit_answer(*(_lacking(bybit_item(coin), "settleCoin") for coin in ("AAUSDT", "BBUSDT", "CCUSDT"))),
        "rules.json result.list[0] (AAUSDT) there is no settleCoin (and in 2 other rows) (save the answer anew",
    ),
    "words for a number": (
        "rules.json",
        lambda: bybit_answer(*bybit_tiers("BTCUSDT"), {**bybit_tiers("BTCUSDT")[0], "maxLeverage": "high"}),
        "rules.json result.list[2] (BTCUSDT) a value is not a decimal number",
    ),
    "no object": (
        "rules.json",
        lambda: bybit_answer(bybit_item("BTCUSDT"), 5),
        "rules.json result.list[1] there is no",
    ),
    "a time of no clock": (
        "rules.json",
        lambda: bybit_answer(bybit_item("BTCUSDT"), time=-5),
        "rules.json '-5' is no time in milliseconds",
    ),
    "the other venue": (
        "rules.json",
        lambda: exchange_info(binance_item("BTCUSDT")),
        "rules.json holds rules of binance, asked for are those of bybit",
    ),
    "an error of binance": (
        "rules.json",
        lambda: {"code": -2014, "msg": "API-key format invalid."},
        "rules.json is an error of binance: -2014 (API-key format invalid.)",
    ),
    "an answer of another venue": (
        "rules.json",
        lambda: {"code": "0", "msg": "", "data": [{"instId": "BTC-USDT-SWAP", "ctVal": "0.01"}]},
        "rules.json holds no trading rules that are known here",
    ),
    "an answer of a third venue": (
        "rules.json",
        lambda: {"code": "00000", "msg": "success", "data": [{"symbol": "BTCUSDT", "sizeMultiplier": "0.001"}]},
        "rules.json holds no trading rules that are known here",
    ),
    "tiers of the library without the venue's rows": (
        "tiers.json",
        lambda: library(BTCUSDT=[{}]),
        "tiers.json holds no trading rules that are known here",
    ),
    "one half": (
        "rules.json",
        lambda: bybit_answer(bybit_item("BTCUSDT")),
        "there are rules without risk tiers in these files (name both files in one import: the answers to /v5/",
    ),
    "the other half": (
        "tiers.json",
        lambda: bybit_answer(*bybit_tiers("BTCUSDT")),
        "there are risk tiers without the rules in these files (name both files",
    ),
    "yaml that is none": ("mine.yml", lambda: "a: [1", "mine.yml:1:4 syntax: "),
    "a misspelt key": (
        "mine.yml",
        lambda: OWN.replace("tick_size", "tik_size"),
        "mine.yml:3:5 instruments.SOLUSDT.tik_size: unknown key (did you mean tick_size?)",
    ),
    "tiers that fall": (
        "mine.yml",
        lambda: OWN.replace("limit_usdt: 1000000", "limit_usdt: 400000"),
        "mine.yml:7:5 instruments.SOLUSDT.tiers: limits must rise, 400000 follows 500000",
    ),
    "an unread key": (
        "mine.yml",
        lambda: "asof: 2024-01-01\n" + OWN,
        "mine.yml:1:1 asof: unknown key (did you mean as_of?)",
    ),
    "a misspelt key of a bare file": (
        "mine.yml",
        lambda: OWN.replace("instruments:\n", "").replace("min_qty: 0.1", "min_qty: 0.15"),
        "mine.yml:4:5 SOLUSDT.min_qty: 0.15 is not a multiple of qty_step 0.1",
    ),
    "no rules": ("mine.yml", lambda: "instruments: {}\n", "mine.yml:1:1 instruments: expected rules by symbol"),
    "another format": ("mine.yml", lambda: "format: 2\n" + OWN, "mine.yml:1:1 format: 2 is not a format known here"),
    "another venue": ("mine.yml", lambda: "venue: binance\n" + OWN, "mine.yml holds rules of binance"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_its_place(tmp_path: Path, case: str) -> None:
    """Every kind of bad file says which it is, where, what was expected or what to do; no folder is made."""
    name, content, said = BAD_FILES[case]
    path = saved(tmp_path, name, content())
    with pytest.raises(BtcliError) as caught:
        taken(tmp_path, path, as_of=None if name.endswith("json") else "2024-01-31")
    assert str(caught.value).replace(f"{tmp_path}{os.sep}", "").startswith(said)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "data").exists()


def test_all_bad_files_are_told_at_once(tmp_path: Path) -> None:
    """Two bad files among three are two problems; the good one is not taken alone."""
    good = saved(tmp_path, "mine.yml", OWN)
    missing = tmp_path / "missing.json"
    with pytest.raises(UnusableFiles) as caught:
        taken(tmp_path, saved(tmp_path, "bad.json", "{"), good, missing, as_of="2024-01-31")
    assert [problem.where.rpartition(os.sep)[2] for problem in caught.value.problems] == [
        "bad.json:1:2",
        "missing.json",
    ]
    assert "No such file" in caught.value.problems[1].message
    assert not (tmp_path / "data").exists()


def test_figures_that_make_no_sense_together_name_the_symbol(tmp_path: Path) -> None:
    """A saved answer whose sizes are off its own step is refused before anything is written."""
    lots = {**bybit_item("BTCUSDT")["lotSizeFilter"], "minOrderQty": "0.0015"}
    specs = saved(tmp_path, "rules.json", bybit_answer(bybit_item("BTCUSDT", lotSizeFilter=lots)))
    with pytest.raises(UnusableFiles) as caught:
        taken(tmp_path, specs, saved(tmp_path, "tiers.json", bybit_answer(*bybit_tiers("BTCUSDT"))))
    assert str(caught.value).startswith("rules.json, tiers.json: BTCUSDT.min_qty: 0.0015 is not a multiple of qty_step")


def test_two_files_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    """The same symbol told twice is fine when both say the same."""
    specs, tiers = two_of_bybit(tmp_path, "BTCUSDT")
    other = bybit_answer(bybit_item("BTCUSDT", priceFilter={"tickSize": "0.20"}))
    assert taken(tmp_path, specs, specs, tiers, dry_run=True).ok
    with pytest.raises(UnusableFiles, match=r"rules.json and other.json say different rules of BTCUSDT"):
        taken(tmp_path, specs, saved(tmp_path, "other.json", other), tiers)


def test_something_else_at_the_place_is_not_replaced(tmp_path: Path) -> None:
    """A file there that is no snapshot stays, and the way out is told."""
    way = saved(tmp_path, "data/instruments/bybit-2026-08-05.json", "my notes")
    with pytest.raises(StoreError, match="lies in the way"):
        taken(tmp_path, *two_of_bybit(tmp_path, "BTCUSDT"))
    assert way.read_text() == "my notes"


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses half way, what was there is there, and nothing else."""
    path = tmp_path / "bybit-2024-01-01.json"
    put_specs(path, "bybit", "2024-01-01", {"BTCUSDT": {"tick_size": "0.1"}})
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        put_specs(path, "bybit", "2024-01-01", {"BTCUSDT": {"tick_size": "0.2"}})
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_a_draft_of_another_process_that_may_not_be_removed_is_no_failure(tmp_path: Path) -> None:
    """The file is placed, and so it is told; what lies in the draft's place here is a folder."""
    over = process_that_is_over()
    path = tmp_path / "bybit-2024-01-01.json"
    (tmp_path / f".{path.name}.{over}").mkdir()
    put_specs(path, "bybit", "2024-01-01", {"BTCUSDT": {"tick_size": "0.1"}})
    assert path.is_file()


def test_an_unknown_venue_is_refused(tmp_path: Path) -> None:
    """The venues are named."""
    with pytest.raises(RequestError, match=r"'okx' is not a venue .one of bybit, binance, sample"):
        taken(tmp_path, *two_of_bybit(tmp_path, "BTCUSDT"), venue="okx")


def places_in(tree: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a tree, its own first."""
    below = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [above, *(place for key, value in below for place in places_in(value, (*above, key)))]


def changed_at(tree: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy with one value replaced."""
    if not place:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[place[0]] = changed_at(tree[place[0]], place[1:], value)
    return copy


WHOLE_FILES: dict[str, Any] = {
    "bybit rules": bybit_answer(bybit_item("BTCUSDT"), bybit_item("ETHUSDT")),
    "bybit tiers": bybit_answer(*bybit_tiers("BTCUSDT"), *bybit_tiers("ETHUSDT")),
    "binance rules": exchange_info(binance_item("BTCUSDT")),
    "binance tiers": [brackets("BTCUSDT", notionalCoef=1)],
    "own": {
        "format": 1,
        "venue": "bybit",
        "as_of": "2024-01-31",
        "instruments": {"SOLUSDT": {**read_document(OWN).tree["instruments"]["SOLUSDT"], "source": {"all": "me"}}},
    },
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False) | st.text(max_size=5)
    | st.sampled_from(["0", "-1", "1e400", "0.1", "USDT", "2024-01-31", "1/2"]),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=5), each, max_size=2),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=400)
@given(data=st.data(), which=st.sampled_from(sorted(WHOLE_FILES)), value=ANYTHING)
def test_no_file_whatever_is_a_bug(data: st.DataObject, which: str, value: Any) -> None:
    """With any one value of any file replaced by anything, it is taken or refused as a wrong request."""
    venue = which.partition(" ")[0]
    names = [name for name in WHOLE_FILES if name.startswith(venue)]
    place = data.draw(st.sampled_from(places_in(WHOLE_FILES[which])))
    with TemporaryDirectory() as folder:
        paths = [
            saved(
                Path(folder),
                f"{name}.json",
                changed_at(WHOLE_FILES[name], place, value) if name == which else WHOLE_FILES[name],
            )
            for name in names
        ]
        registry = registry_for(Store(Path(folder) / "data"))
        venue = "bybit" if venue == "own" else venue
        result = registry.execute("import_instruments", paths=paths, venue=venue)
        if result.error is None:
            assert specs_findings(read_snapshot(result.details["path"]).specs) == []
        else:
            assert isinstance(result.error, RequestError)
            assert not (Path(folder) / "data").exists()


def payload(folder: Path, name: str) -> Path:
    """A recorded answer out of its wrapping, as somebody would have saved it."""
    wrapped = json.loads(shared(f"wire/{name}").read_text())
    return saved(folder, Path(name).name, wrapped["payload"])


def test_recorded_answers_of_bybit_make_the_packaged_tiers(tmp_path: Path) -> None:
    """The recorded rows of four symbols and the tiers of two give two symbols; BTCUSDT has its 35 tiers."""
    specs = payload(tmp_path, "bybit/recorded_instruments-info_linear_4.json")
    tiers = [
        payload(tmp_path, f"bybit/snapshot_risk-limit_linear_{coin}USDT_2026-08-05.json") for coin in ("BTC", "ADA")
    ]
    found = taken(tmp_path, specs, *tiers).details["rules"]
    assert {symbol: len(each["tiers"]) for symbol, each in found.items()} == {
        "ADAUSDT": len(found["ADAUSDT"]["tiers"]),
        "BTCUSDT": 35,
    }
    assert found["BTCUSDT"]["tiers"][1]["deduction_usdt"] == 1_200.0
    assert (found["BTCUSDT"]["max_market_qty"], found["ADAUSDT"]["tiers"][0]["maintenance_rate"]) == (119.0, 0.0075)


def test_the_documented_answer_of_binance_is_understood(tmp_path: Path) -> None:
    """The documented exchangeInfo with the published brackets gives BTCUSDT its twelve tiers."""
    specs = payload(tmp_path, "binance/docs_exchange_info.json")
    published = json.loads(shared("data/meta/binance_leverage_tiers.json").read_text())["BTC/USDT:USDT"]
    rows = [tier["info"] for tier in published]  # digits in quotes
    tiers = saved(tmp_path, "brackets.json", [{"symbol": "BTCUSDT", "brackets": rows}])
    result = taken(tmp_path, specs, tiers, venue="binance")
    found = result.details["rules"]["BTCUSDT"]
    assert (result.details["day"], found["liquidation_fee_rate"], len(found["tiers"])) == ("2022-02-19", 0.012, 12)
    assert found["tiers"][11]["deduction_usdt"] == 421_481_450.0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bybit/recorded_v3_instruments-info_linear_202.json", "holds no trading rules that are known here"),
        ("bybit/docs_instrument.json", "holds no trading rules that are known here"),
        ("bybit/recorded_instruments-info_inverse_all.json", "there is no maxMktOrderQty"),
    ],
)
def test_older_answers_are_refused_not_completed(tmp_path: Path, name: str, said: str) -> None:
    """An answer of an older version of the page lacks figures that nobody may make up."""
    with pytest.raises(UnusableFiles) as caught:
        taken(tmp_path, payload(tmp_path, name), as_of="2023-02-01")
    assert said in caught.value.problems[0].message


def test_bybits_funding_limits_become_the_cap() -> None:
    """The larger of the printed limits, without its sign; an answer without them leaves the cap unknown."""
    both = bybit_item("BTCUSDT", upperFundingRate="0.00375", lowerFundingRate="-0.005")
    assert specs_of(both)["funding_cap_rate"] == 0.005
    assert specs_of(bybit_item("BTCUSDT", upperFundingRate="0.01"))["funding_cap_rate"] == 0.01
    assert "funding_cap_rate" not in specs_of(bybit_item("BTCUSDT"))
