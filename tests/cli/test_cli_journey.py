"""The verbs together, from nothing to a proved run, and each way in which that can fail."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_worlds import RAISES, SLOW, SYSTEM, Said, only_run, say, world_with_run
from command_line import btcli, environment

NOBODY_THERE = "http://127.0.0.1:9"


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world with one packed run; tests that change it take a copy."""
    return world_with_run(tmp_path_factory.mktemp("ran"), "--pack")


@pytest.fixture
def copy(ran: Path, tmp_path: Path) -> Path:
    """A copy of the small world that may be changed."""
    return Path(shutil.copytree(ran, tmp_path / "copy"))


def test_a_run_leaves_its_files(ran: Path) -> None:
    """A complete run has every file of its list, and no partial folder remains."""
    assert {path.name for path in only_run(ran).iterdir()} == {
        "run_manifest.json",
        "events.jsonl",
        "equity_curve.csv",
        "trades.csv",
        "metrics.json",
        "system.resolved.yml",
        "preflight_report.json",
        "row_marks.bin",
        "pack",
    }


def test_metrics_hold_the_three_paths(ran: Path) -> None:
    """metrics.json has final equity and drawdown of all three path modes, the chosen one being the run itself."""
    metrics = json.loads((only_run(ran) / "metrics.json").read_text())
    assert list(metrics["paths"]) == ["pessimistic", "adaptive", "optimistic"]
    assert metrics["paths"]["pessimistic"]["final_equity_usdt"] == metrics["final_equity_usdt"]
    assert metrics["paths"]["pessimistic"]["max_drawdown_pct"] == metrics["max_drawdown_pct"]


def test_the_summary_names_what_matters(ran: Path) -> None:
    """show --full tells the system, the window, the venue, costs, all three paths, refusals, the end and the files."""
    shown = say(ran, "show", "latest", "--full").out
    for word in (
        "small · jan",
        "sample BTCUSDT",
        "Sharpe",
        "0.055 % of the value",
        "adaptive",
        "optimistic",
        "Ambiguous",
    ):
        assert word in shown
    for word in ("Refused", "END_OF_DATA", str(only_run(ran).relative_to(ran))):
        assert word in shown


def test_the_same_inputs_again_are_identical(copy: Path) -> None:
    """Running again compares with the run that is there, says identical, and leaves one folder."""
    again = say(copy, "run")
    assert (again.code, again.err) == (0, "")
    assert "the same inputs ran before: identical" in again.out
    assert only_run(copy) == only_pack(copy)


def test_comments_and_names_do_not_make_another_run(copy: Path) -> None:
    """A spelled-out default, a comment, and another name of the system leave the run id as it is."""
    (copy / "system.yml").write_text("# hello\n" + SYSTEM.replace("small", "other") + "costs: {slippage_bps: 2}\n")
    other = say(copy, "run", "--json").envelope["data"]["run_id"]
    assert other == next((copy / "runs" / "small" / "jan").iterdir()).name


def test_a_set_value_makes_another_run(copy: Path) -> None:
    """--set changes the identity and the result."""
    changed = say(copy, "run", "--set", "risk.sizing.risk_pct=0.5", "--json").envelope["data"]
    assert len(list((copy / "runs" / "small" / "jan").iterdir())) == 2
    assert changed["metrics"]["fees_usdt"] > 0


def test_replay_is_identical(ran: Path) -> None:
    """replay answers its four questions and ends with the line that says identical."""
    done = say(ran, "replay", "latest")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "replay: identical"


def test_replay_in_a_new_process_is_identical(ran: Path) -> None:
    """replay in a process with another hash seed and one thread says identical, and nothing on stderr."""
    done = btcli("replay", "latest", cwd=ran, env={"PYTHONHASHSEED": "1", "POLARS_MAX_THREADS": "1"})
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "replay: identical"


def test_a_pack_needs_no_store(copy: Path) -> None:
    """--pack-only replays although the store is gone; without it the data is missed."""
    shutil.rmtree(copy / "data")
    assert say(copy, "replay", "latest", "--pack-only").code == 0
    missed = say(copy, "replay", "latest")
    assert missed.code == 1


def test_pack_only_without_a_pack_is_a_wrong_request(copy: Path) -> None:
    """--pack-only of a run without a pack is exit code 2 and says how to get one."""
    say(copy, "run", "--set", "risk.sizing.risk_pct=0.5")
    done = say(copy, "replay", "latest", "--pack-only")
    assert done.code == 2
    assert "btcli run --pack" in done.err


def test_a_tampered_event_is_named(copy: Path) -> None:
    """One changed figure in events.jsonl: exit code 1, the file, the event with its bar, and both lines."""
    events = only_run(copy) / "events.jsonl"
    lines = events.read_text().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if '"order_filled"' in line)
    moment = json.loads(lines[place])["ts"]
    lines[place] = lines[place].replace('"price":', '"price":1', 1)
    events.write_text("".join(lines))
    done = say(copy, "replay", "latest", "--json")
    answer = done.envelope
    assert (done.code, answer["ok"], answer["data"]["verdict"]) == (1, False, "differs")
    assert answer["data"]["files"]["tampered"] == ["events.jsonl"]
    assert answer["errors"][1]["where"] == f"events.jsonl:{place + 1}"
    assert f"order_filled at {moment}" in answer["errors"][1]["message"]
    assert answer["errors"][1]["hint"].count("order_filled") == 2


def test_a_tampered_system_is_not_replayed(copy: Path) -> None:
    """A resolved system that is not the one that was run ends the replay with exit code 1."""
    resolved = only_run(copy) / "system.resolved.yml"
    resolved.write_text(resolved.read_text().replace("slippage_bps: 2", "slippage_bps: 3", 1))
    done = say(copy, "replay", "latest")
    assert done.code == 1
    assert "system.resolved.yml is not the one that was run" in done.err


def test_drifted_data_names_series_and_row(copy: Path) -> None:
    """A candle changed in the store since the run: exit code 1, its series, and the first row that differs."""
    change = copy / "BTCUSDT-1h.csv"
    change.write_text("ts_open,open,high,low,close,volume\n1705320000000,41000,42000,40000,41000,5\n")  # 01-15 12:00
    named = ("--venue", "sample", "--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "1h")
    assert say(copy, "data", "import", change, *named).code == 0
    done = say(copy, "replay", "latest")
    assert done.code == 1
    assert "sample BTCUSDT trade 1h: the first row that differs is now that of 2024-01-15T12:00:00.000Z" in done.err
    assert say(copy, "replay", "latest", "--pack-only").code == 0


def with_hole(folder: Path) -> Path:
    """A system on imported candles of an hour in which 37 are missing."""
    folder.mkdir()
    lines = ["ts_open,open,high,low,close,volume"]
    opens = range(1_703_980_800_000, 1_706_745_600_000, 3_600_000)  # 2023-12-31 to 2024-01-31
    hole = range(1_705_000_000_000, 1_705_133_200_000 + 1)
    lines += [f"{ts},100,101,99,100,1" for ts in opens if ts not in hole]
    (folder / "candles.csv").write_text("\n".join(lines) + "\n")
    (folder / "funding.csv").write_text(
        "ts,rate\n" + "".join(f"{ts},0.0001\n" for ts in range(1_703_980_800_000, 1_706_745_600_000, 28_800_000))
    )
    system = SYSTEM.replace("venue: sample", "venue: binance").replace(", htf: 4h", "")
    system = system.replace("mtf_trend}", "ema_rsi_atr}\nwarmup: {bars: {ltf: 0}}\nfills: {mark_source: last}")
    (folder / "system.yml").write_text(system)
    named = ("--venue", "binance", "--symbol", "BTCUSDT")
    assert say(folder, "data", "import", "candles.csv", *named, "--series", "trade", "--timeframe", "1h").code == 0
    assert say(folder, "data", "import", "funding.csv", *named, "--series", "funding").code == 0
    return folder


def test_a_hole_stops_preflight_and_run(tmp_path: Path) -> None:
    """37 missing candles: preflight says where and how many, exit code 1; run refuses and leaves no run."""
    folder = with_hole(tmp_path / "holed")
    checked = say(folder, "preflight")
    assert checked.code == 1
    assert "37" in checked.err
    refused = say(folder, "run")
    assert refused.code == 1
    assert "37" in refused.err
    assert "btcli heal" in refused.err
    assert not (folder / "runs").exists()


def test_a_venue_that_cannot_be_reached_is_exit_code_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """heal and --heal show their plan, fail with the venue's address, and still say what is missing."""
    monkeypatch.setenv("BTCLI_BINANCE_URL", NOBODY_THERE)
    monkeypatch.setenv("BTCLI_RETRIES", "0")
    folder = with_hole(tmp_path / "holed")
    for words in (("heal",), ("preflight", "--heal"), ("run", "--heal")):
        done = say(folder, *words)
        assert done.code == 3
        assert "to fetch: fill_gaps binance BTCUSDT trade 1h 2024-01-11 20:00 to 2024-01-13 09:00" in done.err
        assert "37 bars missing" in done.err


def test_a_dry_run_of_heal_shows_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """heal --dry-run names the tool, the series, the range, requests and rows, asks nobody and changes nothing."""
    monkeypatch.setenv("BTCLI_BINANCE_URL", NOBODY_THERE)
    folder = with_hole(tmp_path / "holed")
    done = say(folder, "heal", "--dry-run")
    assert done.code == 1
    fetch = "to heal: fill_gaps binance BTCUSDT trade 1h 2024-01-11 20:00 to 2024-01-13 09:00: 1 request, 37 rows"
    assert fetch in done.out


def test_preflight_writes_its_report(ran: Path, tmp_path: Path) -> None:
    """--out keeps the report as JSON beside the answer on the screen."""
    assert say(ran, "preflight", "--out", tmp_path / "report").code == 0
    report = json.loads((tmp_path / "report" / "preflight_report.json").read_text())
    assert (report["system"], report["window"], report["healthy"]) == ("small", "jan", True)


def test_skipping_preflight_is_loud(copy: Path) -> None:
    """--no-preflight warns on stderr, and the manifest says that nobody checked."""
    done = say(copy, "run", "--no-preflight", "--set", "risk.sizing.risk_pct=0.7")
    assert (done.code, "--no-preflight" in done.err) == (0, True)
    (other,) = (path for path in (copy / "runs").glob("*/*/*") if path != only_pack(copy))
    assert json.loads((other / "run_manifest.json").read_text())["preflight"]["passed"] is None


def test_a_run_without_a_decision_ends_well(copy: Path) -> None:
    """--no-preflight on a store without ltf candles runs to the end of the data, and decides nothing."""
    done = say(copy, "run", "--no-preflight", "--set", "timeframes.ltf=2h", "--json")
    answer = done.envelope["data"]
    assert (done.code, answer["status"], answer["metrics"]["trades"]) == (0, "END_OF_DATA", 0)


def only_pack(folder: Path) -> Path:
    """The run that has a pack."""
    (found,) = (folder / "runs").glob("*/*/*/pack")
    return found.parent


def use(folder: Path, name: str, source: str) -> None:
    """Let the small system use a strategy of its own."""
    (folder / f"{name.lower()}.py").write_text(source)
    (folder / "system.yml").write_text(SYSTEM.replace("mtf_trend", f"{name.lower()}.py:{name}"))


def failed_run(folder: Path) -> dict[str, object]:
    """The manifest of the only unfinished run."""
    (found,) = (folder / "runs").glob("*/*/*.partial")
    return dict(json.loads((found / "run_manifest.json").read_text()))


def test_a_raising_strategy(copy: Path) -> None:
    """Exit code 4, the bar, the user's lines of the traceback and no others, and a partial run that says failed."""
    use(copy, "Raises", RAISES)
    done = say(copy, "run")
    assert done.code == 4
    assert "2024-01-02T00:00:00.000Z" in done.err
    assert "ValueError: not my day" in done.err
    assert "in helper" in done.err
    assert "loop.py" not in done.err
    assert failed_run(copy)["status"] == "failed"


def test_the_next_run_replaces_a_partial_one(copy: Path) -> None:
    """A run that failed before and fails again leaves one partial folder, and says so when it succeeds."""
    use(copy, "Raises", RAISES)
    say(copy, "run")
    say(copy, "run")
    assert failed_run(copy)["status"] == "failed"


def test_ctrl_c_leaves_an_interrupted_run(copy: Path) -> None:
    """SIGINT ends the process with 130, and the partial run says interrupted."""
    use(copy, "Slow", SLOW)
    command = [sys.executable, "-m", "btcli", "run"]
    running = subprocess.Popen(command, cwd=copy, env=environment(), stderr=subprocess.PIPE, text=True)
    give_up = time.monotonic() + 600
    while not list((copy / "runs").glob("*/*/*.partial/events.jsonl")) and time.monotonic() < give_up:
        time.sleep(0.1)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=300)
    assert running.returncode == 130
    assert "Ctrl-C" in said
    assert "Traceback" not in said
    assert failed_run(copy)["status"] == "interrupted"


def test_an_account_that_ends_the_run(copy: Path) -> None:
    """A drawdown stop is exit code 5 with complete artifacts and the reason as the error's code."""
    done = say(copy, "run", "--set", "risk.max_drawdown_pct=1", "--set", "risk.sizing.risk_pct=5", "--json")
    answer = done.envelope
    assert (done.code, answer["ok"], answer["errors"][0]["code"]) == (5, False, "MAX_DRAWDOWN_HIT")
    assert (copy / answer["data"]["run_dir"] / "metrics.json").is_file()


def test_five_mistakes_are_five_lines(copy: Path) -> None:
    """A system file with five mistakes is exit code 2 and shows each with its place."""
    wrong = SYSTEM.replace("venue: sample", "venue: sampel").replace("leverage: 5", "leverage: 500")
    wrong = wrong.replace("exec: 1h", "exec: 7x").replace("risk_pct: 1", "risk_pt: 1") + "wat: 1\n"
    (copy / "system.yml").write_text(wrong)
    problems = say(copy, "run", "--json").envelope["errors"]
    assert len(problems) == 5
    assert all(problem["where"].startswith("system.yml:") for problem in problems)


def test_a_folder_that_cannot_be_written(copy: Path) -> None:
    """--out below a file is one clear error, exit code 3."""
    done = say(copy, "run", "--out", copy / "system.yml" / "runs")
    assert done.code == 3
    assert done.err.count("╭") == 1
    assert "system.yml" in done.err


def test_a_store_in_use_is_waited_for_and_named(copy: Path) -> None:
    """A store that another process writes is waited for, then its process is named, exit code 3."""
    hold = (
        "import duckdb, sys\nc = duckdb.connect('data/market_live.duckdb')\nprint('held', flush=True)\nsys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    holder = subprocess.Popen([sys.executable, "-c", hold], cwd=copy, text=True, **pipes)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    begun = time.monotonic()
    done = say(copy, "run", "--lock-wait", "0.5")
    holder.communicate("")
    assert (done.code, time.monotonic() - begun >= 0.5) == (3, True)
    assert str(holder.pid) in done.err


@pytest.mark.parametrize("named", ["latest", "prefix", "id", "folder"])
def test_ways_to_name_a_run(ran: Path, named: str) -> None:
    """A run is found as latest, by the beginning of its id, by its id, and by its folder."""
    run = only_run(ran)
    name = {"latest": "latest", "prefix": run.name[:4], "id": run.name, "folder": str(run)}[named]
    assert run.name in say(ran, "show", name).out


def test_an_unknown_run(ran: Path) -> None:
    """A name that no run begins with is exit code 2."""
    assert say(ran, "show", "zzz").code == 2


def test_runs_lists_them(ran: Path) -> None:
    """runs has two lines per run: its id and figures, and what it is of; how it ended only if it ended early."""
    listed = say(ran, "runs").out.splitlines()
    assert len(listed) == 3
    assert only_run(ran).name in listed[1]
    assert listed[2].strip() == "small · jan · BTCUSDT · run 1 of 1 on this data"


def test_diff_of_two_runs(copy: Path) -> None:
    """diff is 1 with the changed input and the first differing event, and 0 for a run and itself."""
    first = only_run(copy).name
    say(copy, "run", "--set", "risk.sizing.risk_pct=0.5")
    second = next(path.name for path in (copy / "runs").glob("*/*/*") if path.name != first)
    done = say(copy, "diff", first, second, "--json")
    answer = done.envelope["data"]
    assert done.code == 1
    changed = {"name": "config.risk.sizing.risk_pct", "ours": 1.0, "theirs": 0.5, "difference": -0.5}
    assert changed in answer["inputs"]
    assert answer["differences"][0]["file"] == "events.jsonl"
    assert say(copy, "diff", first, first).code == 0


@pytest.mark.parametrize(
    ("words", "within"),
    [
        (("strategies",), "ema_rsi_atr"),
        (("features",), "ema(close, period)"),
        (("schema",), '"$schema"'),
        (("data", "list"), "BTCUSDT"),
    ],
)
def test_listings(ran: Path, words: tuple[str, ...], within: str) -> None:
    """Each listing shows what it is for, and answers in JSON too."""
    shown, asked = say(ran, *words), say(ran, *words, "--json")
    assert (shown.code, shown.err, within in shown.out) == (0, "", True)
    assert asked.envelope["ok"]


def test_init_never_replaces(tmp_path: Path) -> None:
    """init writes a project once; a second time it refuses and changes nothing."""
    first: Said = say(tmp_path, "init", "new")
    assert (first.code, (tmp_path / "new" / "system.yml").is_file()) == (0, True)
    (tmp_path / "new" / "system.yml").write_text("mine")
    assert say(tmp_path, "init", "new").code == 2
    assert (tmp_path / "new" / "system.yml").read_text() == "mine"


def test_a_window_has_to_be_chosen(copy: Path) -> None:
    """With two windows, run asks which; with one it takes that; --start and --end replace it."""
    two = SYSTEM.replace("windows:\n", "windows:\n  feb: {start: 2024-02-01, end: 2024-02-03}\n")
    (copy / "system.yml").write_text(two)
    assert "feb, jan" in say(copy, "run").err
    assert say(copy, "run", "--start", "2024-01-03").code == 2
    done = say(copy, "run", "--start", "2024-01-03", "--end", "2024-01-05", "--json").envelope
    assert done["data"]["run_dir"].startswith("runs/small/adhoc/")
