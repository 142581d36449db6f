"""Every distinct result that somebody asked for is counted once, on the data that it is of."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import SYSTEM, hourly, only_run, say, small_world

RAISES_ABOVE = """\
from dataclasses import dataclass

from btcli.strategies import Direction, Signal, Strategy


class Odd(Strategy):
    features = {"ltf": {"mean": "sma(close, 3)"}}

    @dataclass
    class Params:
        most: int = 1

    def decide(self, snapshot):
        if self.params.most > 2:
            raise ValueError("too many")
        if not snapshot.exchange.has_position:
            return Signal(Direction.LONG, stop_distance=0.01 * self.params.most * snapshot.ltf.close)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a month of sample data and no run."""
    return small_world(tmp_path_factory.mktemp("tries") / "small")


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "project"))


def count_of(world: Path, *words: object) -> tuple[int, int]:
    """The place and the number of results that `btcli WORDS --json` tells."""
    done = say(world, *words, "--json")
    assert done.code in (0, 5), done.err
    return tuple(done.envelope["data"]["trials"].values())  # type: ignore[return-value]


def test_each_other_result_is_one_more(world: Path) -> None:
    """Runs of other values count up; the same values again are the run that they were."""
    assert count_of(world, "run") == (1, 1)
    assert count_of(world, "run", "--set", "strategy.params.atr_stop=3") == (2, 2)
    assert count_of(world, "run") == (1, 2)
    assert count_of(world, "run", "--set", "strategy.params.atr_stop=2.5") == (3, 3)


@pytest.mark.parametrize(
    "words",
    [
        ("--set", "system=other"),
        ("--set", "output.events=full"),
        ("--set", "output.equity=exec"),
        ("--pack",),
        ("--start", "2024-01-01", "--end", "2024-01-31"),
        ("--out", "elsewhere/runs"),
        ("--no-preflight",),
        ("--set", "warmup.tolerance=0.00010000001"),
    ],
    ids=" ".join,
)
def test_another_way_to_the_same_result_is_no_other_trial(world: Path, words: tuple[str, ...]) -> None:
    """Names, what is written, where it lies, and values that change nothing: the result is the same one."""
    assert count_of(world, "run") == (1, 1)
    assert count_of(world, "run", *words) == (1, 1)


@pytest.mark.parametrize("words", [("show", "latest"), ("replay", "latest"), ("explain", "latest"), ("runs",)])
def test_looking_is_no_trial(world: Path, words: tuple[str, ...]) -> None:
    """Whoever only looks, or proves a run, has tried nothing."""
    say(world, "run")
    before = (world / "trials.jsonl").read_bytes()
    assert say(world, *words).code == 0
    assert (world / "trials.jsonl").read_bytes() == before


def test_a_run_that_failed_is_no_trial(world: Path) -> None:
    """It has no result."""
    assert say(world, "run", "--window", "feb").code == 2
    assert not (world / "trials.jsonl").exists()


def test_the_summary_show_and_the_list_say_it(world: Path) -> None:
    """In the same words; the list for every run."""
    assert "run 1 of 1 on this data" in say(world, "run").out
    assert "run 2 of 2 on this data" in say(world, "run", "--set", "strategy.params.atr_stop=3").out
    first = next(path.name for path in (world / "runs/small/jan").iterdir() if "atr_stop" not in path.name)
    said = say(world, "show", first).out + say(world, "show", "latest").out
    assert "of 2 on this data" in said
    assert "run 2 of 2 on this data" in say(world, "show", "latest", "--full").out
    listed = say(world, "runs").out
    assert listed.count("of 2 on this data") == 2


def test_no_file_of_a_run_holds_the_count(world: Path) -> None:
    """The count belongs to the moment: the same run has the same bytes, whatever was tried before it."""
    say(world, "run")
    alone = {path.name: path.read_bytes() for path in only_run(world).iterdir() if path.name != "run_manifest.json"}
    shutil.rmtree(world / "runs")
    say(world, "run", "--set", "strategy.params.atr_stop=3")
    shutil.rmtree(world / "runs")
    say(world, "run")
    again = {path.name: path.read_bytes() for path in only_run(world).iterdir() if path.name != "run_manifest.json"}
    assert again == alone


def test_a_run_of_another_registry_is_not_counted(world: Path, tmp_path: Path) -> None:
    """Copied from elsewhere it has no place here, and that is no error."""
    say(world, "run")
    other = tmp_path / "other"
    shutil.copytree(world / "runs", other / "runs")
    shown = say(other, "show", "latest", "--json")
    assert shown.code == 0
    assert shown.envelope["data"]["trials"] is None
    assert "on this data" not in say(other, "show", "latest").out


def test_a_registry_that_cannot_be_written_is_said(world: Path) -> None:
    """The run stays what it is: here the file is a link to a folder that is gone."""
    (world / "trials.jsonl").symlink_to(world / "gone" / "trials.jsonl")
    done = say(world, "run", "--json")
    assert done.code == 0
    assert any("is not counted" in each for each in done.envelope["warnings"])
    assert done.envelope["data"]["trials"] is None


def test_a_folder_where_the_registry_should_be_is_said(world: Path) -> None:
    """What is no file cannot be read; the error names it."""
    (world / "mine").mkdir()
    os.environ["BTCLI_TRIALS"] = str(world / "mine")
    try:
        done = say(world, "run", "--json")
    finally:
        del os.environ["BTCLI_TRIALS"]
    assert done.code == 3
    assert done.envelope["errors"][0]["where"] == str(world / "mine")


def test_a_damaged_line_is_named_and_the_others_count(world: Path) -> None:
    """With its place in the file."""
    say(world, "run")
    with (world / "trials.jsonl").open("a") as file:
        file.write("nonsense\n")
    assert count_of(world, "run", "--set", "strategy.params.atr_stop=3") == (2, 2)
    grid = ("--grid", "strategy.params.atr_stop=[3, 4]")
    for words in (("show", "latest"), ("runs",), ("run",), ("sweep", *grid), ("sweep", *grid)):
        answer = say(world, *words, "--json").envelope
        assert sum("trials.jsonl:2" in each for each in answer["warnings"]) == 1, words


@pytest.mark.parametrize("words", [("run",), ("sweep", "--grid", "strategy.params.atr_stop=[3, 4]")])
def test_a_registry_that_cannot_be_read_is_told_with_the_way_to_choose_another(
    world: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """It may hold seals, so that nothing is read; the hint names what chooses the file."""
    monkeypatch.setenv("BTCLI_TRIALS", str(world))
    done = say(world, *words, "--json")
    assert done.code == 3
    assert "BTCLI_TRIALS" in done.envelope["errors"][0]["hint"]


def test_a_window_that_shares_less_than_half_is_other_data(world: Path) -> None:
    """The first half of the month and the second are counted apart; the whole month holds both."""
    (world / "system.yml").write_text(SYSTEM)
    halves = [("--start", "2024-01-01", "--end", "2024-01-15"), ("--start", "2024-01-16", "--end", "2024-01-31")]
    assert [count_of(world, "run", *half) for half in halves] == [(1, 1), (1, 1)]
    whole = count_of(world, "run")
    assert whole == (2, 2)  # the second half is more than half of its 31 days, the first is less


def test_a_trial_is_a_line_of_json(world: Path) -> None:
    """What a line holds is told in the docs; nobody needs btcli to read it."""
    say(world, "run")
    (line,) = map(json.loads, (world / "trials.jsonl").read_text().splitlines())
    assert line["kind"] == "tried"
    assert (line["venue"], line["symbols"]) == ("sample", ["BTCUSDT"])
    assert (line["start_ms"], line["end_ms"]) == (1_704_067_200_000, 1_706_745_600_000)
    assert line["by"] == f"run {only_run(world).name}"
    assert [len(each) for each in line["results"]] == [24]
    assert line["after_reveal"] is False


GRID = ("sweep", "--grid", "strategy.params.atr_stop=1..3:0.5", "--json")


def tried(world: Path) -> list[str]:
    """Every result in the registry, as often as it stands there."""
    lines = map(json.loads, (world / "trials.jsonl").read_text().splitlines())
    return [result for line in lines if line["kind"] == "tried" for result in line["results"]]


def test_a_sweep_counts_each_of_its_results(world: Path) -> None:
    """Five values that end in five ways are five; the run of one of them, by its number or its value, is that one."""
    done = say(world, *GRID).envelope["data"]
    assert (done["trials"], done["distinct_results"], done["on_this_data"]) == (5, 5, 5)
    assert count_of(world, "run", "--trial", "latest:2") == (2, 5)
    assert count_of(world, "run", "--set", "strategy.params.atr_stop=2") == (3, 5)
    assert count_of(world, "run", "--set", "strategy.params.atr_stop=2.2") == (6, 6)


def test_a_sweep_that_is_asked_for_again_counts_nothing_twice(world: Path) -> None:
    """Neither as it stands, nor where a chunk is gone and run again, nor begun anew in another folder."""
    say(world, *GRID)
    before = tried(world)
    say(world, *GRID)
    assert tried(world) == before
    for chunk in sorted((world / "sweeps").rglob("chunks/*.parquet"))[:1]:
        chunk.unlink()
    next((world / "sweeps").rglob("done.json")).unlink()
    assert say(world, *GRID).envelope["data"]["on_this_data"] == 5
    assert len(set(tried(world))) == 5
    assert say(world, *GRID, "--out", "elsewhere").envelope["data"]["on_this_data"] == 5
    assert count_of(world, "run", "--set", "strategy.params.atr_stop=2.2") == (6, 6)


def test_a_folder_that_was_removed_half_done_loses_no_trial(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long its chunks are is timed anew: here each had one trial then, and one has all five now."""
    with monkeypatch.context() as slow:
        slow.setattr("btcli.research.running.CHUNK_S", 0.0)
        assert say(world, *GRID).envelope["data"]["chunks"] == 5
    first = (world / "trials.jsonl").read_text().splitlines()[0]
    assert len(json.loads(first)["results"]) == 1
    (world / "trials.jsonl").write_text(first + "\n")
    shutil.rmtree(world / "sweeps")
    monkeypatch.setattr("btcli.research.running.CHUNK_S", 600.0)
    done = say(world, *GRID).envelope["data"]
    assert (done["chunks"], done["on_this_data"], len(set(tried(world)))) == (1, 5, 5)


def test_where_the_first_run_goes_splits_no_count(world: Path) -> None:
    """A folder of runs below the project is one of the project's: what is made after it, by default, counts on."""
    assert count_of(world, "run", "--out", "results/first/runs") == (1, 1)
    assert count_of(world, "run", "--set", "strategy.params.atr_stop=3") == (2, 2)
    assert say(world, *GRID).envelope["data"]["on_this_data"] == len(set(tried(world)))
    assert [path.name for path in world.rglob("trials.jsonl")] == ["trials.jsonl"]


@pytest.mark.parametrize("first", [("run",), GRID[:-1]])
def test_a_first_run_outside_of_the_project_splits_no_count(
    world: Path, tmp_path: Path, first: tuple[str, ...]
) -> None:
    """It is counted where the next command from here looks: in the project, with nothing beside what was written."""
    out = tmp_path / "elsewhere" / "kept"
    assert say(world, *first, "--out", out).code == 0
    many = len(set(tried(world)))
    assert count_of(world, "run", "--set", "strategy.params.atr_stop=3.25") == (many + 1, many + 1)
    assert [path.name for path in out.parent.iterdir()] == ["kept"]
    assert f"{many + 1} of {many + 1} on this data" in say(world, "show", "latest").out


def test_a_sweep_whose_registry_cannot_be_written_keeps_its_chunk_and_goes_on(world: Path) -> None:
    """Exit 3; here the file is a link to a folder that is gone. Once it can be written all trials are counted."""
    registry = world / "trials.jsonl"
    registry.symlink_to(world / "gone" / "trials.jsonl")
    done = say(world, *GRID)
    assert done.code == 3
    assert "trials.jsonl" in done.envelope["errors"][0]["where"]
    assert "BTCLI_TRIALS" in done.envelope["errors"][0]["hint"]
    assert list((world / "sweeps").rglob("chunks/*.parquet"))
    registry.unlink()
    again = say(world, *GRID).envelope["data"]
    assert again["on_this_data"] == len(set(tried(world))) == 5
    assert again["chunks_found"] == 1


def test_chunks_that_were_kept_and_not_counted_are_counted_when_the_sweep_goes_on(world: Path) -> None:
    """A process may be killed between the two."""
    say(world, *GRID)
    (world / "trials.jsonl").unlink()
    next((world / "sweeps").rglob("done.json")).unlink()
    assert say(world, *GRID).envelope["data"]["on_this_data"] == 5
    (world / "trials.jsonl").unlink()
    assert say(world, *GRID).envelope["data"]["on_this_data"] == 5


def test_trials_that_end_in_the_same_are_one(world: Path) -> None:
    """A value that changes nothing makes five trials and one result."""
    words = ("sweep", "--grid", "warmup.tolerance=[1e-4, 1.0000001e-4, 1.0000002e-4]", "--json")
    done = say(world, *words).envelope["data"]
    assert (done["trials"], done["on_this_data"]) == (3, 1)


def test_a_trial_that_cannot_be_run_is_none(world: Path) -> None:
    """It has no result; the others count."""
    (world / "odd.py").write_text(RAISES_ABOVE)
    system = SYSTEM.replace("use: mtf_trend", "use: odd.py:Odd, params: {most: 1}")
    (world / "system.yml").write_text(system)
    done = say(world, "sweep", "--grid", "strategy.params.most=[1, 2, 3]", "--json").envelope["data"]
    assert done["trials"] == 3
    assert len(tried(world)) == 2
    assert done["on_this_data"] == len(set(tried(world)))


@pytest.mark.parametrize(("chunk_s", "counts"), [(0.0, [1, 1, 1, 1]), (60.0, [2, 2])], ids=["six chunks", "one"])
def test_what_was_just_run_is_counted_as_what_is_read_from_chunks(
    chunk_s: float, counts: list[int], world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same lines but for their time, of two worlds and trials that raise; no file is read for what was just run."""
    with_two_markets(world)
    (world / "odd.py").write_text(RAISES_ABOVE)
    (world / "system.yml").write_text(SYSTEM.replace("use: mtf_trend", "use: odd.py:Odd, params: {most: 1}"))
    (world / "trials.jsonl").unlink()
    words = ("sweep", "--grid", "strategy.params.most=[1, 2, 3]", "--grid", "symbols=[[BTCUSDT], [ETHUSDT]]", "--json")
    words = (*words, "--workers", "1")  # in this process, however slow the machine is

    def lines() -> list[dict[str, Any]]:
        read = map(json.loads, (world / "trials.jsonl").read_text().splitlines())
        return [{**line, "at": ""} for line in read]

    with monkeypatch.context() as blind:
        blind.setattr("btcli.research.running.CHUNK_S", chunk_s)
        blind.delattr("btcli.research.counted.select")
        made = say(world, *words)
        assert made.code == 0, made.err
    just_run = lines()
    assert [len(line["results"]) for line in just_run] == counts
    (world / "trials.jsonl").unlink()
    assert say(world, *words).envelope["data"]["chunks_found"] == made.envelope["data"]["chunks"]
    assert lines() == just_run


TWO_MARKETS = ("sweep", "--grid", "symbols=[[BTCUSDT], [ETHUSDT]]", "--json")


def with_two_markets(world: Path) -> None:
    """A project with data of a second symbol, a sweep of both of which is run."""
    (world / "system.yml").write_text(SYSTEM.replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]"))
    assert say(world, "data", "sample").code == 0
    (world / "system.yml").write_text(SYSTEM)
    done = say(world, *TWO_MARKETS)
    assert done.code == 0, done.err


def test_a_chunk_of_several_worlds_that_was_counted_in_part_is_counted_whole(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed while it adds the lines of a chunk leaves the first of them."""
    monkeypatch.setattr("btcli.research.running.CHUNK_S", 600.0)
    with_two_markets(world)
    registry = world / "trials.jsonl"
    whole = registry.read_text().splitlines()
    assert [json.loads(line)["by"].partition(" trials ")[2] for line in whole] == ["1-2 part 0", "1-2 part 1"]
    registry.write_text(whole[0] + "\n")
    assert say(world, *TWO_MARKETS).code == 0
    lost, found = json.loads(whole[1]), json.loads(registry.read_text().splitlines()[1])
    assert {**lost, "at": ""} == {**found, "at": ""}
    assert say(world, *TWO_MARKETS).code == 0
    assert len(registry.read_text().splitlines()) == 2


def test_worlds_of_a_sweep_are_counted_by_their_own_symbols(world: Path) -> None:
    """A sweep over symbols is looks at several markets; what it says of its data is of all of them."""
    with_two_markets(world)
    assert say(world, *TWO_MARKETS).envelope["data"]["on_this_data"] == 2
    lines = [json.loads(line) for line in (world / "trials.jsonl").read_text().splitlines()]
    assert sorted(line["symbols"] for line in lines) == [["BTCUSDT"], ["ETHUSDT"]]
    assert count_of(world, "run", "--set", "strategy.params.atr_stop=3") == (2, 2)


MACD_OR_SO = ("macd(close, %s, 9).macd", "macd(close, %s, 9).hist", "apo(close, %s)", "ppo(close, %s)")
CROSSING = """\
features: {ltf: {turned: "%s"}}
strategy: {rules: {long: {enter: "cross_above(turned, 0)", exit: "cross_below(turned, 0)"}}}
"""


@pytest.mark.parametrize("turned", MACD_OR_SO)
def test_two_periods_in_the_other_order_are_one_trial(world: Path, turned: str) -> None:
    """TA-Lib takes the shorter one as the fast one, so that both come to one result; other periods come to another."""
    orders = [turned % order for order in ("5, 12", "12, 5", "5, 13")]
    (world / "system.yml").write_text(hourly(CROSSING % orders[0], risk="{sizing: {qty: 0.05}}"))
    told = say(world, "sweep", "--grid", f"features.ltf.turned={orders}", "--json").envelope["data"]
    assert (told["trials"], told["distinct_results"], told["on_this_data"]) == (3, 2, 2)
    assert count_of(world, "run", "--set", f"features.ltf.turned={orders[1]}") == (1, 2)
