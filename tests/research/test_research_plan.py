"""What a sweep is, as text that another process reads back."""

from __future__ import annotations

import json

import pytest

from btcli.errors import AccessError
from btcli.research.plan import Asked, Plan, Source, plan_of


def plan(*grid: str, length: int = 10) -> Plan:
    """A plan of some grid."""
    source = Source("system: s\n", "s.yml", ("a=1",))
    return Plan(
        source, "s", "w", (0, 86_400_000), Asked(grid), worlds=({"series": []},), code={"x": "1"}, length=length
    )


def test_a_plan_reads_back() -> None:
    """Every part of it, and so its digest, its trials and its chunks."""
    written = plan("k=1..25")
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


@pytest.mark.parametrize("key", ["grid", "seed", "worlds", "code", "sweep_id"])
def test_a_plan_that_was_changed_is_refused(key: str) -> None:
    """What decides the table cannot be edited under the same name."""
    said = json.loads(plan("k=1..25").to_bytes())
    said[key] = {"grid": ["k=1..26"], "seed": 4, "worlds": [], "code": {}, "sweep_id": "0" * 12}[key]
    with pytest.raises(AccessError, match="the plan was changed by hand"):
        plan_of(json.dumps(said))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"schema": 99}', '{"schema": 1}'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    """With the file and what to do."""
    with pytest.raises(AccessError, match=r"there\.json"):
        plan_of(text, "there.json")
