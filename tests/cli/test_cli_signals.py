"""Predictions of a file beside the system, on the command line: when they are seen, and how a run answers for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from cli_worlds import hourly, only_run, run_in, say, small_world

SYSTEM = hourly(
    """\
signals: {file: preds.csv, available_at: ts}
strategy:
  rules:
    long: {enter: signals.score > 0.6, exit: signals.score < 0.5}
    short: {enter: signals.score < 0.2}
"""
)
IN_PYTHON = """\
from btcli.strategies import Direction, Signal, Strategy


class Own(Strategy):
    def decide(self, snapshot):
        score = snapshot.signals["score"]
        if snapshot.exchange.side > 0 and score < 0.5:
            return Signal(Direction.FLAT)
        if score > 0.6:
            return Signal(Direction.LONG)
        if score < 0.2:
            return Signal(Direction.SHORT)
        return None
"""


def drawn(folder: Path, name: str = "preds.csv") -> pl.DataFrame:
    """Scores of every three hours, each known half an hour after the full one."""
    hours = np.arange(0, 31 * 24, 3)
    ts = 1_704_067_200_000 + hours * 3_600_000 + 1_800_000
    frame = pl.DataFrame({"ts": ts, "score": np.random.default_rng(3).random(len(hours)).round(4)})
    frame.write_csv(folder / name)
    return frame


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a month of sample data, a system of signals, and their file."""
    folder = small_world(tmp_path_factory.mktemp("signals"))
    (folder / "system.yml").write_text(SYSTEM)
    drawn(folder)
    return folder


@pytest.fixture
def project(world: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(world, tmp_path / "project"))


def filled(run: Path) -> list[tuple[str, str]]:
    """When orders filled, and on which side."""
    events = map(json.loads, (run / "events.jsonl").read_text().splitlines())
    return [(each["ts"][5:16], each["side"]) for each in events if each["event"] == "order_filled"]


def with_rows(folder: Path, *rows: str) -> None:
    """Write the file of signals anew."""
    (folder / "preds.csv").write_text("\n".join(("ts,score", *rows)) + "\n")


def test_a_row_is_seen_from_its_moment_on(project: Path) -> None:
    """Known at 01:30 it is seen at 02:00, known at 05:00 at that close; an empty row and one before do nothing."""
    with_rows(
        project,
        "2024-01-01T01:30:00Z,0.7",  # seen at the close of 02:00: a long at the open of the next bar
        "2024-01-01T05:00:00Z,0.4",  # at the very close of 05:00: the exit
        "2024-01-01T08:00:00.001Z,0.1",  # a millisecond after the close of 08:00: a short at 09:00
        "2024-01-01T10:59:59Z,",  # unknown, so that the short goes on
        "2024-01-01T12:10:00Z,0.9",  # followed by another before the close of 13:00: never seen
        "2024-01-01T12:20:00Z,0.55",
        "2024-01-01T15:00:00Z,0.61",
    )
    assert filled(run_in(project, "--set", "windows.jan.end=2024-01-02")) == [
        ("01-01T02:00", "buy"),
        ("01-01T05:00", "sell"),
        ("01-01T09:00", "sell"),
        ("01-01T15:00", "buy"),
        ("01-01T15:00", "buy"),
        ("01-03T00:00", "sell"),
    ]


def test_an_old_row_is_unknown(project: Path) -> None:
    """A row older than `max_age` enters nothing more; until then a closed position is entered again."""
    with_rows(project, "2024-01-01T01:00:00Z,0.7", "2024-01-01T20:00:00Z,0.55")
    rules = "strategy.rules={long: {enter: signals.score > 0.6, exit: time.hour == 3}}"
    shown = filled(run_in(project, "--set", rules, "--set", "windows.jan.end=2024-01-01"))
    assert shown[:3] == [("01-01T01:00", "buy"), ("01-01T03:00", "sell"), ("01-01T04:00", "buy")]
    aged = filled(run_in(project, "--set", rules, "--set", "windows.jan.end=2024-01-01", "--set", "signals.max_age=2h"))
    assert aged == [("01-01T01:00", "buy"), ("01-01T03:00", "sell")]


def test_earlier_values_are_those_of_earlier_closes(project: Path) -> None:
    """`x[1]` is what was known at the close before, however many rows lie between; it looks before the window, too."""
    with_rows(project, "2023-12-31T23:30:00Z,0.3", "2024-01-01T00:30:00Z,0.7", "2024-01-01T03:30:00Z,0.9")
    rules = "strategy.rules={long: {enter: 'signals.score > 0.6 and signals.score[1] < 0.5', exit: time.hour == 6}}"
    assert filled(run_in(project, "--set", rules, "--set", "windows.jan.end=2024-01-01"))[:2] == [
        ("01-01T01:00", "buy"),
        ("01-01T06:00", "sell"),
    ]


def test_rules_and_python_see_the_same(world: Path) -> None:
    """A strategy in Python that reads the same column does the same, byte for byte."""
    (world / "own.py").write_text(IN_PYTHON)
    head = SYSTEM.partition("strategy:")[0].replace("small", "python")
    (world / "python.yml").write_text(head + "strategy: {use: own.py:Own}\n")
    by_rules, by_python = run_in(world), run_in(world, "python.yml")
    for name in ("events.jsonl", "trades.csv", "equity_curve.csv"):
        assert (by_rules / name).read_bytes() == (by_python / name).read_bytes()
    assert len(filled(by_rules)) > 50
    assert say(world, "replay", by_python).code == 0


def test_unknown_signals_hold_up_nothing(project: Path) -> None:
    """A run whose first row comes late decides at each close before it, and tells so; Python is shown NaN."""
    with_rows(project, "2024-01-30T00:00:00Z,0.7")
    said = say(project, "run", "--json")
    metrics = said.envelope["data"]["metrics"]
    assert (metrics["decisions"], metrics["first_decision_ts"]) == (743, "2024-01-01T01:00:00.000Z")
    assert any("695 of 744 closes of ltf see no row of the signals" in each for each in said.envelope["warnings"])
    (project / "own.py").write_text(
        IN_PYTHON.replace("        if snap", "        assert score != score or score == 0.7\n        if snap", 1)
    )
    assert say(project, "run", "--set", "strategy={use: own.py:Own}").code == 0


def test_a_check_lists_the_signals(world: Path, project: Path) -> None:
    """Rows, moments, how many become known inside, how many no close sees; machines get the same sentence."""
    said = say(world, "preflight", "--json")
    (report,) = said.envelope["data"]["reports"]
    (row,) = [each for each in report["series"] if each["series"] == "signals"]
    assert (row["healthy"], row["coverage"]["rows"]) == (True, 248)
    assert report["notes"] == [
        "signals: 248 rows, 2024-01-01 00:30 to 2024-01-31 21:30; 248 become known inside the window, of which no "
        "close of ltf sees 0; known at 744 of 744 closes",
        "signals: score of preds.csv",
    ]
    with_rows(project, "2024-01-01T00:00:00Z,0.7", "2024-01-02T03:00:00Z,0.7")
    assert (
        "one stamped with the open of the bar that it was made from would look ahead" in say(project, "preflight").out
    )
    with_rows(project, "2024-01-01T00:10:00Z,0.7", "2024-01-01T00:20:00Z,0.7", "2024-02-03T00:20:00Z,0.7")
    shown = say(project, "preflight").out
    assert "2 become known inside the window, of which no close of ltf sees 1; known at 744 of 744" in shown
    assert "1 rows become known after 2024-02-01 00:00 and are not read" in shown


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        (["2024-02-01T00:00:01Z,1"], "", "no close of ltf sees a row of the signals: none was known by then"),
        (
            ["2023-06-01T00:00:00Z,1"],
            ", max_age: 1d",
            "no close of ltf sees a row of the signals: the last, of 2023-06-01 00:00, is older than max_age",
        ),
    ],
)
def test_a_file_that_covers_nothing_keeps_a_run_from_starting(
    project: Path, rows: list[str], more: str, said: str
) -> None:
    """Preflight and run refuse it alike, and offer no repair, for no tool can write predictions."""
    with_rows(project, *rows)
    (project / "system.yml").write_text(SYSTEM.replace("available_at: ts", f"available_at: ts{more}"))
    for verb in ("preflight", "run"):
        answer = say(project, verb, "--json")
        assert answer.code == 1
        assert any(said in error["message"] for error in answer.envelope["errors"])
        assert "data sample" not in answer.out


def test_rows_before_the_window_alone_are_warned_of(project: Path) -> None:
    """A file that ends before the window may still hold a level that counts: it is told loudly."""
    with_rows(project, "2023-06-01T00:00:00Z,1")
    said = say(project, "run", "--json")
    assert said.code == 0
    assert any("no row of the signals becomes known inside the window" in each for each in said.envelope["warnings"])


def test_a_file_that_is_not_there_is_told_with_its_place(project: Path) -> None:
    """The place is that of the file's name in the system; a folder is no file either."""
    (project / "preds.csv").unlink()
    for verb in ("preflight", "run"):
        answer = say(project, verb, "--json")
        (error,) = answer.envelope["errors"]
        assert (answer.code, error["where"], error["message"]) == (2, "system.yml:9:17", "there is no file preds.csv")
    (project / "preds.csv").mkdir()
    assert "preds.csv is a folder" in say(project, "run").err
    named = say(project, "run", "--set", "signals.file=/dev/null", "--json").envelope["errors"][0]
    assert (named["where"], named["message"]) == ("--set signals.file", "/dev/null is no file")
    assert say(project, "run", "--set", f"signals.file={'x' * 5000}").code == 2


@pytest.mark.parametrize(
    ("written", "key", "said"),
    [
        ("{file: preds.csv}", "signals.available_at", "is required"),
        ("{file: preds.csv, available_at: ts, unit: h}", "signals.unit", "'h' is not one of s, ms, us or ns"),
        ("{file: preds.csv, available_at: ts, max_age: 90}", "signals.max_age", "90 is not a duration"),
        ("{file: preds.csv, available_at: ts, columns: []}", "signals.columns", "must not be empty"),
        ("{file: preds.csv, available_at: ts, columns: [a b]}", "signals.columns", "must be made of letters, digits"),
        ("{file: preds.csv, available_at: ts, colums: [a]}", "signals.colums", "unknown key"),
        ("preds.csv", "signals", "expected keys and values"),
    ],
)
def test_wrong_keys_are_told(project: Path, written: str, key: str, said: str) -> None:
    """Each by its key, with what was expected."""
    (project / "system.yml").write_text(SYSTEM.replace("{file: preds.csv, available_at: ts}", written))
    answer = say(project, "run", "--json")
    assert answer.code == 2
    assert [each["message"] for each in answer.envelope["errors"] if each["message"].startswith(key)] != []
    assert said in answer.envelope["errors"][0]["message"]


def test_a_name_that_the_file_has_not_is_told(world: Path) -> None:
    """The nearest column is named, at the place of the expression; without signals the key is."""
    said = say(world, "preflight", "--set", "strategy.rules.long.exit=signals.scor < 1", "--json")
    (error,) = said.envelope["errors"]
    assert error["message"].startswith("signals have no column 'scor', at column 1:")
    assert error["hint"] == "did you mean score?"
    (world / "bare.yml").write_text(SYSTEM.replace("signals: {file: preds.csv, available_at: ts}\n", ""))
    (error, *_) = say(world, "preflight", "bare.yml", "--json").envelope["errors"]
    assert (error["message"].split(",")[0], error["hint"]) == (
        "strategy.rules.long.enter: the system has no signals",
        "write signals: {file: predictions.parquet, available_at: ts}",
    )


def test_signals_that_no_rule_names_are_refused(project: Path) -> None:
    """What does nothing is no part of a system of rules; code may name its columns anywhere."""
    said = say(project, "preflight", "--set", "strategy.rules={long: {enter: close > open}}", "--json")
    (error,) = said.envelope["errors"]
    assert (said.code, error["where"]) == (2, "system.yml:9:1")
    assert error["message"] == "signals: do nothing: no rule names a column of them"
    for enter in ("1 > signals . score", "rising(signals.score, 2)"):
        assert say(project, "preflight", "--set", f"strategy.rules={{long: {{enter: '{enter}'}}}}").code == 0
    assert say(project, "preflight", "--set", "strategy={use: mtf_trend}").code == 0


def test_python_is_told_what_columns_there_are(project: Path) -> None:
    """A column that is not there raises in the strategy, with the nearest one; of no signals the key is told."""
    (project / "own.py").write_text(IN_PYTHON.replace('["score"]', '["scor"]'))
    said = say(project, "run", "--set", "strategy={use: own.py:Own}")
    assert (said.code, "signals have no column 'scor': did you mean score?" in said.err) == (4, True)
    head = SYSTEM.partition("signals:")[0]
    (project / "bare.yml").write_text(head + "strategy: {use: own.py:Own}\n")
    assert "the system has no signals: {file: …, available_at: …}" in say(project, "run", "bare.yml").err


def test_a_replay_reads_the_file_again(project: Path) -> None:
    """The same rows replay; a changed number is told with its row, and so is a row that is gone."""
    run = run_in(project)
    assert say(project, "replay", run).code == 0
    frame = pl.read_csv(project / "preds.csv")
    moment = int(frame["ts"][4])
    score = pl.when(pl.col("ts") == moment).then(0.123).otherwise("score")
    frame.with_columns(score=score).write_csv(project / "preds.csv")
    said = say(project, "replay", run, "--json")
    assert said.code == 1
    assert "signals" in said.out
    row = "the first row that differs is now that of 2024-01-01T12:30:00.000Z (score 0.123)"
    assert f"{row}; 248 rows as before" in said.out
    assert say(project, "replay", run, "--no-run").code == 1
    frame.filter(pl.col("ts") != moment).write_csv(project / "preds.csv")
    assert "it had 248 rows, it has 247" in say(project, "replay", run, "--json").out
    frame.write_csv(project / "preds.csv")
    assert say(project, "replay", run, "--no-run").code == 0


def test_rows_that_are_added_later_change_no_earlier_run(project: Path) -> None:
    """Only what is known by the window's end is in the identity; the order of rows and the kind of file are not."""
    run = run_in(project)
    frame = pl.read_csv(project / "preds.csv")
    more = pl.DataFrame({"ts": [int(frame["ts"].max()) + 3_600_000 * n for n in (4, 5)], "score": [0.1, 0.9]})
    pl.concat([more, frame.reverse()]).write_csv(project / "preds.csv")
    assert say(project, "replay", run).code == 0
    again = say(project, "run", "--json")
    assert again.envelope["data"]["run_id"] == run.name


def test_another_file_is_another_run(project: Path) -> None:
    """One number that differs gives another identity, though nothing else of the system does."""
    first = run_in(project)
    frame = pl.read_csv(project / "preds.csv")
    frame.with_columns(pl.col("score") + 0.0001).write_csv(project / "preds.csv")
    assert run_in(project).name != first.name
    series = json.loads((first / "run_manifest.json").read_text())["inputs"]["series"]
    (of_signals,) = [each for each in series if each["series"] == "signals"]
    assert (of_signals["rows"], of_signals["first"]) == (248, "2024-01-01T00:30:00.000Z")


def test_a_pack_holds_the_rows(project: Path, tmp_path: Path) -> None:
    """Elsewhere, without the project, its store and its file, the run replays from its pack alone."""
    run = run_in(project, "--pack")
    frame = pl.read_parquet(next((run / "pack").glob("*signals.parquet")))
    assert (frame.columns, frame.height) == (["available_at", "score"], 248)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(run, elsewhere / "run")
    shutil.rmtree(project)
    assert say(elsewhere, "replay", "run", "--pack-only").code == 0
    assert say(elsewhere, "replay", "run", "--pack-only", "--no-run").code == 0
    assert "signals.score > 0.6" in say(elsewhere, "explain", "run", "--at", "2024-01-10T12:00Z").out
    next((elsewhere / "run" / "pack").glob("*signals.parquet")).unlink()
    assert say(elsewhere, "replay", "run", "--pack-only").code != 0


def test_a_system_and_a_run_are_explained(world: Path) -> None:
    """The rules are read back with the file's name, and a moment shows the value that was known then."""
    said = say(world, "explain", "system.yml").out
    assert "signals.score is above 0.6" in said
    assert "signals are the columns of preds.csv, each row known from its ts on" in said
    frame = pl.read_csv(world / "preds.csv")
    known = float(frame.filter(pl.col("ts") <= 1_704_888_000_000)["score"][-1])  # 2024-01-10 12:00, by hand
    shown = say(world, "explain", run_in(world), "--at", "2024-01-10T12:00Z", "--json").envelope["data"]
    assert {each["value"] for each in _numbers(shown) if each["text"] == "signals.score"} == {known}


def test_what_python_was_shown_is_told(project: Path) -> None:
    """Between two closes of ltf it is what was known at the first; a file that is another one is refused."""
    (project / "own.py").write_text(IN_PYTHON)
    run = run_in(project, "--set", "strategy={use: own.py:Own}")
    shown = say(project, "explain", run, "--at", "2024-01-10T12:45Z", "--json").envelope["data"]
    frame = pl.read_csv(project / "preds.csv")
    known = float(frame.filter(pl.col("ts") <= 1_704_888_000_000)["score"][-1])  # 12:00: that of 12:30 is not seen yet
    assert {each["value"] for each in _numbers(shown) if each["text"] == "signals.score"} == {known}
    frame.with_columns(pl.col("score") + 1).write_csv(project / "preds.csv")
    said = say(project, "explain", run, "--at", "2024-01-10T12:45Z")
    assert (said.code, "signals are not what the run read" in said.err) == (1, True)


def test_signals_are_numbers_wherever_rules_take_one(project: Path) -> None:
    """As a stop and as a size, and counted over closes: those of 01:00 and 02:00 both know 0.7, by hand."""
    with_rows(project, "2024-01-01T00:30:00Z,0.7", "2024-01-01T03:00:00Z,0.1", "2024-01-01T04:00:00Z,0.7")
    rules = (
        "strategy.rules={long: {enter: 'count(signals.score > 0.6, 2) == 2 and time.day == 1', "
        "exit: signals.score < 0.2, stop: signals.score * 1000, size: {qty: signals.score / 10}}}"
    )
    run = run_in(project, "--set", rules, "--set", "windows.jan.end=2024-01-01T05:00Z")
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    opened = [each for each in events if each["event"] == "position_opened"]
    assert [(each["ts"][11:16], each["qty"]) for each in opened] == [("02:00", 0.07)]
    assert opened[0]["entry_price"] - opened[0]["stop_price"] == pytest.approx(700, abs=0.2)
    assert filled(run) == [("01-01T02:00", "buy"), ("01-01T03:00", "sell")]


def test_finer_candles_change_nothing_of_signals(project: Path) -> None:
    """A run that decides doubtful trades anew reads the same rows."""
    assert say(project, "data", "sample", "--detail", "15m").code == 0
    both = "--set", "strategy.rules.stop=0.004 * close", "--set", "strategy.rules.target=0.004 * close"
    said = say(project, "run", *both, "--detail", "15m", "--json")
    assert said.code == 0, said.out
    detail = said.envelope["data"]["detail"]
    assert detail["ambiguous"] > 0
    assert detail["final_equity_usdt"] is not None


LATER = """\
import copy
import pickle

from btcli.strategies import Strategy


class Own(Strategy):
    def __init__(self, params):
        super().__init__(params)
        self.kept = []

    def decide(self, snapshot):
        signals = snapshot.signals
        assert list(signals) == ["score"] and len(signals) == 1 and "score" in signals and "rank" not in signals
        self.kept.append((snapshot, signals, dict(signals), repr(signals)))
        for before, seen, was, shown in self.kept[-3:]:
            assert dict(before.signals) == dict(seen) == was and repr(seen) == shown
            assert pickle.loads(pickle.dumps(before)).signals == was == dict(copy.deepcopy(before).signals)
            assert before._replace(symbol="X").signals["score"] == was["score"]
        for change in (lambda: signals.update(score=1), lambda: setattr(snapshot, "signals", {})):
            try:
                change()
            except AttributeError:
                continue
            raise AssertionError("it can be written")
"""


def test_a_snapshot_keeps_the_signals_that_it_showed(project: Path) -> None:
    """However long it is kept, copied or pickled, it says what was known then, and nobody can write there."""
    (project / "own.py").write_text(LATER)
    said = say(project, "run", "--set", "strategy={use: own.py:Own}", "--json")
    assert said.code == 0, said.out


def _numbers(node: Any) -> list[dict[str, Any]]:
    """Every expression with a value in an answer."""
    if isinstance(node, list):
        return [each for below in node for each in _numbers(below)]
    if not isinstance(node, dict):
        return []
    return ([node] if "value" in node else []) + [each for below in node.values() for each in _numbers(below)]


def test_each_symbol_sees_its_own_rows(project: Path) -> None:
    """With a column of symbols one is long while the other is short; one without rows is told and does nothing."""
    (project / "system.yml").write_text(SYSTEM.replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]"))
    assert say(project, "data", "sample").code == 0
    (project / "preds.csv").write_text(
        "ts,symbol,score\n2024-01-01T01:00Z,BTCUSDT,0.7\n2024-01-01T01:00Z,ETHUSDT,0.1\n"
    )
    run = run_in(project)
    events = map(json.loads, (run / "events.jsonl").read_text().splitlines())
    opened = {each["symbol"]: each["side"] for each in events if each["event"] == "position_opened"}
    assert opened == {"BTCUSDT": "long", "ETHUSDT": "short"}
    assert say(project, "replay", run).code == 0
    (project / "preds.csv").write_text("ts,symbol,score\n2024-01-01T01:00Z,BTCUSDT,0.7\n")
    said = say(project, "run", "--json")
    assert any("ETHUSDT signals: 744 of 744 closes of ltf see no row" in each for each in said.envelope["warnings"])


@pytest.mark.parametrize("strategy", ["rules", "python"])
def test_signals_may_be_swept(project: Path, strategy: str) -> None:
    """Ages and files stand on other worlds: each trial is what a run of its own with the same values is."""
    drawn(project).with_columns(pl.col("score").reverse()).write_csv(project / "turned.csv")
    if strategy == "python":
        (project / "own.py").write_text(IN_PYTHON)
        (project / "system.yml").write_text(SYSTEM.partition("strategy:")[0] + "strategy: {use: own.py:Own}\n")
    grids = "signals.max_age=[1h, 2h]", "signals.file=[preds.csv, turned.csv]"
    said = say(project, "sweep", "--grid", grids[0], "--grid", grids[1], "--yes", "--json")
    assert said.code == 0, said.out
    assert (said.envelope["data"]["trials"], said.envelope["data"]["distinct_results"]) == (4, 4)
    for trial in range(1, 5):
        assert say(project, "run", "--trial", f"latest:{trial}", "--json").envelope["data"]["equals_trial"] is True


def test_a_run_without_signals_is_what_it_was(tmp_path: Path) -> None:
    """No file of a run without them has a word of them."""
    folder = small_world(tmp_path)
    run_in(folder)
    run = only_run(folder)
    assert "signals" not in (run / "system.resolved.yml").read_text()
    assert '"signals"' not in (run / "run_manifest.json").read_text()
    assert "notes" not in json.loads((run / "preflight_report.json").read_text())
