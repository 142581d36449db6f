"""Signals in many runs over one world: each trial sees what a run of its own sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from many_worlds import TEXT as WITHOUT
from many_worlds import reader_of

from btcli.config.changing import changed, tree_of
from btcli.config.loading import parse_system
from btcli.simulation.looking import inputs_looked_at
from btcli.simulation.many import run_many
from btcli.simulation.parts import prepared
from btcli.simulation.passes import world_for
from btcli.simulation.recorded import simulate_into
from btcli.simulation.trials import Refused, Trial

TEXT = WITHOUT.replace("close > htf.t * 1.01", "close > htf.t * 1.01 and signals.score < 2")
START_MS = 1_704_067_200_000  # 2024-01-01
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"strategy.rules.long.enter": "signals.score > 0.8"},
    {"strategy.rules.long.enter": "rising(signals.score, 2) and signals.rank[3] > 1"},
    {"strategy.rules.long.enter": "cross_above(signals.score, far * 0.5)", "strategy.params.far": 0.9},
    {"strategy.rules.long.enter": "signals.score * htf.close > highest(signals.score, 9)[1] * htf.t"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the file of signals: a row every seven minutes, one in twenty without a score."""
    draw = np.random.default_rng(11)
    ts = START_MS + np.arange(0, 4 * 1440, 7) * 60_000 + draw.integers(0, 60_000, 823)
    score = draw.random(823).round(3)
    score[::20] = np.nan
    frame = pl.DataFrame({"ts": ts, "score": score, "rank": draw.integers(0, 5, 823)})
    frame.write_parquet(tmp_path / "preds.parquet")
    return tmp_path


def test_trials_end_as_runs_of_their_own(folder: Path) -> None:
    """Figures equal those of a run of its own to the last bit, for two symbols that see the same rows."""
    text = TEXT.format(timeframes="{exec: 1m, ltf: 5m, htf: 1h}", symbols="BTCUSDT, ETHUSDT")
    system = parse_system(text + "signals: {file: preds.parquet, available_at: ts, max_age: 10m}\n", "many.yml")
    reader = reader_of(system)
    widest = prepared(changed(system, tree_of(system), CHANGES[-1]), "w", system.window("w"), folder)
    parts = prepared(system, "w", system.window("w"), folder)
    world = world_for(parts, inputs_looked_at(reader, widest))
    kept = run_many(world, [Trial(each) for each in CHANGES], threads=2)
    trades = set()
    for place, (figures, changes) in enumerate(zip(kept, CHANGES, strict=True)):
        assert not isinstance(figures, Refused), figures
        alone = prepared(changed(system, tree_of(system), changes), "w", system.window("w"), folder)
        (folder / str(place)).mkdir()
        metrics = simulate_into(folder / str(place), alone, inputs_looked_at(reader, alone)).metrics
        figures.pop("null_reasons")
        assert figures == {name: metrics[name] for name in figures}
        trades.add(metrics["trades"])
    assert len(trades) == len(CHANGES)


def test_a_trial_cannot_change_the_file(folder: Path) -> None:
    """The rows are those of the world: another file, or another age, is told to need a world of its own."""
    text = TEXT.format(timeframes="{exec: 1m, ltf: 1h}", symbols="BTCUSDT")
    system = parse_system(text + "signals: {file: preds.parquet, available_at: ts}\n", "many.yml")
    parts = prepared(system, "w", system.window("w"), folder)
    world = world_for(parts, inputs_looked_at(reader_of(system), parts))
    changes = ({"signals.max_age": "1h"}, {"strategy.rules.long.enter": "signals.scores > 1"})
    of_age, of_name = run_many(world, [Trial(each) for each in changes], threads=1)
    assert isinstance(of_age, Refused)
    assert isinstance(of_name, Refused)
    assert of_age.problems[0].message == "is the same in all trials over one world"
    assert "signals have no column 'scores'" in of_name.problems[0].message
