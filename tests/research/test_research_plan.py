"""What a sweep is, as text that another process reads back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from btcli.artifacts.text import json_bytes
from btcli.digest import DIGEST, with_digest
from btcli.errors import AccessError
from btcli.research.changed import known_needs
from btcli.research.folder import PLAN, SweepDir
from btcli.research.plan import Asked, Needs, Plan, Source, plan_of
from btcli.simulation.identity import own_engine_digest
from btcli.simulation.parts import History

NEEDS = (Needs(History({"ltf": 60, "mtf": 0}, {"ltf": "ltf.s (sma(close, 61), 60 bars)"}), ("k=25",)), None)


def plan(*grid: str, length: int = 10) -> Plan:
    """A plan of some grid."""
    source = Source("system: s\n", "s.yml", ("a=1",))
    return Plan(
        source, "s", "w", (0, 86_400_000), Asked(grid), worlds=({"series": []},), code={"x": "1"}, length=length
    )


def test_a_plan_reads_back() -> None:
    """Every part of it, and so its digest, its trials and its chunks."""
    written = replace(plan("k=1..25"), needs=NEEDS)
    read = plan_of(written.to_bytes())
    assert read == written
    assert (read.sweep_id, read.chunks) == (written.sweep_id, 3)
    assert [list(read.chunk(index)) for index in range(3)] == [
        list(range(1, 11)),
        list(range(11, 21)),
        list(range(21, 26)),
    ]


@pytest.mark.parametrize("grid", [("a=1..3", "b=1..70"), ("a=1..2", "b=1..3", "c=1..33"), ("a=1..200",)], ids=str)
def test_every_trial_is_in_one_chunk(grid: tuple[str, ...]) -> None:
    """In whichever order they are run, none is lost and none comes twice."""
    made = plan(*grid, length=7)
    trials = [trial for index in range(made.chunks) for trial in made.chunk(index)]
    assert sorted(trials) == list(range(1, made.space.trials + 1))


def test_wide_grids_are_run_in_tiles() -> None:
    """Thirty-two values of the last key meet every value of the one before, and then the next thirty-two."""
    made = plan("a=1..2", "b=1..40")
    assert list(made.order[:66]) == [*range(1, 33), *range(41, 73), 33, 34]


def test_keys_of_other_worlds_come_together() -> None:
    """Trials over one world follow one another, wherever the key stands that makes another one."""
    made = plan("a=1..2", "timeframes.ltf=[1h, 4h]")
    assert [dict(group.changes) for group in made.groups] == [{"timeframes.ltf": "1h"}, {"timeframes.ltf": "4h"}]
    assert list(made.order) == [1, 3, 2, 4]


def test_rules_that_name_another_symbol_stand_on_another_world() -> None:
    """Its candles have to be loaded; rules that name none share one."""
    assert len(plan("strategy.rules.long.enter=[close > 1, BTCUSDT.close > 1]").groups) == 2
    assert len(plan("strategy.rules.long.enter=[close > 1, close > 2]").groups) == 1


CHANGES = (
    ("grid", ["k=1..26"]),
    ("seed", 4),
    ("worlds", []),
    ("code", {}),
    ("sweep_id", "0" * 12),
    ("chunk.trials", 5),
    ("chunk.trials", 7.5),
    ("chunk.sampled", {"trial_s": 1.0}),
    ("chunk.sampled", {"trial_s": "x"}),
    ("system.text", "system: other\n"),
    ("system.sets", []),
    ("system.name", "../elsewhere"),
    ("window.start_ms", 1),
    ("window.name", "other"),
    ("question", "another"),
    ("needs", [None]),
)


@pytest.mark.parametrize(("key", "value"), CHANGES, ids=str)
def test_a_plan_that_was_changed_is_refused(key: str, value: object) -> None:
    """Nothing of it can be edited: a sweep would go on, or be shown, as another than it was begun."""
    said = json.loads(plan("k=1..25").to_bytes())
    section, _, name = key.rpartition(".")
    (said[section] if section else said)[name] = value
    with pytest.raises(AccessError, match="the plan was changed by hand"):
        plan_of(json.dumps(said))


NO_PLANS = (
    (b"", "no plan of a sweep: it is no JSON from line 1, column 1 on"),
    (b"{", "no plan of a sweep: it is no JSON from line 1, column 2 on"),
    (b"\x8e\xa9@", "no plan of a sweep: it is no JSON"),
    (b"[]", "no plan of a sweep: it holds no object"),
    (b"null", "no plan of a sweep: it holds no object"),
    (b"[" * 100_000, "no plan of a sweep: it is no JSON"),
    (b"{}", "has schema None, this btcli reads 1"),
    (b'{"schema": 99}', "has schema 99, this btcli reads 1"),
    (b'{"schema": 1}', "the plan was changed by hand"),
    (json_bytes(with_digest({"schema": 1})), "is no plan of a sweep as this btcli writes it"),
)


@pytest.mark.parametrize(("content", "said"), NO_PLANS, ids=lambda each: str(each)[:30])
def test_what_is_no_plan_is_refused(content: bytes, said: str) -> None:
    """With the file, what is wrong with it in words, and what to do."""
    with pytest.raises(AccessError) as refused:
        plan_of(content, "there.json")
    (problem,) = refused.value.problems
    assert (problem.where, said in problem.message) == ("there.json", True)
    assert "remove its folder, and sweep again" in problem.hint
    assert "Error" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, NEEDS),
        ({"length": 3, "sampled": {"trial_s": 1.0}}, NEEDS),
        ({"source": Source("system: s  # ours\n", "s.yml", ("a=1",))}, ()),
        ({"source": Source("system: s\n", "elsewhere/s.yml", ("a=1",))}, ()),
        ({"asked": Asked(("k=1..26",))}, ()),
        ({"code": {"x": "2"}}, ()),
        ({"code": {"x": "1", "values_sha256": "3"}}, ()),
        ({"worlds": ({"engine_sha256": "0" * 64},)}, ()),
    ],
    ids=str,
)
def test_what_values_need_is_known_of_the_very_same(
    change: dict[str, object], found: tuple[Needs | None, ...], tmp_path: Path
) -> None:
    """Of the same question to the same text by the same code; how long chunks are makes no difference."""
    draft = plan("k=1..25")
    kept = replace(draft, worlds=({"engine_sha256": own_engine_digest()},), needs=NEEDS)
    (tmp_path / "a").mkdir()
    SweepDir(tmp_path / "a").write_plan(replace(kept, **change))
    assert known_needs(draft, tmp_path) == found


def test_a_plan_of_an_older_btcli_knows_no_needs(tmp_path: Path) -> None:
    """They are found out again; a plan that cannot be read is passed over."""
    said = json.loads(replace(plan("k=1..25"), worlds=({"engine_sha256": own_engine_digest()},)).to_bytes())
    del said["needs"], said[DIGEST]
    for name, text in (("a", "{"), ("b", json.dumps(with_digest(said)))):
        (tmp_path / name).mkdir()
        (tmp_path / name / PLAN).write_text(text)
    assert SweepDir(tmp_path / "b").plan().needs == ()
    assert known_needs(plan("k=1..25"), tmp_path) == ()
