"""When the other paths need not be run, running them shows that they end alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from btcli.artifacts.pack import read_pack
from btcli.config.loading import load_system
from btcli.exchange.codes import PATH_NAMES
from btcli.exchange.events import Trade
from btcli.market.loader import RunInputs, load_run_inputs
from btcli.workflows.preparing import Prepared, prepared
from btcli.workflows.simulating import one_pass, paths_agree

GOLDEN = Path(__file__).parents[1] / "golden"


class Kept:
    """A sink that keeps trades, their excursions inside the bars apart, and the equity curve."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def events(self, events: Any) -> None:
        pass

    def trades(self, trades: Sequence[Trade]) -> None:
        self.told += [trade._replace(mae_usdt=0.0, mfe_usdt=0.0) for trade in trades]

    def equity(self, ts_close: Any, rows: Any) -> None:
        self.told += rows.tolist()


def recorded(name: str, *overrides: str) -> tuple[Prepared, RunInputs]:
    """A golden run's parts and inputs, with some values set anew."""
    pack = read_pack(GOLDEN / name / "pack")
    system = load_system(GOLDEN / name / "system.resolved.yml", overrides)
    (window,) = system.windows
    parts = prepared(system, window, system.window(window), pack.strategy_folder)
    return parts, load_run_inputs(pack.reader, parts.system, parts.spans)


@pytest.mark.parametrize(
    ("name", "stop", "target", "agree"),
    [("liquidations", 6.0, 6.0, True), ("timeframes", 3.0, 3.0, True), ("timeframes", 0.7, 0.8, False)],
)
def test_paths_agree_where_nothing_is_ambiguous(name: str, stop: float, target: float, agree: bool) -> None:
    """Without an ambiguous trade the three paths have the same trades and curve; with one they may not."""
    parts, inputs = recorded(name, f"strategy.params.atr_stop={stop}", f"strategy.params.atr_target={target}")
    kept = {path: Kept() for path in PATH_NAMES}
    results = {path: one_pass(parts, inputs, path, kept[path], None) for path in PATH_NAMES}
    assert paths_agree(parts, results["pessimistic"]) is agree
    assert (kept["pessimistic"].told == kept["optimistic"].told == kept["adaptive"].told) is agree
