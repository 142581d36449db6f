"""`btcli report`: where the page lies, what it needs, and what it says when something is gone."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, only_run, say, small_world, world_with_run
from command_line import btcli

from btcli.artifacts.manifest import read_manifest
from btcli.digest import sha256_of_file
from btcli.market.store.where import Stores
from btcli.workflows.runs.recorded_market import recorded_market

CODE = """\
import os
from pathlib import Path

from btcli.strategies import Direction, Signal, Strategy

Path(os.environ["SEEN"]).write_text("executed")


class Mine(Strategy):
    features = {"ltf": {"own": "sma(close, 30)"}}

    def decide(self, snapshot):
        if not snapshot.exchange.has_position and snapshot.ltf.close > snapshot.ltf["own"]:
            return Signal(Direction.LONG, stop_distance=0.02 * snapshot.ltf.close)
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with sample data and one run."""
    return world_with_run(tmp_path_factory.mktemp("reported") / "small")


@pytest.fixture
def world(ran: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(ran, tmp_path / "project"))


def page_of(world: Path, *words: object) -> str:
    """The page that `btcli report latest` makes."""
    done = say(world, "report", "latest", *words)
    assert done.code == 0, done.err
    return (only_run(world) / "report.html").read_text("utf-8")


def test_the_page_lies_in_the_runs_folder(world: Path) -> None:
    """Its path, its size and its digest are told, and nothing is written to stderr."""
    done = btcli("report", "latest", "--json", cwd=world)
    run = only_run(world)
    page = run / "report.html"
    assert (done.code, done.err) == (0, "")
    assert done.envelope["data"] == {
        "path": str(page.relative_to(world)),
        "bytes": page.stat().st_size,
        "sha256": sha256_of_file(page),
        "run_ids": [run.name],
    }
    assert done.envelope["warnings"] == []


def test_the_page_is_no_part_of_the_run(world: Path) -> None:
    """With a page in its folder, whole or half written, a run proves itself and is made again as before."""
    page_of(world)
    (only_run(world) / "report.html.new").write_text("half")
    assert say(world, "replay", "latest", "--no-run").code == 0
    assert say(world, "show", "latest").code == 0
    assert say(world, "run").code == 0
    assert say(world, "replay", "latest").code == 0


def test_the_same_run_gives_the_same_bytes_everywhere(world: Path, tmp_path: Path) -> None:
    """Another process, hash seed, time zone, language, folder and setting of bokeh change no byte."""
    first = btcli("report", "latest", "--json", cwd=world).envelope["data"]["sha256"]
    other = shutil.copytree(world, tmp_path / "an other place")
    env = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "BOKEH_SIMPLE_IDS": "no"}
    elsewhere = btcli("report", only_run(other), "--data", other / "data", "--json", cwd=tmp_path, env=env)
    assert elsewhere.envelope["data"]["sha256"] == first


def test_out_names_another_file(world: Path) -> None:
    """The page is written there, and not in the run's folder."""
    assert say(world, "report", "latest", "--out", "mine.html").code == 0
    assert (world / "mine.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert not (only_run(world) / "report.html").exists()


def test_two_runs_stand_side_by_side(world: Path) -> None:
    """The page has both in the order in which they were named, and what it lacks is told of each by its id."""
    assert say(world, "run", "--set", "costs.slippage_bps=9").code == 0
    ids = sorted(path.name for path in (world / "runs").glob("*/*/*"))
    done = say(world, "report", *reversed(ids), "--out", "both.html", "--data", "nowhere", "--json")
    assert done.envelope["data"]["run_ids"] == ids[::-1]
    assert [warning.split(":")[0] for warning in done.envelope["warnings"]] == ids[::-1]
    page = (world / "both.html").read_text("utf-8")
    assert page.index(ids[1]) < page.index(ids[0])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("report", "nobody"), 2, "there is no run 'nobody'"),
        (("report", "latest", "--runs", "none"), 2, "--runs names another folder"),
        (("report",), 2, "RUN"),
        (("report", "latest", "--out", "data"), 2, "is a folder"),
        (("report", "latest", "--out", "no/such/folder.html"), 3, "cannot write"),
        (("report", "latest", "--out", "system.yml/page.html"), 3, "cannot write"),
    ],
)
def test_what_cannot_be_done_is_said(ran: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """Unknown runs, folders of none, and files that can't be written: a sentence, and the exit code of its kind."""
    done = say(ran, *words)
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_page_that_was_not_written_leaves_the_old_one(world: Path) -> None:
    """Where the draft can't be written, the page that is there stays whole."""
    page = only_run(world) / "report.html"
    page.write_text("the old one")
    (only_run(world) / "report.html.new").mkdir()
    assert say(world, "report", "latest").code == 3
    assert page.read_text() == "the old one"


def test_a_link_in_place_of_the_draft_is_not_followed(world: Path, tmp_path: Path) -> None:
    """A run of somebody else can't make a report write over another file."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    for name in ("report.html", "report.html.new"):
        (only_run(world) / name).symlink_to(precious)
    page_of(world)
    assert precious.read_text() == "mine"
    assert not (only_run(world) / "report.html").is_symlink()


@pytest.mark.parametrize("status", ["started", "failed", "interrupted"])
def test_an_unfinished_run_has_no_page(world: Path, status: str) -> None:
    """Such a run is named, with what it is, and nothing is written."""
    path = only_run(world) / "run_manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "status": status}))
    done = say(world, "report", path.parent)
    assert done.code == 2
    assert f"the run is {status}, not complete" in done.err
    assert not (path.parent / "report.html").exists()


@pytest.mark.parametrize(("found", "said"), [(None, "not installed"), ("4.0.1", "bokeh 4.0.1 is installed")])
def test_a_missing_library_is_named_with_what_installs_it(
    ran: Path, monkeypatch: pytest.MonkeyPatch, found: str | None, said: str
) -> None:
    """Without bokeh, or with one of another kind, the error is a command to paste."""

    def version(name: str) -> str:
        assert name == "bokeh"
        if found is None:
            raise PackageNotFoundError(name)
        return found

    monkeypatch.setattr("btcli.workflows.runs.report.version", version)
    done = say(ran, "report", "latest", "--json")
    (error,) = done.envelope["errors"]
    assert (done.code, error["code"]) == (2, "RequestError")
    assert said in error["message"]
    assert "-m pip install 'bokeh>=3.9,<3.10'" in error["hint"]


def test_without_its_candles_a_run_still_has_a_page(world: Path) -> None:
    """A store that is gone is told on the page, without a path, and in the warnings, with it."""
    done = say(world, "report", "latest", "--data", "nowhere", "--json")
    page = (only_run(world) / "report.html").read_text("utf-8")
    assert done.code == 0
    assert "candles and features are not on the page" in done.envelope["warnings"][0]
    assert "Candles and features are not shown: the store does not have them any more." in page
    assert "nowhere" not in page


def test_other_candles_than_those_of_the_run_are_not_drawn(world: Path) -> None:
    """A day that is missing in the middle gives other rows than the run read: the page says which series."""
    stored = ("--venue", "sample", "--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "1h")
    cut = say(world, "data", "delete", *stored, "--start", "2024-01-10", "--end", "2024-01-10", "--yes")
    assert cut.code == 0, cut.err
    page = page_of(world)
    assert "Candles and features are not shown: sample BTCUSDT trade 1h is not what the run read." in page
    assert "run0.price" not in page


def test_a_pack_has_the_candles(world: Path) -> None:
    """A packed run is drawn without a store, byte for byte as with one."""
    assert say(world, "run", "--pack").code == 0
    page = page_of(world)
    assert "run0.price" in page
    (world / "data").rename(world / "gone")
    assert page_of(world) == page


@pytest.fixture
def coded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose strategy leaves a mark when it is executed, with one packed run; the mark is removed."""
    world = small_world(tmp_path / "coded")
    (world / "mine.py").write_text(CODE)
    text = SYSTEM.replace("use: mtf_trend", 'use: "mine.py:Mine"') + 'features: {ltf: {seen: "ema(close, 9)"}}\n'
    (world / "system.yml").write_text(text)
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    done = say(world, "run", "--pack")
    assert done.code == 0, done.err
    (tmp_path / "seen").unlink()
    return world


def test_features_of_a_strategys_file_are_read_and_not_run(coded: Path) -> None:
    """What its class declares as texts is drawn beside the features of the system file; none of its code runs."""
    done = say(coded, "report", "latest", "--json")
    page = (only_run(coded) / "report.html").read_text("utf-8")
    assert done.envelope["warnings"] == []
    assert "ltf.seen" in page
    assert "ltf.own" in page
    assert not (coded.parent / "seen").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n# another file than the one that was run\n",
        lambda text: text.replace('{"ltf": {"own": "sma(close, 30)"}}', "dict(ltf=dict(own='sma(close, 30)'))"),
    ],
)
def test_features_that_only_code_can_tell_are_left_out(coded: Path, change: Callable[[str], str]) -> None:
    """A file that is another, or that works its features out, is not believed: the page says why they are missing."""
    shutil.rmtree(only_run(coded) / "pack")
    (coded / "mine.py").write_text(change(CODE))
    done = say(coded, "report", "latest", "--json")
    page = (only_run(coded) / "report.html").read_text("utf-8")
    assert "no code of a strategy runs for a report" in "".join(done.envelope["warnings"])
    assert "ltf.seen" in page
    assert "ltf.own" not in page
    assert not (coded.parent / "seen").exists()


def test_a_changed_file_of_the_run_is_told(world: Path) -> None:
    """A page of files that are not those of the manifest says so, on top and in the warnings."""
    path = only_run(world) / "trades.csv"
    path.write_text(path.read_text().replace(",stop,", ",target,", 1))
    done = say(world, "report", "latest", "--json")
    said = "The run&#x27;s files are not those of its manifest: 1 tampered."
    assert done.envelope["warnings"] == ["The run's files are not those of its manifest: 1 tampered."]
    assert said in (only_run(world) / "report.html").read_text("utf-8")


def test_the_page_opens_in_a_browser(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--open hands the file's address over, and says what to open where there is no browser."""
    asked: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda uri: bool(asked.append(uri)))
    done = say(world, "report", "latest", "--open", "--json")
    uri = (only_run(world) / "report.html").resolve().as_uri()
    assert asked == [uri]
    assert done.envelope["warnings"] == [f"no browser could be opened: open {uri}"]


def test_a_feature_is_known_from_the_close_of_its_bar(tmp_path: Path) -> None:
    """The mean of two closes of 4h stands at the second of them; the first one told is known when the window begins."""
    world = small_world(tmp_path / "mean")
    (world / "system.yml").write_text(SYSTEM + 'features: {htf: {mean: "sma(close, 2)"}}\n')
    assert say(world, "run").code == 0
    run = only_run(world)
    market = recorded_market(run, read_manifest(run), Stores(world / "data"))
    bars, start_ms = market.candles["BTCUSDT"], 1_704_067_200_000
    (line,) = (line for line in market.features["BTCUSDT"] if line.name == "mean")
    closes = dict(zip(bars.ts_close.tolist(), bars.close.tolist(), strict=True))
    four_hours = 4 * 3_600_000
    assert (line.role, line.timeframe, line.expression) == ("htf", "4h", "sma(close, 2)")
    assert line.ts_ms.tolist() == [start_ms + place * four_hours for place in range(31 * 6 + 1)]
    for known_ms, value in zip(line.ts_ms.tolist()[2:], line.value.tolist()[2:], strict=True):
        assert value == pytest.approx((closes[known_ms] + closes[known_ms - four_hours]) / 2, rel=1e-12)


def test_candles_are_those_of_the_window_alone(ran: Path) -> None:
    """The warm-up before it is read, held against the manifest, and not drawn."""
    run = only_run(ran)
    bars = recorded_market(run, read_manifest(run), Stores(ran / "data")).candles["BTCUSDT"]
    assert (int(bars.ts_open[0]), int(bars.ts_close[-1])) == (1_704_067_200_000, 1_706_745_600_000)
    assert bars.ts_open.size == 31 * 24


@pytest.mark.parametrize("name", ["system.yml", "trades.csv", "run_manifest.json", "link.html"])
def test_no_file_is_replaced_that_is_no_page(world: Path, name: str) -> None:
    """A system, a file of a run or what a link leads to stays as it is; the answer says which file it was."""
    run = only_run(world)
    file = run / name if (run / name).exists() else world / name
    if name == "link.html":
        file.symlink_to(world / "system.yml")
    before = file.read_bytes()
    done = say(world, "report", "latest", "--out", file)
    assert (done.code, file.read_bytes()) == (2, before)
    assert "is there already and is no page" in " ".join(done.err.replace("│", " ").split())


def test_a_pipe_is_no_place_for_a_page(world: Path) -> None:
    """What is neither file nor folder is left as it is: replacing a device would take it from every program."""
    pipe = world / "pipe"
    os.mkfifo(pipe)
    done = say(world, "report", "latest", "--out", pipe)
    assert (done.code, pipe.is_fifo()) == (2, True)
    assert "is no file that can be replaced" in done.err


def test_a_page_and_an_empty_file_are_replaced(world: Path) -> None:
    """The second page takes the place of the first, and of a file that holds nothing."""
    out = world / "page.html"
    out.touch()
    for _ in range(2):
        assert say(world, "report", "latest", "--out", out).code == 0
    assert out.read_bytes().startswith(b"<!DOCTYPE html>")
