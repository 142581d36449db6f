"""What reaches the terminal: text without control characters, whole or not at all, on whatever stdout is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, say, small_world
from command_line import environment
from rich.panel import Panel
from rich.text import Text

from btcli.cli.edge.answer import Answer, envelope
from btcli.cli.edge.main import answered
from btcli.cli.edge.rendering import Screen, Streams, rendered
from btcli.cli.edge.screen import PlainConsole, plain_table
from btcli.errors import Problem

ODD = "a\x1b[2Jb\x1b]0;owned\x07c\rd\x08e\x9b2Jf\x7fg\u202eh\x00i"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
PIPE = Streams(Screen(False, "utf-8", None), Screen(False, "utf-8", None))

TAGS = """\
from btcli.strategies import Direction, Signal, Strategy


class Tags(Strategy):
    features = {"ltf": {"mean": "sma(close, 3)"}}

    def decide(self, snapshot):
        if snapshot.ltf.bar.close > snapshot.ltf["mean"]:
            return Signal(Direction.LONG, stop_distance=500.0, target_distance=900.0, tag="[/b]a\\x1b[2Jb\\x9b\\u202ec")
"""


def drawn(thing: object, **more: object) -> str:
    """What a console without a terminal shows of it."""
    page = StringIO()
    PlainConsole(file=page, width=100).print(thing, **more)  # type: ignore[arg-type]
    return page.getvalue()


def table_of(text: str) -> object:
    """A table with one cell."""
    table = plain_table("name")
    table.add_row(text)
    return table


@pytest.mark.parametrize(
    "thing", [ODD, Text(ODD), table_of(ODD), Panel(ODD, title=ODD)], ids=lambda it: type(it).__name__
)
def test_nothing_drawn_holds_a_control_character(thing: object) -> None:
    """Texts, tables and panels show escapes in the place of what a terminal would obey."""
    shown = drawn(thing)
    assert not OBEYED.search(shown)
    assert "a\\x1b[2Jb" in shown


def test_lines_and_colours_stay() -> None:
    """Line ends of a table and the colours of btcli itself are no names of others."""
    page = StringIO()
    console = PlainConsole(file=page, width=40, force_terminal=True, color_system="standard", highlight=False)
    console.print("[red]one[/]\ntwo \x1b[1mthree")
    assert page.getvalue() == "\x1b[31mone\x1b[0m\ntwo \\x1b[1mthree\n"


def test_the_envelope_holds_no_control_character() -> None:
    """JSON escapes them all, those above 0x7e included, and reads back as they were."""
    text = envelope("run", Answer({"name": ODD}, problems=(("X", Problem(ODD)),)))
    assert not OBEYED.search(text)
    assert json.loads(text)["data"]["name"] == ODD


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in an odd folder, whose strategy file and tags have odd names."""
    folder = small_world(tmp_path_factory.mktemp("odd") / "p\x1b[2J[/b]")
    (folder / "t\x1b[1m[bold].py").write_text(TAGS)
    (folder / "system.yml").write_text(SYSTEM.replace("mtf_trend", '"t\\x1b[1m[bold].py:Tags"'))
    return folder


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["people", "json"])
def test_no_answer_passes_control_characters_on(tagged: Path, form: tuple[str, ...]) -> None:
    """Names of files and folders, tags and errors come out escaped, whichever command shows them."""
    odd = tagged / "no\x9b\x07ne"
    first = say(tagged, "run", "--out", tagged / "runs")
    run = next(iter((tagged / "runs").glob("*/*/*")), odd)
    words = [("show", run), ("explain", "--trade", 1, run), ("replay", run), ("runs",), ("show", odd), ("run", odd)]
    words += [("diff", run, odd), ("data", "list", "--data", odd), ("x\x1b[2J",), ("preflight", odd, "--data", odd)]
    for said in (first, *(say(tagged, *each, *form) for each in words)):
        assert not OBEYED.search(said.out + said.err)
        assert "This is a bug" not in said.err
        assert said.code != 70


def test_an_answer_that_cannot_be_drawn_is_a_bug_without_a_traceback() -> None:
    """What fails while an answer is drawn is told like any other failure, in both forms, with exit code 70."""

    def fails(_: object) -> None:
        raise KeyError("no such figure")

    people = rendered(Answer({}, fails), None, PIPE)
    machines = rendered(Answer({"figure": object()}), "show", PIPE)
    assert (people.exit_code, people.out) == (70, "")
    assert "no such figure" in " ".join(people.err.replace("│", " ").split())
    assert json.loads(machines.out)["exit_code"] == machines.exit_code == 70


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_screen_that_lacks_characters(encoding: str, tmp_path: Path) -> None:
    """What the encoding of stdout lacks is escaped; JSON stays JSON."""
    answer = Answer({"name": "é–Ω"}, lambda console: console.print("é–Ω"))
    assert json.loads(rendered(answer, "x", PIPE._replace(out=Screen(False, encoding, None))).out)["data"] == {
        "name": "é–Ω"
    }
    done = run_in_shell("btcli data list --data Ω", tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert "\\u03a9" in done.stdout


def run_in_shell(line: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Let a shell run a line in which `btcli` is this checkout's."""
    line = line.replace("btcli", f"{sys.executable} -m btcli")
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=folder,
        env=environment(more),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("verb", "code"), [("data list", 3), ("runs", 3), ("show nothing", 2)])
@pytest.mark.parametrize(("away", "said"), [(">&-", "it is closed"), ("> /dev/full", "No space left on device")])
def test_an_answer_that_cannot_be_written_is_no_success(
    verb: str, code: int, away: str, said: str, tmp_path: Path
) -> None:
    """A closed stdout or a full disk behind it is one sentence and exit code 3, where it would have been 0."""
    done = run_in_shell(f"btcli {verb} {away}", tmp_path)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert (f"stdout cannot be written: {said}\n" in done.stderr) == (code == 3)


@pytest.mark.parametrize(("away", "said"), [("<&- >&-", "it is closed\n"), ("<&- >&- 2>&-", "")])
def test_a_run_without_a_terminal_and_without_streams_is_made(away: str, said: str, tmp_path: Path) -> None:
    """As under some schedulers: its pipe lay where stdout would be, and the run ended without an answer."""
    small_world(tmp_path)
    done = run_in_shell(f"btcli run --window jan {away}", tmp_path)
    assert (done.returncode, done.stderr) == (3, f"stdout cannot be written: {said}" if said else "")
    assert len([each for each in tmp_path.glob("runs/*/jan/*") if each.is_dir()]) == 1


def test_a_reader_that_goes_away_does_not_turn_a_no_into_a_yes(tmp_path: Path) -> None:
    """With `| head` the exit code is still the command's own."""
    done = run_in_shell("btcli show nothing --json | true", tmp_path)
    assert done.returncode == 2
    assert done.stderr == ""


def test_the_answer_in_process_is_written_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`answered` prints one line of JSON and gives its exit code."""
    code = answered(["show", str(tmp_path / "x"), "--json"])
    out = capsys.readouterr().out
    assert (json.loads(out)["exit_code"], out.count("\n")) == (code, 1)


def test_reports_of_crashes_lie_in_the_folder_of_the_tests(tmp_path: Path) -> None:
    """What the tests of bugs leave behind is below pytest's own folder, in this process and in its children."""
    here = tempfile.gettempdir()
    assert Path(here).is_relative_to(tmp_path.parent)
    seen = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"]
    assert subprocess.run(seen, env=environment(), capture_output=True, text=True, check=True).stdout.strip() == here
