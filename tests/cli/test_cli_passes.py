"""Each pass is a run of its own: whatever a strategy remembers, no pass over the data knows of another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cli_worlds import only_run, say
from command_line import btcli
from pass_worlds import INSTANCE, MEMORIES, OUTSIDE, SHAPES, Memory, figures, market, metrics_of, project

IMPORTING = {  # while deciding: what this process has imported for other tests would be in their way
    "lazily imported module",
    "lazily imported package",
    "module of the standard library imported while deciding",
}
PATHS = ("pessimistic", "adaptive", "optimistic")


class Expected(NamedTuple):
    """The outcome of a run of its own on each path, and what finer candles make of the first."""

    paths: dict[str, Any]
    detail_usdt: float


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The candles of all these runs."""
    return market(tmp_path_factory.mktemp("market"))


def alone(folder: Path, store: Path, source: str, shape: str, run: Any = say) -> Expected:
    """Runs in empty folders of their own."""
    paths, detail_usdt = {}, 0.0
    for path in PATHS:
        here = project(folder / path, source, shape)
        said = run(here, "run", "--data", store, "--set", f"fills.path={path}", "--detail", "15m", "--json")
        assert said.code == 0, said.out
        paths[path] = figures(metrics_of(here))
        if path == PATHS[0]:
            detail_usdt = said.envelope["data"]["detail"]["final_equity_usdt"]
    return Expected(paths, detail_usdt)


def in_a_process(folder: Path, *words: object) -> Any:
    """As `say`, from the shell."""
    return btcli(*words, cwd=folder)


@pytest.fixture(scope="session")
def expected(store: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Expected]:
    """What a strategy that remembers in its instance alone gives, by the shape of the system."""
    folder = tmp_path_factory.mktemp("alone")
    return {shape: alone(folder / shape, store, INSTANCE.source, shape) for shape in SHAPES}


def test_the_paths_of_this_market_differ(expected: dict[str, Expected]) -> None:
    """Otherwise nothing here would show anything: each path and the finer candles end elsewhere."""
    for shape, found in expected.items():
        ends = {each["final_equity_usdt"] for each in found.paths.values()} | {found.detail_usdt}
        assert len(ends) == 4, shape
        assert all(each["trades"] == (7 if shape == "one" else 14) for each in found.paths.values())


@pytest.mark.parametrize("name", MEMORIES)
def test_no_pass_remembers_another(name: str, store: Path, expected: dict[str, Expected], tmp_path: Path) -> None:
    """The three outcomes and what finer candles settle are those of runs of their own."""
    folder = project(tmp_path / "p", MEMORIES[name].source, "one")
    run = in_a_process if name in IMPORTING else say
    done = run(folder, "run", "--data", store, "--detail", "15m", "--json")
    assert done.code == 0, done.out
    data = done.envelope["data"]
    assert (data["metrics"]["paths"], data["detail"]["final_equity_usdt"]) == expected["one"]
    assert done.envelope["warnings"] == []


@pytest.mark.parametrize("name", ["module", "lazily imported module", "base class", "random numbers never seeded"])
def test_a_replay_remembers_nothing(name: str, store: Path, tmp_path: Path) -> None:
    """It derives the same run, its outcomes on other paths included."""
    folder = project(tmp_path / "p", MEMORIES[name].source, "one")
    assert say(folder, "run", "--data", store).code == 0
    assert say(folder, "replay", "latest", "--data", store).out.splitlines()[-1] == "replay: identical"


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", MEMORIES)
def test_no_pass_remembers_another_in_its_own_process(name: str, shape: str, store: Path, tmp_path: Path) -> None:
    """From the shell, every pass gives what a process of its own on that path gives, and so does the replay."""
    source = MEMORIES[name].source
    expected = alone(tmp_path / "alone", store, source, shape, in_a_process)
    folder = project(tmp_path / "p", source, shape)
    done = in_a_process(folder, "run", "--data", store, "--detail", "15m", "--json")
    assert done.code == 0, done.out
    data = done.envelope["data"]
    assert Expected(data["metrics"]["paths"], data["detail"]["final_equity_usdt"]) == expected
    assert metrics_of(folder)["paths"] == expected.paths
    said = in_a_process(folder, "replay", "latest", "--data", store)
    assert said.out.splitlines()[-1] == "replay: identical"


@pytest.mark.parametrize("shape", ["two", "per_symbol"])
@pytest.mark.parametrize("name", ["module", "base class", "lazily imported module", "subclasses of the base class"])
def test_no_pass_remembers_another_with_two_symbols(
    name: str, shape: str, store: Path, expected: dict[str, Expected], tmp_path: Path
) -> None:
    """Symbols share what they share within a pass, and nothing beyond it."""
    folder = project(tmp_path / "p", MEMORIES[name].source, shape)
    done = say(folder, "run", "--data", store, "--detail", "15m", "--json")
    data = done.envelope["data"]
    assert (data["metrics"]["paths"], data["detail"]["final_equity_usdt"]) == expected[shape]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", OUTSIDE)
def test_what_lies_outside_is_told_and_nothing_claimed(name: str, shape: str, store: Path, tmp_path: Path) -> None:
    """On screen, in metrics.json and in the manifest stands the close, and no table of three outcomes."""
    source = OUTSIDE[name] + ("" if "class Other" in OUTSIDE[name] else "\n\nclass Other(S):\n    pass\n")
    folder = project(tmp_path / "p", source, shape)
    done = say(folder, "run", "--data", store)
    assert done.code == 0, done.err
    assert "Paths withheld: at the close 2024-01-02T" in " ".join(done.out.split())
    assert "(optimistic)" not in done.out
    assert "warning: the outcomes on the other paths are withheld" in done.err
    paths = metrics_of(folder)["paths"]
    assert list(paths) == ["withheld"]
    manifest = json.loads((only_run(folder) / "run_manifest.json").read_text())
    assert manifest["results"]["metrics"]["paths"] == paths
    assert "something outside the process" in paths["withheld"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_lies_outside_is_told_where_no_other_path_is_run(name: str, store: Path, tmp_path: Path) -> None:
    """With levels that no bar reaches the paths agree; the table would claim the same of another run all the same."""
    source = OUTSIDE[name].replace("target_distance=0.5", "target_distance=50").replace("stop_distance=0.5", "tag='x'")
    folder = project(tmp_path / "p", source.replace("tag='x' + (", "stop_distance=50 + ("))
    done = say(folder, "run", "--data", store, "--json", "--timing")
    data = done.envelope["data"]
    assert (data["timing"]["passes"], data["metrics"]["ambiguous_trades"]) == (1, 0)
    assert list(data["metrics"]["paths"]) == ["withheld"]
    assert "loaded and asked again" in done.envelope["warnings"][0]


def test_finer_candles_claim_nothing_of_what_lies_outside(store: Path, tmp_path: Path) -> None:
    """A pass over finer candles is held against the run up to the first bar that they replace."""
    source = OUTSIDE["unseeded entropy"].replace("class S", "FIRST = 1_704_178_800_000  # 07:00\n\n\nclass S")
    source = source.replace(
        "return Signal", "distance = 0.5 if snapshot.ts_close >= FIRST else 30.0\n        return Signal"
    )
    source = source.replace("stop_distance=0.5", "add=snapshot.ts_close < FIRST, stop_distance=distance")
    folder = project(tmp_path / "p", source.replace("target_distance=0.5", "target_distance=distance"))
    done = say(folder, "run", "--data", store, "--detail", "15m", "--json", "--set", "risk.max_bars_in_trade=5")
    assert done.code == 0, done.out
    detail = done.envelope["data"]["detail"]
    assert detail["ambiguous"] > 0
    assert detail["final_equity_usdt"] is None
    assert "a pass over finer candles" in detail["withheld"]


def test_a_package_is_loaded_afresh_as_a_whole(store: Path, expected: dict[str, Expected], tmp_path: Path) -> None:
    """A strategy in a package, whose parts import each other by relative names and keep what they like."""
    folder = project(tmp_path / "p", "")
    system = folder / "system.yml"
    system.write_text(system.read_text().replace('"s.py:S"', "pack.mine:S"))
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text("from .kept import SEEN\n")
    (folder / "pack" / "kept.py").write_text("SEEN = []\n")
    late = "def late():\n    from .kept import SEEN\n    return SEEN"
    memory = Memory("SEEN.append(1)", "SEEN or late()", f"from . import SEEN\n{late}")
    (folder / "pack" / "mine.py").write_text(memory.source)
    data = say(folder, "run", "--data", store, "--detail", "15m", "--json").envelope["data"]
    assert (data["metrics"]["paths"], data["detail"]["final_equity_usdt"]) == expected["one"]
