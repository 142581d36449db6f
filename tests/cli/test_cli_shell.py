"""The shell around the verbs: help, versions, wrong words, envelopes, exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from command_line import ROOT, btcli, environment

from btcli import __version__
from btcli.cli.edge.answer import Answer, envelope
from btcli.cli.edge.app import VERBS, command_named
from btcli.cli.edge.main import answered
from btcli.errors import Problem

HEAVY = ("polars", "duckdb", "_duckdb", "numba", "llvmlite", "pydantic", "talib", "numpy", "ruamel.yaml", "orjson")
HEAVY += ("joblib", "dask", "distributed", "ray")


def test_help_lists_every_verb() -> None:
    """The help names each verb and ends with exit code 0 and an empty stderr."""
    done = btcli("--help")
    assert (done.code, done.err) == (0, "")
    assert [verb for verb in VERBS if verb not in done.out] == []


def test_help_cuts_no_sentence_short() -> None:
    """Each verb's line in the help is whole on a screen of eighty columns."""
    assert "..." not in btcli("--help", env={"COLUMNS": "80"}).out.replace("[ARGS]...", "")
    assert "..." not in btcli("data", "--help", env={"COLUMNS": "80"}).out.replace("[ARGS]...", "")


def test_no_words_are_a_request_for_help() -> None:
    """btcli alone prints its help."""
    assert btcli().out == btcli("--help").out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    """Each verb explains itself without loading anything that may be missing."""
    done = btcli(verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"btcli {verb}" in done.out


def test_help_imports_nothing_heavy() -> None:
    """btcli --help loads no array, store, compiler, model or YAML library."""
    probe = (
        "import sys\nfrom btcli.cli.edge.main import answered\nanswered(['--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr == "[]\n"


def test_help_loads_few_modules() -> None:
    """What btcli --help costs is what it imports: at most 90 modules of ours and 250 others, Python's own included."""
    probe = (
        "import sys\nfrom btcli.cli.edge.main import answered\nanswered(['--help'])\n"
        "ours = sum(name.partition('.')[0] == 'btcli' for name in sys.modules)\n"
        "print(ours, len(sys.modules) - ours, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=True, cwd=ROOT
    )
    ours, others = map(int, done.stderr.split())
    assert 0 < ours <= 90
    assert others <= 250


def test_version() -> None:
    """--version prints the name and the version."""
    assert btcli("--version").out == f"btcli {__version__}\n"


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("rnu",), "No such command 'rnu'.", "did you mean 'run'"),
        (("replay", "--pack-onyl", "x"), "No such option: --pack-onyl", "did you mean --pack-only?"),
        (("data", "imprt"), "No such command 'imprt'.", "did you mean 'import'?"),
        (("replay",), "Missing argument 'RUN'.", "see btcli replay --help"),
        (("data",), "Missing command.", "see btcli data --help"),
        (("run", "--lock-wait", "soon"), "is no number of seconds", "a number from 0 to 86400"),
    ],
)
def test_wrong_words(words: tuple[str, ...], message: str, hint: str) -> None:
    """A wrong command line ends with exit code 2, a panel on stderr, nothing on stdout, and the next step."""
    done = btcli(*words)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert hint in done.err


def test_wrong_words_answer_with_an_envelope_too() -> None:
    """With --json even an unknown command answers with the envelope on stdout and an empty stderr."""
    done = btcli("rnu", "--json")
    assert (done.code, done.err) == (2, "")
    assert done.envelope == {
        "schema": 1,
        "command": "",
        "ok": False,
        "exit_code": 2,
        "data": {},
        "warnings": [],
        "errors": [
            {"code": "RequestError", "message": "No such command 'rnu'.", "where": "", "hint": "did you mean 'run'?"}
        ],
    }


def test_envelope_of_an_answer() -> None:
    """The envelope has its seven keys in a fixed order, and plain values."""
    answer = Answer({"run_dir": ROOT}, exit_code=5, warnings=("low",), problems=(("LIQUIDATED", Problem("gone")),))
    assert envelope("run", answer) == (
        f'{{"schema": 1, "command": "run", "ok": false, "exit_code": 5, "data": {{"run_dir": "{ROOT}"}}, '
        '"warnings": ["low"], "errors": [{"code": "LIQUIDATED", "message": "gone", "where": "", "hint": ""}]}'
    )


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["run", "x.yml", "--json"], "run"),
        (["data", "import", "x"], "data import"),
        (["data", "imprt"], "data"),
        (["--json", "replay", "data"], "replay"),
        (["nonsense"], ""),
        ([], ""),
    ],
)
def test_command_named(words: list[str], name: str) -> None:
    """The verb is found among the words without parsing them."""
    assert command_named(words) == name


def raising(error: BaseException) -> object:
    """A command tree whose only command raises."""

    class Tree:
        def main(self, **_: object) -> object:
            raise error

    return Tree


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(13, "Permission denied", "/runs"), 3),
        (ZeroDivisionError("division by zero"), 70),
    ],
)
def test_unexpected_failures(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the system refuses is exit code 3, any other surprise is a bug, 70, with a way to report it."""
    monkeypatch.setattr("btcli.cli.edge.main.command_tree", raising(error))
    monkeypatch.setenv("COLUMNS", "200")
    assert answered(["run"]) == code
    shown = capsys.readouterr().err
    assert ("please report it" in shown) == (code == 70)
    assert "Traceback" not in shown


def test_a_full_pipe_is_no_error() -> None:
    """A reader that stops reading, like head, leaves no traceback."""
    line = f"{sys.executable} -m btcli schema | head -c 10"
    done = subprocess.run(["sh", "-c", line], env=environment(), capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr == ""
