"""`btcli diff`: inputs, findings, results, costs and files of two runs, with what lies between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import SYSTEM, say, small_world

from btcli.cli.shown.differences import FIRST
from btcli.workflows.runs.diff import Changed

SETS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "costly": ("--set", "costs.slippage_bps=40"),
    "two": ("--set", "symbols=[BTCUSDT, ETHUSDT]"),
}


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A project with three runs, their ids by name."""
    folder = small_world(tmp_path_factory.mktemp("diff") / "small")
    (folder / "system.yml").write_text(SYSTEM.replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]"))
    assert say(folder, "data", "sample").code == 0
    (folder / "system.yml").write_text(SYSTEM)
    found = {}
    for name, words in SETS.items():
        said = say(folder, "run", *words, "--json")
        assert said.code == 0, said.out
        found[name] = said.envelope["data"]["run_id"]
    return folder, found


def metrics_of(world: Path, run_id: str) -> dict[str, Any]:
    """metrics.json of a run."""
    (path,) = (world / "runs").glob(f"*/*/{run_id}/metrics.json")
    return dict(json.loads(path.read_text()))


def parts(out: str) -> dict[str, list[list[str]]]:
    """The words of the lines below each heading."""
    found: dict[str, list[list[str]]] = {}
    for block in out.split("\n\n"):
        heading, *lines = block.strip("\n").splitlines()
        found[heading.split()[0]] = [line.split() for line in lines]
    return found


def test_what_differs_stands_in_groups(ids: tuple[Path, dict[str, str]]) -> None:
    """Inputs, results, costs and files, each once, after the names of both runs with what --set changed."""
    world, names = ids
    said = say(world, "diff", names["plain"], names["costly"])
    assert said.code == 1
    one, other, *_ = said.out.splitlines()
    assert one.split() == [names["plain"], "small", "·", "jan"]
    assert other.split() == [names["costly"], "small", "·", "jan", "·", "costs.slippage_bps=40"]
    found = parts(said.out)
    order = [heading for heading in found if heading in ("inputs", "results", "costs", "files")]
    assert order == ["inputs", "results", "costs", "files"]
    assert found["inputs"] == [["config.costs.slippage_bps", "2.0000", "40.0000", "+38.0000"]]
    assert [row[0] for row in found["costs"]][:1] == ["turnover_usdt"]
    assert not {row[0] for row in found["results"]} & {row[0] for row in found["costs"]}
    assert found["files"][0][0] == "events.jsonl:"


def test_a_difference_is_the_second_less_the_first(ids: tuple[Path, dict[str, str]]) -> None:
    """With its sign, by both metrics.json; what one looks at first stands first."""
    world, names = ids
    found = parts(say(world, "diff", names["plain"], names["costly"]).out)
    ours, theirs = (metrics_of(world, names[name]) for name in ("plain", "costly"))
    rows = {row[0]: row[1:] for row in (*found["results"], *found["costs"])}
    for name in ("return_pct", "sharpe"):
        expected = (f"{ours[name]:,.4f}", f"{theirs[name]:,.4f}", f"{theirs[name] - ours[name]:+,.4f}")
        assert rows[name] == list(expected)
    assert rows["slippage_usdt"][2].startswith("+")
    first = [row[0] for row in found["results"] if row[0] in FIRST]
    assert first == [name for name in FIRST if name in first]
    assert found["results"][0][0] == "return_pct"


def test_machines_have_groups_and_differences_too(ids: tuple[Path, dict[str, str]]) -> None:
    """Every changed metric with its group and difference, null where there is none; no key went away."""
    world, names = ids
    data = say(world, "diff", names["plain"], names["costly"], "--json").envelope["data"]
    assert list(data) == ["runs", "identical", "inputs", "metrics", "differences"]
    rows = {row["name"]: row for row in data["metrics"]}
    ours, theirs = (metrics_of(world, names[name]) for name in ("plain", "costly"))
    assert rows["fees_usdt"] == {
        "name": "fees_usdt",
        "ours": ours["fees_usdt"],
        "theirs": theirs["fees_usdt"],
        "difference": theirs["fees_usdt"] - ours["fees_usdt"],
        "group": "costs",
    }
    assert rows["sharpe"]["group"] == "results"
    assert data["inputs"] == [
        {"name": "config.costs.slippage_bps", "ours": 2.0, "theirs": 40.0, "difference": 38.0},
    ]


def test_costs_by_symbol_are_told_of_several(ids: tuple[Path, dict[str, str]]) -> None:
    """Of one symbol they are those of the run, and not told twice."""
    world, names = ids
    alone = say(world, "diff", names["plain"], names["costly"]).out
    assert "BTCUSDT.spread_usdt" not in alone
    both = say(world, "diff", names["plain"], names["two"]).out
    assert "costs_by_symbol" not in both
    assert "BTCUSDT." in both


def test_findings_of_one_run_alone_are_named(ids: tuple[Path, dict[str, str]]) -> None:
    """By their codes, with the run that has them."""
    world, names = ids
    codes = {
        name: {each["code"] for each in metrics_of(world, names[name])["findings"]} for name in ("plain", "costly")
    }
    out = say(world, "diff", names["plain"], names["costly"]).out
    for name, other in (("plain", "costly"), ("costly", "plain")):
        alone = codes[name] - codes[other]
        assert (f"of {names[name]} alone" in out) == bool(alone)
        assert all(code in out for code in alone)


@pytest.mark.parametrize(
    ("ours", "theirs", "difference"),
    [
        (1.5, 2.0, 0.5),
        (3, 1, -2.0),
        (None, 1.0, None),
        ("a", 1.0, None),
        (True, 1, None),
        (1.0, None, None),
        ([1], [2], None),
    ],
)
def test_only_numbers_have_a_difference(ours: Any, theirs: Any, difference: float | None) -> None:
    """A truth value is none."""
    assert Changed("x", ours, theirs).difference == difference
