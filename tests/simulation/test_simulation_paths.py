"""When the other paths need not be run, running them shows that they end alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from btcli.artifacts.pack import read_pack
from btcli.config.loading import load_system
from btcli.engine.loop import Answers
from btcli.exchange.book.codes import PATH_NAMES
from btcli.exchange.face.events import Event, Trade
from btcli.market.loader import RunInputs, load_run_inputs
from btcli.simulation.agreement import PathsSeen, Reason
from btcli.simulation.parts import Prepared, prepared
from btcli.simulation.passes import one_pass, world_for
from btcli.simulation.recorded import reason_to_run_all
from btcli.simulation.sinks import Both

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
    ("name", "stop", "target", "reason"),
    [
        ("liquidations", 6.0, 6.0, None),
        ("timeframes", 3.0, 3.0, None),
        ("timeframes", 0.7, 0.8, "ambiguous trade"),
    ],
)
def test_paths_agree_where_nothing_is_ambiguous(name: str, stop: float, target: float, reason: Reason | None) -> None:
    """Without an ambiguous trade the three paths have the same trades and curve; with one they may not."""
    parts, inputs = recorded(name, f"strategy.params.atr_stop={stop}", f"strategy.params.atr_target={target}")
    kept = {path: Kept() for path in PATH_NAMES}
    world = world_for(parts, inputs)
    for path in PATH_NAMES:
        seen = PathsSeen()
        result = one_pass(parts, world, path, Both(kept[path], seen), None)
        assert reason_to_run_all(parts, result, seen) == reason
    assert (kept["pessimistic"].told == kept["optimistic"].told == kept["adaptive"].told) is (reason is None)


def test_answers_of_the_first_pass_serve_the_others() -> None:
    """A strategy that decides by the market trades the same on another path whether it is asked again or not."""
    parts, inputs = recorded("timeframes", "strategy.params.atr_stop=0.7", "strategy.params.atr_target=0.8")
    answers: Answers = {}
    one_pass(parts, world_for(parts, inputs), "pessimistic", Kept(), None, answers)
    asked, repeated = Kept(), Kept()
    one_pass(parts, world_for(parts, inputs), "optimistic", asked, None)
    one_pass(parts, world_for(parts, inputs), "optimistic", repeated, None, answers)
    assert all(sum(said.is_known) > 100 < len(said.signals) for said in answers.values())
    assert asked.told == repeated.told


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Event(0, "order_submitted", "BTCUSDT", {"type": "market"}), None),
        (Event(0, "order_submitted", "BTCUSDT", {"type": "limit"}), "resting order"),
        (Event(0, "order_submitted", "BTCUSDT", {"type": "stop_market"}), "resting order"),
        (Event(0, "stop_moved", "BTCUSDT", {}), None),
        (Event(0, "position_cut", "BTCUSDT", {}), "position cut"),
        (Event(0, "warned", "BTCUSDT", {"code": "STOP_BEYOND_LIQUIDATION"}), None),
        (Event(0, "warned", "BTCUSDT", {"code": "SHARE_BELOW_STEP"}), "share below step"),
    ],
)
def test_what_may_hang_on_the_path_is_noticed(event: Event, reason: Reason | None) -> None:
    """One such event, and the other paths are run."""
    seen = PathsSeen()
    seen.events([event])
    assert seen.reason == reason


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("fills.trigger_by=mark", "trigger by the mark"),
        ("account.margin_mode=cross", "cross margin"),
        ("costs.max_participation=0.5", None),
    ],
)
def test_systems_whose_paths_are_always_run(override: str, reason: Reason | None) -> None:
    """A trigger by mark and cross margin hang on the path without an ambiguous trade; a participation cap does not."""
    parts, inputs = recorded("timeframes", "strategy.params.atr_stop=3", "strategy.params.atr_target=3")
    result = one_pass(parts, world_for(parts, inputs), "pessimistic", Kept(), None)
    assert reason_to_run_all(parts, result, PathsSeen()) is None
    other, _ = recorded("timeframes", override, "risk.liquidation=full")  # a ladder has no meaning in cross
    assert reason_to_run_all(other, result, PathsSeen()) == reason
