"""`btcli.open_run`: a recorded run as frames and values."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from command_line import environment
from recorded_runs import GOLDEN, change_manifest, recorded_run

import btcli
from btcli.artifacts.columns import EQUITY_SCHEMA, EVENT_SCHEMA, TRADE_SCHEMA
from btcli.errors import AccessError, RequestError


def test_importing_btcli_stays_light():
    """Opening runs costs nothing before it is used: no other module of btcli or of a library is loaded."""
    code = "import sys; before = set(sys.modules); import btcli; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout == "['btcli']\n"
    with pytest.raises(AttributeError, match="no attribute 'open_runs'"):
        _ = btcli.open_runs


def test_a_run_opens_by_folder_id_prefix_and_latest(tmp_path):
    """All four name the same run, and latest is the one whose manifest was written last."""
    runs = tmp_path / "my runs"
    recorded_run(runs, "ruled", at_s=1_600_000_000)
    folder = recorded_run(runs, "orders")
    for named in (folder, str(folder), folder.name, folder.name[:6], "latest"):
        assert btcli.open_run(named, runs=runs).path == folder
    assert btcli.open_run(runs=str(runs)).run_id == folder.name


def test_the_frames_have_the_documented_columns_and_every_row(tmp_path):
    """Whatever happened in a run, the columns are the same."""
    for name in ("orders", "liquidations", "timeframes"):
        run = btcli.open_run(recorded_run(tmp_path, name))
        assert run.trades.schema == TRADE_SCHEMA
        assert run.equity.schema == EQUITY_SCHEMA
        assert run.events.schema == EVENT_SCHEMA
        assert run.trades.height == run.metrics["trades"]
        assert run.events.height == len((GOLDEN / name / "events.jsonl").read_bytes().splitlines())


def test_the_values_are_those_of_the_json_files(tmp_path):
    """Manifest and metrics are the files' own, and the config is the manifest's."""
    folder = recorded_run(tmp_path, "orders")
    run = btcli.open_run(folder)
    assert run.metrics == json.loads((folder / "metrics.json").read_text())
    assert run.manifest == json.loads((folder / "run_manifest.json").read_text())
    assert run.config == run.manifest["inputs"]["config"]
    assert (run.status, run.run_id) == ("complete", folder.name)


def test_returns_are_those_of_daily_closes(tmp_path):
    """One row a day of the window, each from the equity at the end of the day before."""
    run = btcli.open_run(recorded_run(tmp_path, "orders"))
    closes = [5000.0, *_equity_at(run, "2024-03-06", "2024-03-07", "2024-03-08")]
    assert run.returns["date"].to_list() == [date(2024, 3, 5), date(2024, 3, 6), date(2024, 3, 7)]
    expected = [(after - before) / before for before, after in itertools.pairwise(closes)]
    assert run.returns["return"].to_list() == expected


def _equity_at(run: btcli.Run, *days: str) -> list[float]:
    lines = (line.split(",") for line in (run.path / "equity_curve.csv").read_text().splitlines()[1:])
    found = {cells[0][:16]: float(cells[1]) for cells in lines}
    return [found[f"{day}T00:00"] for day in days]


def test_returns_that_the_curve_cannot_tell_are_refused(tmp_path):
    """Where the curve lacks the ends of days the ratios of metrics.json cannot be made of it."""
    folder = recorded_run(tmp_path, "orders")
    lines = (folder / "equity_curve.csv").read_text().splitlines(keepends=True)
    (folder / "equity_curve.csv").write_text("".join(line for line in lines if "T00:00" not in line))
    change_manifest(folder, status="interrupted")
    with pytest.raises(RequestError, match="no row at the end of each day") as refusal:
        _ = btcli.open_run(folder).returns
    assert "output.equity=exec" in refusal.value.problems[0].hint


def test_a_run_says_what_it_is(tmp_path):
    """Its name, market, window, result and place; five lines."""
    folder = recorded_run(tmp_path, "orders")
    assert repr(btcli.open_run(folder)).splitlines() == [
        f"Run {folder.name}: orders/days, complete",
        "BTCUSDT, ETHUSDT on sample, 2024-03-05 00:00 to 2024-03-08 00:00 UTC",
        "END_OF_DATA: return -2.02 %, Sharpe -3.78, drawdown 4.84 %, 62 trades",
        "frames: trades, equity, events, returns; values: metrics, manifest, config",
        str(folder),
    ]


@pytest.mark.parametrize(
    ("file", "attribute"),
    [("trades.csv", "trades"), ("events.jsonl", "trades"), ("events.jsonl", "events"), ("equity_curve.csv", "equity"),
     ("equity_curve.csv", "returns"), ("metrics.json", "metrics")],
)  # fmt: skip
def test_a_changed_file_is_not_read(tmp_path, file, attribute):
    """A cell that looks sound but is not the one that was written is an error that names the file."""
    folder = recorded_run(tmp_path / "my runs", "orders")
    content = (folder / file).read_text()
    (folder / file).write_text(content[::-1].replace("1", "2", 1)[::-1])
    with pytest.raises(AccessError) as refusal:
        getattr(btcli.open_run(folder), attribute)
    problem = refusal.value.problems[0]
    assert (problem.where, problem.message) == (
        str(folder / file),
        "is not the file that the run wrote: its manifest has another digest",
    )
    assert problem.hint == f"btcli replay '{folder}' --no-run says which files were changed"


def test_a_damaged_file_is_named_with_its_line_and_the_run_still_says_what_it_is(tmp_path):
    """Damage comes before digests, for it has a place; repr fails for nothing."""
    folder = recorded_run(tmp_path, "orders")
    for file in ("trades.csv", "metrics.json"):
        (folder / file).write_bytes((folder / file).read_bytes()[:-40])
    run = btcli.open_run(folder)
    with pytest.raises(AccessError) as refusal:
        _ = run.trades
    assert refusal.value.problems[0].where == f"{folder / 'trades.csv'}:63"
    assert "is not JSON" in repr(run)


def test_an_unfinished_run_opens_by_its_folder_alone(tmp_path):
    """What it has can be read; what a killed process left half written is told as that, with what to do."""
    folder = recorded_run(tmp_path, "orders", suffix=".partial")
    (folder / "metrics.json").unlink()
    change_manifest(folder, status="interrupted", failure="stopped by Ctrl-C")
    with pytest.raises(RequestError, match="no complete runs"):
        btcli.open_run("latest", runs=tmp_path)
    run = btcli.open_run(folder)
    assert run.trades.height == 62
    assert "interrupted" in repr(run).splitlines()[0]
    with pytest.raises(RequestError, match="the run is interrupted and has no metrics"):
        _ = run.metrics
    (folder / "events.jsonl").write_bytes((folder / "events.jsonl").read_bytes()[:-9])
    with pytest.raises(AccessError) as refusal:
        _ = run.events
    assert refusal.value.problems[0].hint == "the run is interrupted; btcli run makes it again"


def test_damaged_runs_are_passed_over_with_a_warning(tmp_path):
    """The latest sound run is opened, and the one in front of it is named."""
    sound = recorded_run(tmp_path, "orders")
    damaged = recorded_run(tmp_path, "ruled", at_s=1_800_000_000)
    (damaged / "run_manifest.json").write_text("{}")
    os.utime(damaged / "run_manifest.json", (1_800_000_000, 1_800_000_000))
    with pytest.warns(UserWarning, match=f"run {damaged.name} is passed over"):
        assert btcli.open_run(runs=tmp_path).path == sound


@pytest.mark.parametrize("named", ["latest", "", "abc", "no/such/folder"])
def test_a_name_without_a_run_is_refused_with_what_to_do(tmp_path, named):
    """Nothing is opened by accident, and what to do is told in words of Python."""
    with pytest.raises(RequestError) as refusal:
        btcli.open_run(named, runs=tmp_path / "runs")
    assert refusal.value.problems[0].hint == "btcli run makes one; runs= names another folder"
    (tmp_path / "file").write_text("x")
    with pytest.raises(AccessError, match="is a file") as refused:
        btcli.open_run(named, runs=tmp_path / "file")
    assert refused.value.problems[0].hint == "runs= names the folder of runs"


def test_frames_are_read_once(tmp_path):
    """The same frame comes back, so that a notebook may name it in every cell."""
    run = btcli.open_run(recorded_run(tmp_path, "orders"))
    assert run.trades is run.trades
    assert isinstance(run.events, pl.DataFrame)
    assert Path(run.path).is_dir()
