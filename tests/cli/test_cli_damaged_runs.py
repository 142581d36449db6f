"""Run folders that are damaged, of another version, or of another maker: told with their place, and in nobody's way."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import Said, only_run, say, world_with_run

from btcli.artifacts.order import note_asked

QUICK_FILES = (b"x", b"\xff\xfe\x00\x01" * 50, b'{"a": 1e999}')
WHOLE_FILES = (*QUICK_FILES, b"", b"{}", b"[]", b"null", b"1e999", b"[" * 5000, b'{"a":' * 500 + b"1" + b"}" * 500,
               b"123456789012345678901234567890", b"ts,x\n" + b"9" * 6000)  # fmt: skip
VALUES = (None, "x", "[/x]", [], {}, -1, 0, 1e308, 1 << 62, True)
EXPECTED = {0, 1, 2, 3}
FILES = ("run_manifest.json", "metrics.json", "events.jsonl", "equity_curve.csv", "trades.csv", "system.resolved.yml",
         "preflight_report.json", "row_marks.bin", "pack/index.json", "pack/instruments.json",
         "pack/03_BTCUSDT_trade_1h.parquet")  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one packed run."""
    return world_with_run(tmp_path_factory.mktemp("damaged"), "--pack")


@pytest.fixture
def copy(ran: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    shutil.copytree(only_run(ran), tmp_path / "sound")
    return Path(shutil.copytree(ran, tmp_path / "project"))


def reading(run: Path) -> tuple[tuple[str, ...], ...]:
    """Every command that reads a run, by a name that leads to it."""
    return (
        ("runs",),
        ("show", str(run)),
        ("show", "latest", "--json"),
        ("show", "latest", "--full"),
        ("trades", str(run), "--by", "side"),
        ("explain", str(run)),
        ("explain", str(run), "--trade", "1", "--json"),
        ("diff", "../sound", str(run)),
        ("replay", str(run), "--no-run", "--pack-only"),
    )


def never_a_bug(project: Path, path: Path, contents: Iterator[bytes], only: tuple[str, ...] = ()) -> int:
    """Put each content in the place of a file, run every reading command, put it back; the number of commands."""
    sound, run = path.read_bytes(), only_run(project)
    counted = 0
    for content in contents:
        path.write_bytes(content)
        for words in reading(run):
            if not only or words[0] in only:
                done = say(project, *words)
                assert done.code in EXPECTED, (path.name, content[:300], words, done.out[-600:], done.err[-600:])
                counted += 1
    path.write_bytes(sound)
    return counted


def broken(content: bytes) -> Iterator[bytes]:
    """A file cut short, overlong, and with other kinds of value in it."""
    yield from (content[: len(content) // 2], content[:-3], content + b"\nx", content.replace(b"0", b"NaN"))
    yield from (content.replace(b"1", b"1e999"), content.replace(b'"', b"'"), content.replace(b'"ts"', b'"zz"'))
    yield from (content.replace(b"long", b"\xff"), content.replace(b":", b":["), content.replace(b"-", b"[/x]"))


def places(value: Any, depth: int, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value of a JSON document; of a list to the first alone."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        if len(path) + 1 < depth:
            yield from places(inner, depth, (*path, key))


def edited(document: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> bytes:
    """The document as bytes after `change(holder, key)` at the path."""
    copied = json.loads(json.dumps(document))
    holder = copied
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return json.dumps(copied, separators=(",", ":")).encode()


def mutations(document: Any, depth: int, values: tuple[Any, ...] = VALUES) -> Iterator[bytes]:
    """The document with each of its values gone, and each replaced by each of `values`."""
    for path in places(document, depth):
        yield edited(document, path, lambda holder, key: holder.__delitem__(key))
        for value in values:
            yield edited(document, path, lambda holder, key, value=value: holder.__setitem__(key, value))


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_kind_is_no_bug(copy: Path, name: str) -> None:
    """Whatever stands in a file of a run, every command that reads it ends with an expected exit code."""
    path = only_run(copy) / name
    assert never_a_bug(copy, path, iter((*QUICK_FILES, path.read_bytes()[:-30]))) == 4 * len(reading(path))


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
def test_no_file_of_another_kind_is_a_bug(copy: Path, name: str) -> None:
    """The same with every content that comes to mind."""
    path = only_run(copy) / name
    assert never_a_bug(copy, path, iter((*WHOLE_FILES, *broken(path.read_bytes())))) > 100


@pytest.mark.parametrize("name", ["run_manifest.json", "metrics.json"])
def test_a_value_of_another_kind_is_no_bug(copy: Path, name: str) -> None:
    """Each value near the top of a JSON file may be gone or be a word or nothing."""
    path = only_run(copy) / name
    assert never_a_bug(copy, path, mutations(json.loads(path.read_bytes()), 2, (None, "[/x]")), ("runs", "show")) > 100


@pytest.mark.long
@pytest.mark.parametrize("name", ["run_manifest.json", "metrics.json", "pack/index.json", "pack/instruments.json"])
def test_no_value_of_another_kind_is_a_bug(copy: Path, name: str) -> None:
    """Each value of a JSON file, however deep, may be gone or of any other kind."""
    path = only_run(copy) / name
    assert never_a_bug(copy, path, mutations(json.loads(path.read_bytes()), 9)) > 500


@pytest.mark.long
def test_no_field_of_an_event_is_a_bug(copy: Path) -> None:
    """Each field of each event of a trade may be gone or of any other kind."""
    path = only_run(copy) / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    told = [place for place, line in enumerate(lines) if b'"trade_id":1,' in line or b'"order_id":1,' in line]
    first = next(place for place, line in enumerate(lines) if b'"event":"signal"' in line)

    def contents() -> Iterator[bytes]:
        for place in (first, *told):
            for line in mutations(json.loads(lines[place]), 3):
                yield b"".join((*lines[:place], line + b"\n", *lines[place + 1 :]))

    assert never_a_bug(copy, path, contents(), ("explain",)) > 1000


@pytest.mark.long
@pytest.mark.parametrize("name", ["trades.csv", "equity_curve.csv"])
def test_no_cell_is_a_bug(copy: Path, name: str) -> None:
    """Each cell of the first two lines of a table may be empty, a word, or no number that is finite."""
    path = only_run(copy) / name
    lines = [line.split(",") for line in path.read_text().splitlines()]

    def contents() -> Iterator[bytes]:
        for place in (0, 1, 2):
            for column in range(len(lines[0])):
                for cell in ("", "x", "nan", "1e999", "-1", "0", '"', "9" * 5000, "2024-99-99T00:00:00.000Z"):
                    cells = [*lines[place][:column], cell, *lines[place][column + 1 :]]
                    yield "\n".join(",".join(row) for row in (*lines[:place], cells, *lines[place + 1 :])).encode()

    assert never_a_bug(copy, path, contents(), ("explain",)) > 300


def test_one_line_for_a_curve_is_named(copy: Path) -> None:
    """An equity curve of one line `x` is told with its file and line, and what it should begin with."""
    (only_run(copy) / "equity_curve.csv").write_text("x\n")
    done = say(copy, "explain", "latest", "--trade", "1")
    assert done.code == 3
    assert "equity_curve.csv:1 is not what a run writes: the first line does not name ts, equity_usdt" in done.err


def test_an_infinite_number_in_an_event_is_named(copy: Path) -> None:
    """A number too large for a float is told with the line it stands in."""
    path = only_run(copy) / "events.jsonl"
    lines = path.read_text().splitlines()
    place = next(place for place, line in enumerate(lines) if '"event":"order_filled"' in line)
    lines[place] = lines[place].replace('"qty":', '"qty":1e999,"was":')
    path.write_text("\n".join(lines) + "\n")
    done = say(copy, "explain", "latest", "--trade", "1")
    assert (done.code, f"events.jsonl:{place + 1} " in done.err) == (3, True)


def test_metrics_of_another_kind_are_named(copy: Path) -> None:
    """metrics.json that holds something else is told with the fields that it lacks, and exit code 3."""
    (only_run(copy) / "metrics.json").write_text('{"a": "b"}')
    (error,) = say(copy, "show", "latest", "--json").envelope["errors"]
    assert error["where"].endswith("metrics.json")
    assert "is not what this version of btcli writes: status: Field required" in error["message"]


def test_withheld_outcomes_are_shown_with_their_reason(copy: Path) -> None:
    """A run whose outcomes on other paths were withheld is a sound run."""
    path = only_run(copy) / "metrics.json"
    document = json.loads(path.read_text())
    document["paths"] = {"withheld": "the strategy [read] a file"}
    path.write_text(json.dumps(document))
    done = say(copy, "show", "latest")
    assert (done.code, "the strategy [read] a file" in done.out) == (0, True), done.err
    document["paths"] = {"withheld": None}
    path.write_text(json.dumps(document))
    assert say(copy, "show", "latest").code == 3


def test_missing_metrics_of_a_complete_run_are_named(copy: Path) -> None:
    """A complete run without its metrics is no run without results."""
    (only_run(copy) / "metrics.json").unlink()
    done = say(copy, "show", "latest")
    assert (done.code, "metrics.json cannot read: No such file" in done.err) == (3, True)


def test_a_manifest_with_an_empty_config_is_named(copy: Path) -> None:
    """A manifest whose config is empty is told with the keys that it lacks."""
    path = only_run(copy) / "run_manifest.json"
    document = json.loads(path.read_text())
    document["inputs"]["config"] = {}
    path.write_text(json.dumps(document))
    done = say(copy, "explain", path.parent, "--trade", "1", "--json")
    (error,) = done.envelope["errors"]
    assert (done.code, error["where"]) == (3, str(path))
    assert "is not what this version of btcli writes: inputs.config.venue: Field required" in error["message"]


def test_versions_of_another_kind_are_named(copy: Path) -> None:
    """A manifest whose versions are a word is told before a replay begins."""
    path = only_run(copy) / "run_manifest.json"
    document = json.loads(path.read_text())
    document["environment"]["versions"] = "x"
    path.write_text(json.dumps(document))
    done = say(copy, "replay", str(path.parent))
    assert (done.code, "environment" in done.err) == (3, True)


BROKEN_MANIFESTS: dict[str, Callable[[Path], object]] = {
    "no JSON": lambda path: path.write_text("{"),
    "empty": lambda path: path.write_text(""),
    "a list": lambda path: path.write_text("[]"),
    "keys missing": lambda path: path.write_text("{}"),
    "not UTF-8": lambda path: path.write_bytes(b'{"system": "\xff"}'),
    "a folder in its place": lambda path: path.mkdir(),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "unreadable": lambda path: path.symlink_to("/proc/self/mem"),
}


@pytest.mark.parametrize("kind", BROKEN_MANIFESTS)
def test_a_broken_manifest_hides_no_other_run(copy: Path, kind: str) -> None:
    """runs, latest and a prefix pass over a run whose manifest is broken, and name it; its own name says what is wrong.

    The broken run is the younger one and shares its first digits with the sound one.
    """
    sound = only_run(copy).name
    other = sound[:4] + "ffffffff"
    folder = copy / "runs" / "x" / "y" / other
    folder.mkdir(parents=True)
    BROKEN_MANIFESTS[kind](folder / "run_manifest.json")
    note_asked(copy / "runs", folder)
    listed = say(copy, "runs")
    assert (listed.code, sound in listed.out, other in listed.err) == (0, True, True)
    shown: list[Said] = [say(copy, "show", "latest", "--json"), say(copy, "show", sound[:4], "--json")]
    for done in shown:
        assert (done.code, done.envelope["data"]["run_id"]) == (0, sound)
        assert [other in warning for warning in done.envelope["warnings"]] == [True]
    assert say(copy, "diff", "latest", sound).code == 0
    for name in (other, folder):
        named = say(copy, "show", name)
        assert (named.code, "run_manifest.json" in named.err) == (3, True), named.err


def test_a_manifest_of_right_kinds_with_a_wrong_config_hides_nothing(copy: Path) -> None:
    """A run whose recorded config cannot be read again is passed over like one that is no JSON."""
    run = only_run(copy)
    other = copy / "runs" / "x" / "y" / "aaaaaaaaaaaa"
    other.mkdir(parents=True)
    document = json.loads((run / "run_manifest.json").read_text())
    document["inputs"]["config"]["symbols"] = "BTCUSDT"
    (other / "run_manifest.json").write_text(json.dumps(document))
    assert say(copy, "show", "latest", "--json").envelope["data"]["run_id"] == run.name
    assert "aaaaaaaaaaaa" in say(copy, "runs").err


def test_runs_that_are_all_broken_are_all_named(tmp_path: Path) -> None:
    """Where no run can be read, latest says so and what is wrong with each."""
    for name in ("aaaaaaaaaaaa", "bbbbbbbbbbbb"):
        (tmp_path / "runs" / "x" / "y" / name).mkdir(parents=True)
        (tmp_path / "runs" / "x" / "y" / name / "run_manifest.json").write_text("{")
    done = say(tmp_path, "show", "latest")
    assert (done.code, "none of the 2 runs" in done.err) == (3, True)
    assert "run aaaaaaaaaaaa is passed over" in done.err
    assert "run bbbbbbbbbbbb is passed over" in done.err


def test_a_file_in_the_place_of_the_runs_is_named(tmp_path: Path) -> None:
    """A folder of runs that is a file is no folder without runs."""
    (tmp_path / "runs").write_text("")
    done = say(tmp_path, "runs")
    assert (done.code, "runs is a file, not a folder of runs" in done.err) == (3, True)


def test_a_name_with_brackets_is_shown_as_it_is(copy: Path) -> None:
    """Brackets in the name of a folder are no instruction to the screen."""
    odd = copy / "runs[" / "[" / "x]"
    odd.mkdir(parents=True)
    shutil.copytree(only_run(copy), odd / "r[bold]")
    done = say(copy, "show", os.path.relpath(odd / "r[bold]", copy))
    assert (done.code, "runs[/[/x]/r[bold]" in done.out) == (0, True)
