"""`costs.funding: none`: a run without a rate of funding, and everything that is said so that nobody is deceived."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import SYSTEM, only_run, say, small_world

LEFT_OUT = "funding is left out (costs.funding: none)"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose system leaves funding out, whose store has none, and one packed run."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "system.yml").write_text(SYSTEM + "costs: {funding: none}\n")
    assert say(folder, "data", "sample").code == 0
    assert say(folder, "run", "--pack").code == 0
    return folder


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_no_funding_series_is_generated_asked_for_or_loaded(world: Path) -> None:
    """The store has none, preflight misses none, and the run names none among its inputs."""
    stored = say(world, "data", "list").out
    assert "mark" in stored
    assert "funding" not in stored
    report = say(world, "preflight", "--json").envelope["data"]["reports"][0]
    assert report["healthy"]
    assert [each["series"].split()[2] for each in report["series"]] == ["trade", "trade", "mark"]
    manifest = json.loads((only_run(world) / "run_manifest.json").read_text())
    assert sorted(each["series"].split()[2] for each in manifest["inputs"]["series"]) == ["mark", "trade", "trade"]
    assert not list((only_run(world) / "pack").rglob("*funding*"))


def test_nothing_is_settled(world: Path) -> None:
    """No settlement among the events, and no figure that could be taken for one that was 0."""
    run = only_run(world)
    assert not [event for event in rows(run / "events.jsonl") if event["event"] == "funding_settled"]
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["trades"] > 0
    for key in ("funding_paid_usdt", "funding_received_usdt"):
        assert metrics[key] is metrics["costs_by_symbol"]["BTCUSDT"][key] is None
        assert metrics["null_reasons"][key] == "funding was left out: costs.funding is none"
    assert metrics["deviations"] == ["FUNDING_LEFT_OUT"]


def test_the_files_of_a_run_say_it(world: Path) -> None:
    """The resolved system, the manifest's config and the recorded preflight."""
    run = only_run(world)
    assert "  funding: none\n" in (run / "system.resolved.yml").read_text()
    assert json.loads((run / "run_manifest.json").read_text())["inputs"]["config"]["costs"]["funding"] == "none"
    (warning,) = json.loads((run / "preflight_report.json").read_text())["warnings"]
    assert warning.startswith(LEFT_OUT)


@pytest.mark.parametrize(
    "words",
    [("preflight",), ("run",), ("run", "--no-preflight"), ("explain", "latest"), ("explain", "latest", "--trade", 1)],
)
def test_whoever_asks_is_warned(world: Path, words: tuple[object, ...]) -> None:
    """On stderr for people, among the warnings for machines, once."""
    assert say(world, *words).err.count(LEFT_OUT) == 1
    assert sum(LEFT_OUT in warning for warning in say(world, *words, "--json").envelope["warnings"]) == 1


@pytest.mark.parametrize("words", [("run", "--full"), ("show", "latest", "--full")])
def test_the_summary_says_what_it_means(world: Path, words: tuple[str, ...]) -> None:
    """Where costs stand there is no 0 for funding, and one line says what is missing from all figures."""
    said = say(world, *words).out
    assert "left out: costs.funding is none" in said
    assert "funding paid" not in said
    assert "what holding a position costs or earns is in no figure here" in said


@pytest.mark.parametrize("words", [("run",), ("show", "latest")])
def test_one_screen_says_it_too(world: Path, words: tuple[str, ...]) -> None:
    """A line of its own, because no figure above it has a cost of holding."""
    assert "what holding a position costs or earns is in no figure here" in " ".join(say(world, *words).out.split())


def test_a_trade_says_that_its_funding_was_left_out(world: Path) -> None:
    """Its result names no sum that was never reckoned."""
    assert "funding left out)" in say(world, "explain", "latest", "--trade", 1).out


def test_such_a_run_replays_from_its_store_and_from_its_pack(world: Path) -> None:
    """Identical to the byte, without any row of funding; a look without a run needs none either."""
    assert say(world, "replay", "latest", "--json").envelope["data"]["verdict"] == "identical"
    assert say(world, "replay", "latest", "--pack-only", "--json").envelope["data"]["verdict"] == "identical"
    assert say(world, "replay", "latest", "--no-run", "--json").envelope["data"]["verdict"] == "intact"


def test_it_is_another_run_than_one_that_settles(world: Path, tmp_path: Path) -> None:
    """The key is part of what a run is, and `diff` names it; the spelled-out default is not."""
    small_world(tmp_path)
    settled = say(tmp_path, "run", "--json").envelope["data"]
    assert say(tmp_path, "run", "--set", "costs.funding=settled", "--json").envelope["data"]["identical"] is True
    left = say(tmp_path, "run", "--set", "costs.funding=none", "--json").envelope["data"]
    assert left["run_id"] == only_run(world).name
    assert left["run_id"] != settled["run_id"]
    assert "costs.funding" in say(tmp_path, "diff", settled["run_id"], left["run_id"]).out


def test_finer_candles_and_other_paths_do_without_it_too(world: Path, tmp_path: Path) -> None:
    """`--detail` and the passes on the other paths load nothing that the run does not."""
    assert say(world, "data", "sample", "--detail", "5m").code == 0
    said = say(world, "run", "--detail", "5m", "--set", "risk.sizing.risk_pct=2", "--out", tmp_path, "--json")
    assert said.code == 0
    assert said.envelope["data"]["metrics"]["paths"].keys() == {"pessimistic", "adaptive", "optimistic"}


def test_a_missing_funding_series_names_the_way_and_its_price(tmp_path: Path) -> None:
    """The hint says what leaving it out means, beside fetching and importing it."""
    (tmp_path / "system.yml").write_text(SYSTEM.replace("venue: sample", "venue: binance"))
    errors = say(tmp_path, "preflight", "--json").envelope["errors"]
    (hint,) = (error["hint"] for error in errors if "funding" in error["where"])
    assert "leave it out of every figure, holding costs and earns nothing then: costs.funding: none" in hint
