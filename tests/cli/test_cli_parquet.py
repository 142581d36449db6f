"""output.parquet: a run's trades, curve and events as Parquet files beside its text files."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from cli_worlds import only_run, say, small_world

from btcli.artifacts.columns import EQUITY_SCHEMA, EVENT_SCHEMA, TRADE_SCHEMA
from btcli.artifacts.frames import equity_frame, events_frame, trades_frame

FILES = {
    "trades.parquet": (trades_frame, TRADE_SCHEMA),
    "equity_curve.parquet": (equity_frame, EQUITY_SCHEMA),
    "events.parquet": (events_frame, EVENT_SCHEMA),
}
ASKED = ("run", "--set", "output.parquet=true")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run that was asked for Parquet files."""
    folder = small_world(tmp_path_factory.mktemp("parquet") / "small")
    assert say(folder, *ASKED).code == 0
    return folder


def test_the_files_say_what_the_text_files_say_and_stand_in_the_manifest(world: Path) -> None:
    """Types and values are those of the frames, and the digests those of the bytes."""
    run = only_run(world)
    outputs = json.loads((run / "run_manifest.json").read_text())["outputs"]["files"]
    for name, (read, schema) in FILES.items():
        found = pl.read_parquet(run / name)
        assert found.schema == schema
        assert found.equals(read(run))
        assert outputs[name]["sha256"] == hashlib.sha256((run / name).read_bytes()).hexdigest()
    assert not list(run.glob(".*"))


def test_replay_holds_them_against_the_text_files(world: Path) -> None:
    """A whole run proves itself: five files that a second run wrote, and three that hold what those say."""
    said = say(world, "replay", "latest")
    assert said.code == 0, said.err
    assert "8 files the same, 0 differ" in said.out


def test_the_same_inputs_again_give_the_same_bytes(world: Path, tmp_path: Path) -> None:
    """In another folder of runs, file for file; and in the same one they are no other run."""
    again = say(world, *ASKED, "--out", tmp_path, "--json")
    other = Path(again.envelope["data"]["run_dir"])
    assert all((only_run(world) / name).read_bytes() == (other / name).read_bytes() for name in FILES)
    assert say(world, *ASKED).code == 0
    assert {path.name for path in only_run(world).glob("*.parquet")} == set(FILES)


def test_a_run_that_was_not_asked_writes_none(world: Path, tmp_path: Path) -> None:
    """The default is no; text files, metrics and state are the same with and without."""
    plain = Path(say(world, "run", "--out", tmp_path, "--json").envelope["data"]["run_dir"])
    assert not list(plain.glob("*.parquet"))
    for name in ("events.jsonl", "equity_curve.csv", "trades.csv", "metrics.json"):
        assert (plain / name).read_bytes() == (only_run(world) / name).read_bytes()


def _another_cell(path: Path) -> None:
    frame = pl.read_parquet(path)
    frame.with_columns(pl.col("qty") + 1.0).write_parquet(path)


def _without_a_row(path: Path) -> None:
    pl.read_parquet(path)[1:].write_parquet(path)


def _another_type(path: Path) -> None:
    pl.read_parquet(path).with_columns(pl.col("trade_id").cast(pl.Int32)).write_parquet(path)


def _no_parquet(path: Path) -> None:
    path.write_bytes(b"PAR1 not at all PAR1")


@pytest.mark.parametrize("change", [_another_cell, _without_a_row, _another_type, _no_parquet])
def test_a_file_that_says_something_else_is_found_though_the_manifest_was_made_to_fit(
    world: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """Digests can be written by whoever writes files: what counts is what the text files say."""
    run = Path(shutil.copytree(only_run(world), tmp_path / only_run(world).name))
    file, manifest = run / "trades.parquet", run / "run_manifest.json"
    change(file)
    told = json.loads(manifest.read_text())
    told["outputs"]["files"][file.name] = {
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "size": file.stat().st_size,
    }
    manifest.write_text(json.dumps(told))
    said = say(world, "replay", run, "--json")
    assert said.code == 1
    (difference,) = said.envelope["data"]["differences"]
    assert difference["file"] == "trades.parquet"
    assert difference["what"] == "does not say what trades.csv says"


def test_a_run_without_trades_has_them_with_every_column(tmp_path: Path) -> None:
    """A strategy that never enters leaves empty files of the same types."""
    folder = small_world(tmp_path / "small")
    system = folder / "system.yml"
    rules = "strategy: {rules: {long: {enter: 'ltf.close > 1e12'}, stop: '0.01 * ltf.close'}}"
    system.write_text(system.read_text().replace("strategy: {use: mtf_trend}", rules))
    said = say(folder, *ASKED)
    assert said.code == 0, said.err
    trades = pl.read_parquet(only_run(folder) / "trades.parquet")
    assert (trades.height, trades.schema) == (0, TRADE_SCHEMA)
