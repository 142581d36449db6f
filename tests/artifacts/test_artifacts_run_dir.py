"""The life of a run's folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from artifacts_examples import FILES, IDENTITY, a_manifest, write_files
from interrupted_lines import said

from btcli.artifacts.manifest import MANIFEST, FileOutput, read_manifest
from btcli.artifacts.run_dir import start_run
from btcli.artifacts.run_files import file_outputs
from btcli.artifacts.verification import verify_run
from btcli.errors import AccessError, ReplayDiffers

RUN_ID = IDENTITY.run_id


def test_a_started_run_is_partial(tmp_path: Path) -> None:
    """While it runs, the folder is <system>/<window>/<run_id>.partial and its manifest says started."""
    run = start_run(tmp_path, a_manifest())
    assert run.path == tmp_path / "demo" / "q1" / f"{RUN_ID}.partial"
    assert read_manifest(run.path).status == "started"
    assert run.replaced is None


def test_a_complete_run_is_renamed_and_sealed(tmp_path: Path) -> None:
    """A complete run loses .partial and lists every file with the sha256 that sha256sum prints."""
    run = start_run(tmp_path, a_manifest())
    write_files(run.path)
    (run.path / "pack").mkdir()
    run.write("pack/empty.bin", b"")
    done = run.complete({"stop_reason": "END_OF_DATA"}, {"python": "3.11"}, state_hash="ff")
    assert done.path == tmp_path / "demo" / "q1" / RUN_ID
    assert [path.name for path in done.path.parent.iterdir()] == [RUN_ID]
    manifest = read_manifest(done.path)
    assert manifest.status == "complete"
    assert manifest.results == {"stop_reason": "END_OF_DATA"}
    assert sorted(manifest.outputs.files) == sorted([*FILES, "pack/empty.bin"])
    empty = manifest.outputs.files["pack/empty.bin"]  # sha256 of nothing: FIPS 180-4 test vector
    assert empty.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert empty.size == 0


def test_what_was_digested_while_written_is_not_read_again(tmp_path: Path) -> None:
    """Unless the file has another size by now: then the manifest names what lies there."""
    run = start_run(tmp_path, a_manifest())
    write_files(run.path)
    said = FileOutput(sha256="ab" * 32, size=(run.path / "events.jsonl").stat().st_size)
    done = run.complete({}, {}, written={"events.jsonl": said, "trades.csv": FileOutput(sha256="ab" * 32, size=10_000)})
    files = done.manifest.outputs.files
    assert files["events.jsonl"] == said
    assert files["trades.csv"] == file_outputs(done.path)["trades.csv"]


@pytest.mark.parametrize(("status", "reason"), [("failed", "the strategy raised"), ("interrupted", "Ctrl-C")])
def test_a_run_that_did_not_end_stays_partial_and_is_replaced(tmp_path: Path, status: str, reason: str) -> None:
    """A failed or interrupted run stays where it was; the next one replaces it and says what it was."""
    run = start_run(tmp_path, a_manifest())
    run.write("events.jsonl", b"half a line")
    left = run.stop(status, reason)  # type: ignore[arg-type]
    assert read_manifest(left).status == status
    assert read_manifest(left).failure == reason
    again = start_run(tmp_path, a_manifest())
    assert again.replaced == f"{status}: {reason}"
    assert not (again.path / "events.jsonl").exists()


def test_a_killed_run_is_replaced(tmp_path: Path) -> None:
    """A process that was killed left `started`, or not even a manifest; the next run replaces both."""
    killed = (
        "import sys, os; sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path\n"
        "from artifacts_examples import a_manifest\n"
        "from btcli.artifacts.run_dir import start_run\n"
        "start_run(Path(sys.argv[1]), a_manifest())\n"
        "os.kill(os.getpid(), 9)\n"
    )
    here = Path(__file__).parent
    subprocess.run([sys.executable, "-c", killed, str(tmp_path), str(here), str(here.parents[1])], check=False)
    again = start_run(tmp_path, a_manifest())
    assert again.replaced == "started"
    again.stop("failed", "x")
    (again.path / MANIFEST).unlink()
    assert start_run(tmp_path, a_manifest()).replaced == "unreadable"


@pytest.mark.skipif(os.name != "posix", reason="folders are locked on POSIX systems only")
def test_a_run_in_progress_is_not_replaced(tmp_path: Path) -> None:
    """Two processes never write the same run: the second is told, and the first keeps its files."""
    run = start_run(tmp_path, a_manifest())
    with pytest.raises(AccessError, match="another process is writing this very run"):
        start_run(tmp_path, a_manifest())
    assert read_manifest(run.path).status == "started"


def test_the_same_inputs_again_are_identical(tmp_path: Path) -> None:
    """A second run of the same inputs is compared, found identical, and leaves the first in place."""
    for _ in range(2):
        run = start_run(tmp_path, a_manifest())
        write_files(run.path)
        run.write("preflight_report.json", b"{}")  # recorded, not compared
        done = run.complete({}, {})
    assert done.earlier is not None
    assert done.earlier.identical
    assert sorted(done.earlier.same) == sorted(FILES)
    assert [path.name for path in done.path.parent.iterdir()] == [RUN_ID]


def test_a_pack_joins_an_identical_run_that_has_none(tmp_path: Path) -> None:
    """Asking for the same run with a pack gives one, and asking without it again does not take it away."""
    for extra in ([], ["pack.bin"], []):
        run = start_run(tmp_path, a_manifest())
        write_files(run.path)
        for name in extra:
            run.write(name, b"x")
        done = run.complete({}, {})
    assert done.earlier is not None
    assert done.earlier.identical
    assert sorted(read_manifest(done.path).outputs.files) == sorted([*FILES, "pack.bin"])


def test_what_an_earlier_run_recorded_stays_when_a_pack_joins_it(tmp_path: Path) -> None:
    """Its environment and its check of the data are its own; the pack is listed beside them."""
    for n, extra in enumerate([[], ["pack.bin"]]):
        run = start_run(tmp_path, a_manifest())
        write_files(run.path)
        for name in ("preflight_report.json", *extra):
            run.write(name, b"%d" % n)
        done = run.complete({}, {"python": f"3.{n}"})
    manifest = verify_run(done.path).manifest
    assert manifest.environment["python"] == "3.0"
    assert (done.path / "preflight_report.json").read_bytes() == b"0"
    assert (done.path / "pack.bin").read_bytes() == b"1"
    assert verify_run(done.path).ok


@pytest.mark.parametrize("damage", ["gone", "nonsense", "one file gone", "one file changed"])
def test_what_is_damaged_in_an_earlier_run_is_made_good_by_the_same_run(tmp_path: Path, damage: str) -> None:
    """Its manifest, or a file that is not compared: afterwards every file is what the manifest says."""
    for _ in range(2):
        run = start_run(tmp_path, a_manifest())
        write_files(run.path)
        run.write("row_marks.bin", b"marks")
        if run.final.exists() and damage in ("gone", "nonsense"):
            (run.final / MANIFEST).unlink()
        if run.final.exists() and damage == "one file gone":
            (run.final / "row_marks.bin").unlink()
        if run.final.exists() and damage in ("nonsense", "one file changed"):
            (run.final / (MANIFEST if damage == "nonsense" else "row_marks.bin")).write_bytes(b"{")
        done = run.complete({}, {})
    assert verify_run(done.path).ok


WITH_A_PACK = """
import os, sys
from pathlib import Path
from tempfile import mkdtemp
from artifacts_examples import a_manifest, write_files
from btcli.artifacts.run_dir import start_run
from btcli.artifacts.verification import verify_run
from interrupted_lines import at_every_line
os.fsync = lambda _: None
before = []

def begun(folder, *files):
    run = start_run(folder, a_manifest())
    write_files(run.path)
    for name in files:
        run.write(name, b"x")
    return run

def make():
    for each in before:
        assert verify_run(each.final).ok, sorted(each.final.iterdir())
        assert each.manifest.status == ("started" if each.path.exists() else "complete")
    folder = Path(mkdtemp(dir=sys.argv[-1]))
    begun(folder).complete({}, {})
    before[:] = [begun(folder, "pack.bin")]
    return lambda: before[0].complete({}, {})

at_every_line(make)
"""


def test_ctrl_c_while_a_run_takes_the_place_of_another_loses_neither(tmp_path: Path) -> None:
    """At every line there is a whole run: the earlier one with this one beside it unfinished, or this one."""
    code = WITH_A_PACK.replace("sys.argv[-1]", repr(str(tmp_path)))
    ended, told = said(f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n{code}")
    assert (ended, told.endswith(" lines\n")) == (0, True), told


STRUCK = """
import shutil
from pathlib import Path
from artifacts_examples import a_manifest, write_files
from btcli.artifacts.run_dir import start_run
from btcli.artifacts.verification import verify_run
from struck_files import at_every_stroke

folder, how, is_there, more, then = Path({folder!r}), {how!r}, {is_there!r}, {more!r}, {then!r}

def run(more):
    run = start_run(folder, a_manifest())
    write_files(run.path)
    (run.path / "pack" / "inputs").mkdir(parents=True)
    for name in (*more, "preflight_report.json"):
        run.write(name, name.encode())
    return run.complete({{}}, {{}})

def make():
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if is_there:
        run(())
    return folder, lambda: run(more)

def look(at, ended):
    made = list(folder.glob("*/*/*"))
    whole = [each for each in made if not each.name.endswith(".partial")]
    assert len(whole) == 1 or not is_there, (at, ended, made)
    for each in whole:
        assert verify_run(each).ok, (at, ended, verify_run(each).summary)
    assert how == "killed" or not ended.code or "No space left on device" in ended.err, (at, ended)
    done = run(then)
    assert [each.name for each in done.path.parent.iterdir()] == [done.path.name], (at, ended)
    found = verify_run(done.path)
    assert found.ok and not list(folder.rglob("*.new")), (at, ended, found.summary)
    assert {{*then}} <= found.manifest.outputs.files.keys(), (at, ended)

print(at_every_stroke(make, look, how), "strokes")
"""


PACK = ("pack/index.json", "pack/inputs/a.bin")


@pytest.mark.parametrize(
    ("how", "is_there", "more", "then", "least"),
    [
        ("killed", False, (), (), 20),
        ("killed", True, (), (), 20),
        ("killed", True, PACK, PACK, 40),
        ("killed", True, PACK, (), 40),
        ("full", True, PACK, PACK, 40),
    ],
    ids=["a first one", "the same again", "with a pack", "with a pack, then without", "a full disk"],
)
def test_no_stroke_loses_a_run(
    tmp_path: Path, *, how: str, is_there: bool, more: tuple[str, ...], then: tuple[str, ...], least: int
) -> None:
    """Killed, or without room, at all that it does to files: a run that was there is whole, as is the next one."""
    code = STRUCK.format(folder=str(tmp_path / "runs"), how=how, is_there=is_there, more=more, then=then)
    ended, told = said(f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n{code}")
    assert ended == 0, told
    assert int(told.split()[-2]) >= least


def test_the_same_inputs_with_another_result_fail(tmp_path: Path) -> None:
    """Another result from the same inputs is an error; both stay, the new one as failed."""
    run = start_run(tmp_path, a_manifest())
    write_files(run.path)
    run.complete({}, {})
    run = start_run(tmp_path, a_manifest())
    write_files(run.path, events_jsonl=FILES["events.jsonl"].replace(b"42000.0", b"42000.5"))
    with pytest.raises(ReplayDiffers, match=r"order_filled at 2024-01-01T00:05:00.000Z: price is 42000.0 and 42000.5"):
        run.complete({}, {})
    assert read_manifest(run.path).status == "failed"
    assert read_manifest(run.final).status == "complete"


def test_a_read_only_folder_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be written is an AccessError that says so and what to do."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))

    monkeypatch.setattr(Path, "mkdir", refuse)  # root, as whom tests may run, could write everywhere
    with pytest.raises(AccessError, match=r"cannot write the run: Permission denied .*--out"):
        start_run(tmp_path, a_manifest())


def test_a_file_in_the_way_is_one_clear_error(tmp_path: Path) -> None:
    """So is a path that leads through a file."""
    (tmp_path / "demo").write_text("")
    with pytest.raises(AccessError, match="cannot write the run: Not a directory"):
        start_run(tmp_path, a_manifest())


def test_file_outputs_leave_out_the_manifest(tmp_path: Path) -> None:
    """The manifest cannot hold its own digest."""
    run = start_run(tmp_path, a_manifest())
    assert file_outputs(run.path) == {}
