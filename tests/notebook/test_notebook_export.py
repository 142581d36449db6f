"""`btcli export`: a recorded run as files for other tools."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

import polars as pl
import pytest
from command_line import btcli as command
from command_line import environment
from recorded_runs import GOLDEN, change_manifest, recorded_run, rewrite, with_equity

import btcli
from btcli.errors import AccessError, RequestError
from btcli.workflows.runs.export import TAKEN_FOR_PRICES, RunExportRequest, To, export_run

NAMES = ("trades", "equity_curve", "events")


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of three days with tags, several symbols, targets and resting orders."""
    return recorded_run(tmp_path / "runs", "orders")


def test_parquet_holds_the_three_frames(run: Path, tmp_path: Path) -> None:
    """What a notebook reads from the files is what it would read from the run."""
    exported = export_run(RunExportRequest(run, To.PARQUET, tmp_path / "new" / "columns"))
    opened = btcli.open_run(run)
    for each, frame in zip(exported.files, (opened.trades, opened.equity, opened.events), strict=True):
        assert pl.read_parquet(each.file).equals(frame)
        assert each.rows == frame.height
        assert each.sha256 == hashlib.sha256(each.file.read_bytes()).hexdigest()
    assert [each.file for each in exported.files] == [
        tmp_path / "new" / "columns" / f"{name}.parquet" for name in NAMES
    ]


def test_csv_holds_every_column_and_what_is_nested_as_json(run: Path, tmp_path: Path) -> None:
    """Cells are those of the run's own files; trades have their tags."""
    export_run(RunExportRequest(run, To.CSV, tmp_path / "sheets"))
    assert (tmp_path / "sheets" / "equity_curve.csv").read_text() == (run / "equity_curve.csv").read_text()
    trades, own = rows_of(tmp_path / "sheets" / "trades.csv"), rows_of(run / "trades.csv")
    assert [{name: cell for name, cell in row.items() if name != "tag"} for row in trades] == own
    assert trades[0]["tag"].startswith("turn ")
    events = rows_of(tmp_path / "sheets" / "events.csv")
    for row, line in zip(events, (run / "events.jsonl").read_text().splitlines(), strict=True):
        told = json.loads(line)
        assert {name for name, cell in row.items() if cell} == {
            name for name, value in told.items() if value is not None
        }
        for name in told.keys() & {"targets", "size", "symbols", "timeframes"}:
            assert json.loads(row[name]) == told[name]


def test_hostile_tags_come_through_whole(run: Path, tmp_path: Path) -> None:
    """Commas, quotes, newlines and signs of any alphabet are quoted as CSV quotes them."""
    tag = 'a,"b"\r\n=1+1;\u202e<script>é\U0001f600\t'
    written = (run / "events.jsonl").read_text(encoding="utf-8")
    rewrite(run, "events.jsonl", written.replace('"tag":"turn 1"', f'"tag":{json.dumps(tag)}'))
    export_run(RunExportRequest(run, To.CSV, tmp_path / "sheets"))
    assert tag in {row["tag"] for row in rows_of(tmp_path / "sheets" / "trades.csv")}
    assert tag in {row["tag"] for row in rows_of(tmp_path / "sheets" / "events.csv")}


@pytest.mark.parametrize("name", ["liquidations", "reversing", "timeframes", "orders"])
def test_daily_returns_give_the_sharpe_ratio_of_the_run(tmp_path: Path, name: str) -> None:
    """365 days a year, sample deviation: what quantstats works out with periods=365."""
    run = recorded_run(tmp_path / "runs", name)
    exported = export_run(RunExportRequest(run, To.QUANTSTATS, tmp_path / "returns.csv"))
    rows = rows_of(tmp_path / "returns.csv")
    assert list(rows[0]) == ["date", "return"]
    returns = [float(row["return"]) for row in rows]
    expected = json.loads((run / "metrics.json").read_text())["sharpe"]
    assert ratio(returns) == pytest.approx(expected, rel=1e-12)
    assert (exported.warnings, exported.files[0].rows) == ((), len(rows))


def ratio(returns: list[float]) -> float:
    """Sharpe 1994 of daily returns, 365 of them a year."""
    return mean(returns) / stdev(returns) * sqrt(365)


def changes(values: list[float]) -> list[float]:
    """From each value to the next, as fractions."""
    return [after / before - 1 for before, after in pairwise(values)]


def taken_for_prices(values: list[float]) -> bool:
    """The rule of quantstats 0.0.86 (utils._prepare_returns)."""
    return min(values) >= 0 and max(values) > 1


@pytest.mark.parametrize(
    ("closes", "mistaken"),
    [([12000.0, 13000.0, 13000.0], True), ([10000.0, 10000.0, 10000.5], False), ([12000.0, 11999.0, 30000.0], False),
     ([4000.0, 3000.0, 100.0], False)],
)  # fmt: skip
def test_returns_without_a_loss_and_with_a_day_above_100_percent_are_told(
    run: Path, tmp_path: Path, closes: list[float], mistaken: bool
) -> None:
    """The file keeps true returns, the export warns of them, and as prices they are right whatever they are."""
    returns = changes([5000.0, *closes])
    with_equity(run, closes, sharpe=ratio(returns))
    exported = export_run(RunExportRequest(run, To.QUANTSTATS, tmp_path / "returns.csv"))
    written = [float(row["return"]) for row in rows_of(tmp_path / "returns.csv")]
    assert written == pytest.approx(returns, rel=1e-12)
    assert taken_for_prices(written) == mistaken
    assert exported.warnings == ((TAKEN_FOR_PRICES,) if mistaken else ())
    prices = [100.0]
    for each in written:
        prices.append(prices[-1] * (1.0 + each))
    assert taken_for_prices(prices)
    assert ratio(changes(prices)) == pytest.approx(ratio(returns), rel=1e-9)


def test_a_run_whose_ratios_the_curve_does_not_give_is_not_exported(run: Path, tmp_path: Path) -> None:
    """Better no file than one whose Sharpe ratio is another."""
    with_equity(run, [5100.0, 5000.0, 5200.0], sharpe=1.0)
    with pytest.raises(RequestError, match="no row at the end of each day"):
        export_run(RunExportRequest(run, To.QUANTSTATS, tmp_path / "new" / "returns.csv"))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("config", "kept", "is_told"),
    [
        ({}, "T", True),
        ({}, "T12:00", False),
        ({"output": {"equity": "exec"}}, "T12:00", True),
        ({"timeframes": {"exec": "30m", "ltf": "30m", "mtf": "30m", "htf": "30m"}}, "T12:00", True),
    ],
    ids=["every close", "no midnight", "every step", "one timeframe"],
)
def test_returns_are_told_of_days_whose_ends_the_curve_has(
    run: Path, tmp_path: Path, config: dict[str, object], kept: str, is_told: bool
) -> None:
    """Where steps have no row, a row at each midnight must be there: the same ratio fits returns of other days."""
    returns = [5200.0, 5200.0, 5000.0]
    with_equity(run, returns, sharpe=ratio(changes([5000.0, *returns])))
    header, *rows = (run / "equity_curve.csv").read_text().splitlines(keepends=True)
    rewrite(
        run, "equity_curve.csv", header + "".join(row for row in rows if kept in row[:16]) + rows[-1] * (kept != "T")
    )
    manifest = json.loads((run / "run_manifest.json").read_text())
    manifest["inputs"]["config"] |= config
    change_manifest(run, inputs=manifest["inputs"])
    request = RunExportRequest(run, To.QUANTSTATS, tmp_path / "returns.csv")
    if is_told:
        assert export_run(request).files[0].rows == 3
    else:
        with pytest.raises(RequestError, match="no row at the end of each day"):
            export_run(request)


@pytest.mark.parametrize(
    ("to", "out", "said"),
    [
        (To.CSV, "file", "is a file"),
        (To.QUANTSTATS, "folder.csv", "is a folder"),
        (To.QUANTSTATS, "returns.xlsx", "ends neither in .csv nor in .parquet"),
        (To.QUANTSTATS, "returns", "ends neither in .csv nor in .parquet"),
        (To.CSV, "runs/orders/days/{id}", "lies in a run's folder"),
        (To.QUANTSTATS, "runs/orders/days/{id}/new/returns.csv", "lies in a run's folder"),
    ],
)
def test_a_place_that_is_none_is_refused(run: Path, tmp_path: Path, to: To, out: str, said: str) -> None:
    """Before anything is made; a run's folder holds what its manifest says and nothing else."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder.csv").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RequestError, match=said) as refusal:
        export_run(RunExportRequest(run, to, tmp_path / out.format(id=run.name), overwrite=True))
    assert refusal.value.problems[0].hint
    assert sorted(tmp_path.rglob("*")) == before


def test_a_pipe_is_never_replaced(run: Path, tmp_path: Path) -> None:
    """What is neither file nor folder stays what it is, asked to overwrite or not."""
    pipe = tmp_path / "returns.csv"
    os.mkfifo(pipe)
    for overwrite in (False, True):
        with pytest.raises(RequestError, match="no file that can be replaced"):
            export_run(RunExportRequest(run, To.QUANTSTATS, pipe, overwrite))
    assert pipe.is_fifo()


def test_files_that_are_there_stay_without_overwrite(run: Path, tmp_path: Path) -> None:
    """None of the three is written when one of them is there."""
    (tmp_path / "events.csv").write_text("mine")
    with pytest.raises(RequestError, match="is there already"):
        export_run(RunExportRequest(run, To.CSV, tmp_path))
    assert not (tmp_path / "trades.csv").exists()
    export_run(RunExportRequest(run, To.CSV, tmp_path, overwrite=True))
    assert len(rows_of(tmp_path / "events.csv")) == 972


@pytest.mark.parametrize("file", ["trades.csv", "events.jsonl", "equity_curve.csv"])
def test_a_damaged_run_leaves_no_file(run: Path, tmp_path: Path, file: str) -> None:
    """Neither the folder nor the files that could have been written."""
    (run / file).write_bytes((run / file).read_bytes()[:-7])
    with pytest.raises(AccessError, match=file.replace(".", r"\.")):
        export_run(RunExportRequest(run, To.PARQUET, tmp_path / "columns"))
    assert not (tmp_path / "columns").exists()


def test_an_unfinished_run_is_refused(run: Path, tmp_path: Path) -> None:
    """What broke off is no result to hand on."""
    change_manifest(run, status="failed", failure="StrategyError: x")
    with pytest.raises(RequestError, match="the run is failed, not complete"):
        export_run(RunExportRequest(run, To.CSV, tmp_path / "sheets"))


def test_the_command_answers_with_its_files(run: Path, tmp_path: Path) -> None:
    """By its id, into names made of it, here; machines get rows and digests."""
    done = command("export", "latest", "--to", "csv", "--json", cwd=tmp_path)
    told = done.envelope["data"]
    assert (done.code, done.err, told["run_id"], told["to"]) == (0, "", run.name, "csv")
    assert [each["file"] for each in told["files"]] == [f"{run.name}-csv/{name}.csv" for name in NAMES]
    assert [each["rows"] for each in told["files"]] == [62, 144, 972]
    done = command("export", run.name[:5], "--to", "quantstats", cwd=tmp_path)
    assert (done.code, done.out) == (0, f"{run.name}-returns.csv: 3 rows\n")
    done = command("export", "latest", "--to", "quantstats", cwd=tmp_path)
    assert done.code == 2
    assert "--overwrite" in done.err
    done = command("export", "latest", "--to", "excel", "--runs", GOLDEN, cwd=tmp_path)
    assert done.code == 2
    assert "'parquet', 'csv', 'quantstats'" in done.err


def test_an_export_of_returns_that_would_be_mistaken_warns(run: Path, tmp_path: Path) -> None:
    """On stderr and in the envelope; the exit code is 0, for the file is right."""
    closes = [12000.0, 13000.0, 13000.0]
    with_equity(run, closes, sharpe=ratio(changes([5000.0, *closes])))
    done = command("export", "latest", "--to", "quantstats", "--json", cwd=tmp_path)
    assert (done.code, done.envelope["warnings"]) == (0, [TAKEN_FOR_PRICES])


def test_ctrl_c_leaves_no_half_export(run: Path, tmp_path: Path) -> None:
    """Interrupted while the last of three files is made: the two others are not there."""
    code = (
        "import sys, time, signal, os\n"
        "from pathlib import Path\n"
        "from btcli.notebook import Run\n"
        "from btcli.workflows.runs.export import RunExportRequest, To, export_run\n"
        "def slow(self):\n    print('now', flush=True)\n    time.sleep(600)\n"
        "Run.events = property(slow)\n"
        "export_run(RunExportRequest(Path(sys.argv[1]), To.CSV, Path(sys.argv[2])))\n"
    )
    words = [sys.executable, "-c", code, run, tmp_path / "sheets"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(), text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "now\n"
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=300) != 0
    child.stdout.close()
    assert not (tmp_path / "sheets").exists()


def test_of_two_exports_at_once_one_is_whole_and_the_other_refused_or_both_the_same(run: Path, tmp_path: Path) -> None:
    """Whoever comes second leaves the first one's files alone."""
    words = [sys.executable, "-m", "btcli", "export", str(run), "--to", "csv", "--out", str(tmp_path / "sheets")]
    children = [subprocess.Popen(words, stderr=subprocess.PIPE, env=environment(), cwd=tmp_path) for _ in range(2)]
    codes = []
    for child in children:
        child.communicate(timeout=300)
        codes.append(child.returncode)
    assert sorted(codes) == [0, 2]
    assert sorted(path.name for path in (tmp_path / "sheets").iterdir()) == sorted(f"{name}.csv" for name in NAMES)
    assert len(rows_of(tmp_path / "sheets" / "events.csv")) == 972
