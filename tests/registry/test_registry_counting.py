"""How many results there are on the same data."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.registry.counting import Count, Counting
from btcli.registry.records import Registry, Tried, add_to, read_registry
from btcli.registry.where import registries_around, registry_of

DAY = 86_400_000


def tried(
    by: str, *results: str, days: tuple[int, int] = (0, 100), symbols: str = "BTCUSDT", venue: str = "bybit"
) -> Tried:
    """What somebody tried, on days counted from 1970."""
    return Tried(
        venue, tuple(symbols.split()), days[0] * DAY, days[1] * DAY, by, results, at="2026-01-01T00:00:00.000Z"
    )


def count(like: Tried, *others: Tried) -> Count | None:
    """The place of the last result of `like` behind others."""
    return Counting(Registry(Path("trials.jsonl"), (*others, like))).of(like)


def test_results_on_the_same_data_are_counted_in_their_order() -> None:
    """The third of three; what comes later does not change the place, but how many there are."""
    first, second, third = tried("run a", "x"), tried("run b", "y"), tried("run c", "z")
    assert count(third, first, second) == (3, 3)
    registry = Registry(Path("trials.jsonl"), (first, second, third))
    assert Counting(registry).of(first) == (1, 3)


def test_the_same_result_counts_once() -> None:
    """Made again, under another name, or as a trial of a sweep: it is the one that it was."""
    assert count(tried("run b", "x"), tried("run a", "x")) == (1, 1)
    assert count(tried("run b", "y"), tried("sweep s 0", "x", "y", "z")) == (2, 3)
    assert count(tried("sweep s 0", "x", "y", "z"), tried("run a", "y")) == (3, 3)


def test_the_order_of_symbols_makes_no_other_result() -> None:
    """The same end, equity and trades of the same markets are one result, in whichever order they are named."""
    assert count(tried("run b", "x", symbols="BTCUSDT ETHUSDT"), tried("run a", "x", symbols="ETHUSDT BTCUSDT")) == (
        1,
        1,
    )
    assert count(tried("run b", "x", symbols="BTCUSDT ETHUSDT"), tried("run a", "x", symbols="BTCUSDT")) == (2, 2)


def test_results_on_several_markets_are_counted_together_each_once() -> None:
    """Two on one market, one on another, and one that is on both; what lies beside them is not counted."""
    btc, eth = tried("sweep s 1", "x", "y"), tried("sweep s 2", "z", symbols="ETHUSDT")
    both, other = tried("run b", "w", symbols="BTCUSDT ETHUSDT"), tried("run o", "v", symbols="SOLUSDT")
    counting = Counting(Registry(Path("trials.jsonl"), (btc, eth, both, other)))
    assert counting.on_data_of([btc, eth]) == 4
    assert counting.on_data_of([eth]) == 2
    assert counting.on_data_of([]) == 0
    elsewhere = tried("sweep s 3", "x", "y", venue="binance")
    assert Counting(Registry(Path("trials.jsonl"), (btc, elsewhere))).on_data_of([btc, elsewhere]) == 4


def test_what_another_window_came_to_is_another_result() -> None:
    """Two windows in which nothing was traded end in the same figures, and are two looks at data."""
    assert count(tried("run b", "x", days=(0, 100)), tried("run a", "x", days=(0, 99))) == (2, 2)


@pytest.mark.parametrize(
    ("other", "pools"),
    [
        (tried("run o", "o", days=(0, 51)), True),
        (tried("run o", "o", days=(0, 50)), False),
        (tried("run o", "o", days=(49, 149)), True),
        (tried("run o", "o", days=(50, 150)), False),
        (tried("run o", "o", days=(-1000, 1000)), True),
        (tried("run o", "o", days=(100, 200)), False),
        (tried("run o", "o", symbols="ETHUSDT"), False),
        (tried("run o", "o", symbols="ETHUSDT BTCUSDT"), True),
        (tried("run o", "o", venue="binance"), False),
    ],
)
def test_results_pool_by_venue_symbol_and_more_than_half_of_the_window(other: Tried, pools: bool) -> None:
    """The window is that of the run that is looked at: [day 0, day 100)."""
    assert count(tried("run a", "x"), other) == ((2, 2) if pools else (1, 1))


def test_a_run_without_a_result_of_its_own_has_no_place() -> None:
    """What the registry does not know is not counted."""
    assert Counting(Registry(Path("trials.jsonl"), (tried("run a", "x"),))).of(tried("run b", "y")) is None


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=4), max_size=8))
def test_the_count_is_that_of_distinct_results(made: list[list[str]]) -> None:
    """Whatever was made in which order and how often."""
    lines = [tried(f"run {number}", *results) for number, results in enumerate(made)]
    last = tried("run last", "z")
    distinct = {result for results in made for result in results}
    assert count(last, *lines) == (len(distinct) + 1, len(distinct) + 1)


def test_what_was_counted_is_read_back(tmp_path: Path) -> None:
    """A line is the record that was added; one that says less than it must is named, and counts for nothing."""
    path = tmp_path / "trials.jsonl"
    first = replace(tried("run a", "x", symbols="BTCUSDT ETHUSDT"), after_reveal=True)
    add_to(path, [first])
    with path.open("a") as file:
        file.write('{"schema":1,"kind":"tried","venue":"bybit"}\n{"kind":"new"}\n{"kind":"tried","results":3}\n')
    add_to(path, [tried("run b", "y")])
    found = read_registry(path)
    assert found.tried == (first, tried("run b", "y"))
    assert [each.partition(": ")[0] for each in found.damaged] == [f"{path}:{number}" for number in (2, 3, 4)]


def test_a_line_of_a_newer_schema_is_named_and_counts_for_nothing(tmp_path: Path) -> None:
    """What it means now nobody knows, whatever its form."""
    path = tmp_path / "trials.jsonl"
    add_to(path, [tried("run a", "x"), tried("run b", "y")])
    first, second = path.read_text().splitlines()
    newer, without = second.replace('"schema":1', '"schema":2'), second.replace('"schema":1,', "")
    path.write_text(f"{first}\n{newer}\n{without}\n")
    found = read_registry(path)
    assert found.tried == (tried("run a", "x"),)
    assert found.damaged == (
        f"{path}:2: has schema 2, this btcli reads 1",
        f"{path}:3: has schema None, this btcli reads 1",
    )


def test_the_registry_is_found_upward_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest one, else the nearest to the runs; where there is none it is made where it is looked for first."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.delenv("BTCLI_TRIALS", raising=False)
    monkeypatch.chdir(deep)
    assert registry_of(Path("runs")) == deep / "trials.jsonl"
    assert registry_of(Path("results") / "of" / "runs") == deep / "trials.jsonl"
    assert registry_of(tmp_path / "elsewhere" / "runs") == deep / "trials.jsonl"
    with monkeypatch.context() as refused:
        refused.setattr("os.access", lambda path, mode: Path(path) != deep)
        assert registry_of(tmp_path / "elsewhere" / "runs") == tmp_path / "elsewhere" / "trials.jsonl"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "trials.jsonl").touch()
    assert registry_of(tmp_path / "elsewhere" / "deep" / "runs") == tmp_path / "elsewhere" / "trials.jsonl"
    (deep / "results").mkdir()
    (deep / "results" / "trials.jsonl").touch()
    assert registry_of(Path("results") / "runs") == deep / "results" / "trials.jsonl"
    (tmp_path / "trials.jsonl").touch()
    assert registry_of(tmp_path / "elsewhere" / "runs") == tmp_path / "trials.jsonl"
    (tmp_path / "a" / "trials.jsonl").touch()
    assert registry_of(Path("runs")) == tmp_path / "a" / "trials.jsonl"
    monkeypatch.setenv("BTCLI_TRIALS", str(tmp_path / "mine.jsonl"))
    assert registry_of(Path("runs")) == tmp_path / "mine.jsonl"


def test_nothing_is_looked_for_where_the_environment_names_the_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither upward nor behind links: a store on a slow disk is not listed for nothing."""
    folder = tmp_path / "other" / "data"
    folder.mkdir(parents=True)
    (tmp_path / "other" / "trials.jsonl").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BTCLI_TRIALS", raising=False)
    looked: list[object] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda place: (looked.append(place), scandir(place))[1])
    assert registries_around(Path("runs"), [folder]) == (tmp_path / "trials.jsonl", tmp_path / "other" / "trials.jsonl")
    assert looked == [folder]
    monkeypatch.setenv("BTCLI_TRIALS", str(tmp_path / "mine.jsonl"))
    assert registries_around(Path("runs"), [folder]) == (tmp_path / "mine.jsonl",)
    assert looked == [folder]
