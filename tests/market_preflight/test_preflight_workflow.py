"""The gate in front of a run, over a real store: reporting, refusing, healing through the registry."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from preflight_worlds import DAY, HOUR, MINUTE, candles, funding, ms, series, without

from btcli.config.loading import parse_system
from btcli.config.model import System
from btcli.config.specs.instruments import load_instruments
from btcli.errors import AccessError, UnhealthyData
from btcli.market.series import Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import WriteSource, open_store_for_writing
from btcli.market.window import load_window
from btcli.tools import SeriesRange, Tool, ToolRegistry, ToolReport, registry_for
from btcli.workflows.run.preflight import PreflightRequest, preflight, preflight_and_load

START, END = ms("2024-01-10"), ms("2024-01-12")
TRADE, FUNDING = series("trade", "5m"), series("funding")
HOLE = [START + 10 * HOUR + position * 5 * MINUTE for position in range(37)]
WHOLE = candles("5m", START - 2 * DAY, END + DAY)
CONFIG = """
system: gate
venue: binance
symbols: [BTCUSDT]
timeframes: {exec: 5m, ltf: 15m, mtf: 1h, htf: 4h}
windows: {w: {start: 2024-01-10, end: 2024-01-11}}
data: {derive_from: 5m}
fills: {mark_source: last}
risk: {sizing: {risk_pct: 1}}
strategy: {use: mtf_trend}
"""


def stored(folder: Path, name: Series, frame: pl.DataFrame) -> None:
    with open_store_for_writing(Store(folder, patience_s=5)) as writer:
        write = writer.upsert_funding if name.kind == "funding" else writer.upsert_candles
        write(name, frame, WriteSource("test"))


@pytest.fixture
def holed(tmp_path: Path) -> Path:
    """A store with all that the window needs but 37 bars."""
    stored(tmp_path, TRADE, without(WHOLE, *HOLE))
    stored(tmp_path, FUNDING, funding(START - 2 * DAY, END))
    return tmp_path


def request(folder: Path, *, heal: bool = False, config: str = CONFIG) -> PreflightRequest:
    system: System = parse_system(config, "system.yml")
    window = system.window("w")
    spans = load_window(system, "w", window.start_ms, window.end_ms, {"htf": 3})
    return PreflightRequest(system, spans, load_instruments(system), Store(folder, patience_s=5.0), heal)


def filling(folder: Path, called: list[str], frame: pl.DataFrame = WHOLE) -> ToolRegistry:
    """A registry whose fill_gaps takes what it is asked for out of a frame."""

    def fill_gaps(series: Series, ranges: tuple[tuple[int, int], ...]) -> ToolReport:
        called.append("fill_gaps")
        before = frame.height
        for start_ms, end_ms in ranges:
            stored(folder, series, frame.filter(pl.col("ts_open").is_between(start_ms, end_ms, closed="left")))
        return ToolReport(before, tuple(SeriesRange(series, *one) for one in ranges), "filled", changed=True)

    return ToolRegistry((Tool("fill_gaps", fill_gaps),))


def content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_report_only_without_heal(holed: Path) -> None:
    """Without heal preflight says what is missing, calls no tool and leaves every byte of the store alone."""
    before, called = content(holed), list[str]()
    outcome = preflight(request(holed), filling(holed, called))
    assert not outcome.passed
    assert [str(problem) for problem in outcome.report.errors] == [
        "binance BTCUSDT trade 5m: 37 bars missing inside, 2024-01-10 10:00 to 2024-01-10 13:00"
    ]
    assert [call.tool for call in outcome.plan] == ["fill_gaps"]
    assert (called, outcome.calls, outcome.attempts) == ([], (), 0)
    assert content(holed) == before


def test_preflight_blocks_the_run(holed: Path) -> None:
    """Nothing is loaded from data with a hole; the error lists every finding and the command that heals."""
    with pytest.raises(UnhealthyData) as caught:
        preflight_and_load(request(holed), "btcli heal system.yml --window w")
    first, second = caught.value.problems
    assert "btcli heal system.yml --window w" in first.told
    assert "37 bars missing" in second.message
    assert caught.value.exit_code == 1


def test_heal_goes_through_the_registry_and_is_rechecked(holed: Path) -> None:
    """What the plan names is executed by the registry, and the report after it is a new check of the store."""
    called: list[str] = []
    outcome = preflight(request(holed, heal=True), filling(holed, called))
    assert (outcome.passed, outcome.attempts, called) == (True, 1, ["fill_gaps"])
    assert [report.healthy for report in outcome.reports] == [False, True]
    said = outcome.to_dict()
    assert (said["passed"], said["attempts"], said["healthy"]) == (True, 1, True)
    assert said["tool_calls"][0]["name"] == "fill_gaps"


def test_three_heals_and_then_it_is_a_hard_failure(holed: Path) -> None:
    """A source that claims changes but never delivers is asked three times, each followed by a check."""
    called: list[str] = []
    outcome = preflight(request(holed, heal=True), filling(holed, called, WHOLE.clear()))
    assert (outcome.passed, outcome.attempts, len(outcome.reports)) == (False, 3, 4)
    assert called == ["fill_gaps"] * 3
    with pytest.raises(UnhealthyData):
        outcome.require_healthy("btcli heal", request(holed).system)


def test_without_a_source_heal_says_so(holed: Path) -> None:
    """Tools that fetch nothing end a heal of missing bars before it begins."""
    with pytest.raises(AccessError, match="no source configured"):
        preflight(request(holed, heal=True), registry_for(Store(holed)))


def test_generated_data_has_no_source_either(holed: Path) -> None:
    """A heal of venue sample ends like one without a source, and a healthy sample has nothing to heal."""
    broken = request(holed, heal=True, config=CONFIG.replace("binance", "sample"))
    with pytest.raises(AccessError, match="no source configured"):
        preflight(broken)
    for name, frame in ((TRADE, WHOLE), (FUNDING, funding(START - 2 * DAY, END))):
        stored(holed, name._replace(venue="sample"), frame)
    assert preflight(broken).passed


def test_a_store_that_is_not_there_is_reported_as_missing_data(tmp_path: Path) -> None:
    """Without a store every series is absent, and no file is made by looking."""
    outcome = preflight(request(tmp_path / "nowhere"))
    assert [gap.place for health in outcome.report.series for gap in health.gaps] == ["all", "all"]
    assert not (tmp_path / "nowhere").exists()


def test_what_is_loaded_is_what_was_checked(holed: Path) -> None:
    """Once the data is whole, the gate hands over the inputs of the very rows that passed."""
    stored(holed, TRADE, WHOLE)
    outcome, inputs = preflight_and_load(request(holed), "btcli heal")
    assert outcome.passed
    bars = inputs.symbols[0].bars
    assert (bars["exec"].ts_close[-1], bars["htf"].ts_open[0]) == (END, START - 16 * HOUR)
    assert [digest.rows for digest in inputs.digests] == [health.coverage.rows for health in outcome.report.series]


def test_who_wrote_the_rows_is_told_and_rows_are_marked_for_a_record_alone(holed: Path) -> None:
    """Of each series that is loaded, two bytes a row; else nothing, and the digests are the same."""
    stored(holed, TRADE, WHOLE)
    (asked, marked), (unasked, bare) = (
        preflight_and_load(request(holed), "btcli heal", is_recorded=way) for way in (True, False)
    )
    assert set(asked.provenance) == {span.series for span in request(holed).load_window.series}
    assert all(asked.provenance.values())
    assert not unasked.provenance
    assert [len(each.row_marks) for each in marked.digests] == [2 * each.rows for each in marked.digests]
    assert not any(each.row_marks for each in bare.digests)
    assert bare.digests == marked.digests


def test_a_run_that_heals_keeps_the_record(holed: Path) -> None:
    """The outcome of a healing gate holds the reports before and after, the calls and the number of heals."""
    outcome, inputs = preflight_and_load(request(holed, heal=True), "btcli heal", filling(holed, []))
    assert [report.healthy for report in outcome.reports] == [False, True]
    assert ([call.name for call in outcome.calls], outcome.attempts, outcome.ended) == (["fill_gaps"], 1, "healthy")
    assert inputs.symbols[0].bars["exec"].ts_close[-1] == END


def test_holes_that_the_exchange_confirmed_come_from_the_store(holed: Path) -> None:
    """A hole confirmed in the store is told apart in the report, by preflight and by the gate of a run alike."""
    with open_store_for_writing(Store(holed, patience_s=5)) as writer:
        writer.confirm_absent(TRADE, HOLE[0], HOLE[-1] + 5 * MINUTE, WriteSource("test"))
    with open_store(Store(holed)) as reader:
        assert reader.absent(TRADE) == [(HOLE[0], HOLE[-1] + 5 * MINUTE)]
    asked = request(holed)
    assert preflight(asked).report.series[0].gaps[0].confirmed
    allowed = parse_system(CONFIG, "system.yml", ("data.gaps=allow_confirmed",))
    passed, _ = preflight_and_load(
        PreflightRequest(allowed, asked.load_window, asked.instruments, Store(holed, patience_s=5.0)), "btcli heal"
    )
    assert passed.passed
