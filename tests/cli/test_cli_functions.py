"""Features that functions of the user's compute, on the command line: run, refused, replayed, packed, swept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from cli_worlds import hourly, run_in, say, small_world
from command_line import btcli

SYSTEM = hourly(
    """\
features:
  ltf: {fast: {python: "mine.py:mean", bars: 5, args: {n: 5}}, slow: "sma(close, 12)", gap: "fast - slow"}
  htf: {trend: {python: mine:trend, bars: 40}}
strategy:
  rules:
    long: {enter: "cross_above(gap, 0) and htf.close > htf.trend"}
    short: {enter: "cross_below(gap, 0) and htf.close < htf.trend"}
""",
    start="2024-01-10",
)
EXPRESSIONS = {'{python: "mine.py:mean", bars: 5, args: {n: 5}}': '"sma(close, 5)"'}
MINE = """\
from helping import rolled
import polars as pl


def mean(bars, n):
    return rolled(bars["close"], n)


def choosy(bars, n):
    if n == 4:
        raise ValueError("not four")
    return {6: None, 7: bars["close"].shift(-1)}.get(n, bars["close"])


def trend(bars):
    return pl.col("close").ewm_mean(span=5)


def ahead(bars):
    return bars["close"].shift(-1)


def raising(bars):
    if bars.height > 300:
        raise ValueError("too many")
    return bars["close"]


def leaving(bars):
    import os
    os._exit(0)


def looking(bars, n):
    import helping
    return helping.rolled(bars["close"], n)
"""
HELPING = "def rolled(values, n):\n    return values.rolling_mean(n)\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a month of sample data, a system and its functions."""
    folder = small_world(tmp_path_factory.mktemp("functions"))
    (folder / "system.yml").write_text(SYSTEM)
    (folder / "mine.py").write_text(MINE)
    (folder / "helping.py").write_text(HELPING)
    return folder


@pytest.fixture
def project(world: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(world, tmp_path / "project"))


def test_a_function_is_a_feature_like_others(world: Path) -> None:
    """A mean in Python and TA-Lib's own give the same trades in rules, and more history stands before the window."""
    run = run_in(world)
    text = SYSTEM
    for before, after in EXPRESSIONS.items():
        text = text.replace(before, after)
    (world / "expressions.yml").write_text(text)
    by_talib = run_in(world, "expressions.yml")
    trades = [(each / "trades.csv").read_text() for each in (run, by_talib)]
    assert trades[0] == trades[1]
    assert trades[0].count("\n") > 10
    said = say(world, "preflight", "--json").envelope["data"]["reports"][0]["series"]
    warmup = {each["series"]: each["warmup_bars"] for each in said}
    assert (warmup["sample BTCUSDT trade 1h"], warmup["sample BTCUSDT trade 4h"]) == (11, 40)


IN_PYTHON = """\
from btcli.strategies import Direction, Signal, Strategy


class Own(Strategy):
    features = {"ltf": {"fast": "ema(close, 3)"}}

    def __init__(self, params):
        super().__init__(params)
        self.before = None

    def decide(self, snapshot):
        gap, before = snapshot.ltf["gap"], self.before
        self.before = gap
        rises = snapshot.htf.close > snapshot.htf["trend"]
        falls = snapshot.htf.close < snapshot.htf["trend"]
        if before is not None and gap > 0 >= before and rises:
            return Signal(Direction.LONG)
        if before is not None and gap < 0 <= before and falls:
            return Signal(Direction.SHORT)
        return None
"""


def test_python_strategies_read_it(world: Path) -> None:
    """The same in Python gives the same events; a feature of its own with that name gives way to the system's."""
    (world / "own.py").write_text(IN_PYTHON)
    head = SYSTEM.partition("strategy:")[0].replace("small", "python")
    (world / "python.yml").write_text(head + "strategy: {use: own.py:Own}\n")
    by_rules, by_python = run_in(world), run_in(world, "python.yml")
    assert (by_rules / "events.jsonl").read_bytes() == (by_python / "events.jsonl").read_bytes()
    assert say(world, "replay", by_python).code == 0


@pytest.mark.parametrize(
    ("use", "code", "said"),
    [
        ("mine.py:ahead", 4, "features.ltf.fast: ahead looks ahead: at the bar that closed 2024-01-"),
        ("mine.py:raising", 4, "features.ltf.fast: raising raised over"),
        ("mine.py:nothing", 2, "mine.py has no function 'nothing'"),
        ("mine.py:mean", 2, "missing a required argument: 'n'"),
        ("missing.py:mean", 2, "there is no strategy file missing.py"),
    ],
)
def test_a_wrong_function_ends_the_run(world: Path, use: str, code: int, said: str) -> None:
    """With the key of the feature, and where it is the function that is wrong its line."""
    answer = say(world, "run", "--set", f"features.ltf.fast={{python: '{use}', bars: 5}}", "--json")
    (error,) = answer.envelope["errors"]
    assert (answer.code, said in error["message"]) == (code, True)
    assert error["where"].startswith("mine.py:" if code == 4 else "--set features.ltf.fast")


def test_a_function_cannot_end_the_process(world: Path) -> None:
    """What would end btcli is told like any mistake of the function."""
    done = btcli("run", "--set", "features.ltf.fast={python: 'mine.py:leaving', bars: 5}", cwd=world)
    assert (done.code, "os._exit(0) would end btcli" in done.err) == (4, True)


@pytest.mark.parametrize(
    ("written", "key", "said"),
    [
        ("{python: 'mine.py:mean'}", "features.ltf.fast.bars", "is required"),
        ("{bars: 3}", "features.ltf.fast.python", "is required"),
        ("{python: 'mine.py:mean', bars: -1}", "features.ltf.fast.bars", "must be at least 0, got -1"),
        ("{python: 'mine.py:mean', bars: 1e9}", "features.ltf.fast.bars", "expected a whole number"),
        ("{python: 'mine.py:mean', bars: 100001}", "features.ltf.fast.bars", "must be at most 100000"),
        ("{python: 'mine.py:mean', bars: 5, arg: {n: 5}}", "features.ltf.fast.arg", "unknown key"),
        ("{python: 'mine.py:mean', bars: 5, args: {n: [5]}}", "features.ltf.fast.args.n", "expected a number, a word"),
        ("[1]", "features.ltf.fast", "expected a word"),
    ],
)
def test_wrong_keys_are_told(world: Path, written: str, key: str, said: str) -> None:
    """Each by its key, with what was expected."""
    answer = say(world, "preflight", "--set", f"features.ltf.fast={written}", "--json")
    assert answer.code == 2
    errors = [(each["where"], each["message"]) for each in answer.envelope["errors"]]
    assert any(key in f"{where} {message}" and said in message for where, message in errors), errors


def test_a_function_has_no_role_exec(world: Path) -> None:
    """Features are those of ltf, mtf and htf."""
    said = say(world, "preflight", "--set", "features.exec={z: {python: 'mine.py:mean', bars: 5, args: {n: 5}}}")
    assert (said.code, "features are computed for ltf, mtf and htf" in said.err) == (2, True)


def test_its_source_is_in_the_identity(project: Path) -> None:
    """Another line in the file, or in a module that it imports, is another run, and the replay says what changed."""
    run = run_in(project)
    assert say(project, "replay", run).code == 0
    (project / "helping.py").write_text(HELPING + "# the same\n")
    said = say(project, "replay", run, "--json")
    assert (said.code, "the strategy changed since the run" in said.out) == (0, True)
    assert run_in(project).name != run.name
    assert run_in(project, "--set", "features.ltf.fast.args.n=6").name not in (run.name, run_in(project).name)
    (project / "helping.py").write_text(HELPING.replace("values.rolling", "2 * values.rolling"))
    assert say(project, "replay", run).code == 1


def test_a_replay_says_before_it_runs_it(project: Path) -> None:
    """The function is foreign code as a strategy is, though rules decide; a changed run does not get to run it."""
    run = run_in(project)
    said = say(project, "replay", run, "--json")
    assert [each["use"] for each in said.envelope["data"]["ran"]] == ["mine:trend", "mine.py:mean"]
    assert "about to run mine.py:mean" in said.err
    (run / "trades.csv").write_text("")
    said = say(project, "replay", run, "--json")
    assert (said.code, said.envelope["data"]["ran"]) == (1, [])


def test_a_pack_holds_its_files(project: Path, tmp_path: Path) -> None:
    """Elsewhere, without project and store, the run replays by the functions of its pack."""
    run = run_in(project, "--pack")
    assert {each.name for each in (run / "pack" / "strategy").iterdir()} == {"mine.py", "helping.py"}
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(run, elsewhere / "run")
    shutil.rmtree(project)
    said = say(elsewhere, "replay", "run", "--pack-only", "--json")
    assert said.code == 0, said.out
    (elsewhere / "run" / "pack" / "strategy" / "mine.py").write_text(MINE + "\n")
    assert say(elsewhere, "replay", "run", "--pack-only").code == 1


def test_what_shows_a_run_runs_no_code(project: Path) -> None:
    """A report and a moment are made without the file, and leave out what hangs on it."""
    run = run_in(project)
    (project / "mine.py").write_text("raise SystemExit('run')\n")
    said = say(project, "report", run, "--json")
    assert said.code == 0
    assert any("Features of functions in Python" in each for each in said.envelope["warnings"])
    said = say(project, "explain", run, "--at", "2024-01-20T12:00Z", "--json")
    assert said.code == 0
    assert "ltf.slow" in said.out
    assert "ltf.gap" not in said.out
    assert "mean(bars, n=5) of mine.py" in say(project, "explain", "system.yml").out


def test_a_module_that_is_imported_late_is_found(project: Path) -> None:
    """A function may import its project's modules when it is called."""
    run = run_in(project, "--set", "features.ltf.fast={python: 'mine.py:looking', bars: 5, args: {n: 5}}")
    assert (run / "trades.csv").read_bytes() == (run_in(project) / "trades.csv").read_bytes()


def test_its_values_may_be_swept(project: Path) -> None:
    """Values of rules, over one world, and of its arguments, over several, give what runs of their own give."""
    said = say(
        project, "sweep", "--grid", "features.ltf.fast.args.n=[4, 5]",
        "--grid", "strategy.rules.long.enter=['cross_above(gap, 0)', 'cross_above(gap, 90)']", "--yes", "--json",
    )  # fmt: skip
    assert said.code == 0, said.out
    assert (said.envelope["data"]["trials"], said.envelope["data"]["distinct_results"]) == (4, 4)
    for trial in range(1, 5):
        assert say(project, "run", "--trial", f"latest:{trial}", "--json").envelope["data"]["equals_trial"] is True


def test_arguments_that_make_it_fail_are_rows_with_their_reason(project: Path) -> None:
    """One raises, one gives nothing, one looks ahead; the others are as they would be alone, and so is the first."""
    text = SYSTEM.replace("mine.py:mean", "mine.py:choosy").replace("bars: 5", "bars: 9")
    (project / "system.yml").write_text(text)
    said = say(project, "sweep", "--grid", "features.ltf.fast.args.n=[4, 5, 6, 7, 8]", "--yes", "--json")
    assert said.code == 0, said.out
    rows = pl.read_parquet(project / said.envelope["data"]["table"]).select("status", "reason").rows()
    assert [status for status, _ in rows] == ["RAISED", "END_OF_DATA", "RAISED", "RAISED", "END_OF_DATA"]
    reasons = [reason or "" for _, reason in rows]
    for reason, told in zip(reasons, ("ValueError: not four", "", "gave NoneType", "looks ahead", ""), strict=True):
        assert told in reason
        assert reason.startswith("mine.py:") or not told
    assert say(project, "run", "--trial", "latest:2", "--json").envelope["data"]["equals_trial"] is True
    refused = say(project, "run", "--trial", "latest:1", "--json")
    assert (refused.code, "could not be run" in refused.envelope["errors"][0]["message"]) == (2, True)


def test_a_function_that_fails_in_every_trial_ends_the_sweep(project: Path) -> None:
    """All stand on the one world that cannot be built: exit 4, as of a run, and no folder is left."""
    (project / "system.yml").write_text(SYSTEM.replace("mine.py:mean", "mine.py:choosy").replace("{n: 5}", "{n: 4}"))
    said = say(project, "sweep", "--grid", "features.ltf.slow=sma(close, {10..12})", "--yes", "--json")
    assert (said.code, "not four" in said.envelope["errors"][0]["message"]) == (4, True)
    assert not list((project / "sweeps").glob("*/*/*"))


def test_one_function_serves_several_symbols(project: Path) -> None:
    """It is computed over each symbol's own bars."""
    (project / "system.yml").write_text(SYSTEM.replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]"))
    assert say(project, "data", "sample").code == 0
    run = run_in(project)
    rules = json.loads((run / "rules.json").read_text())["symbols"]
    assert rules["BTCUSDT"] != rules["ETHUSDT"]
    assert say(project, "replay", run).code == 0


def test_rules_read_it_of_other_symbols(project: Path) -> None:
    """`ETHUSDT.ltf.fast` is the function over the bars of ETHUSDT, as is a feature that is made of it."""
    (project / "system.yml").write_text(SYSTEM.replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]"))
    assert say(project, "data", "sample").code == 0
    text = SYSTEM.replace("cross_above(gap, 0)", "ETHUSDT.ltf.gap > 0 and ETHUSDT.ltf.fast > ETHUSDT.htf.trend")
    (project / "system.yml").write_text(text)
    by_function = run_in(project)
    for before, after in EXPRESSIONS.items():
        text = text.replace(before, after)
    (project / "system.yml").write_text(text)
    assert (run_in(project) / "trades.csv").read_bytes() == (by_function / "trades.csv").read_bytes()
    assert (by_function / "trades.csv").read_text().count("\n") > 3
