"""Completion in the shell: bash itself asks, through the script that btcli gives it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, only_run, say, small_world
from command_line import ROOT, btcli, environment
from hostile_names import HOSTILE

from btcli.analysis import groups
from btcli.cli.edge import values
from btcli.cli.edge.completing import joined
from btcli.config.venues import VENUES
from btcli.features.catalog import FUNCTIONS
from btcli.strategies.finding import BUILT_INS
from btcli.timeframe import Timeframe
from btcli.workflows.runs.runs import COLUMNS

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")

ASK = """\
source <(btcli --show-completion bash)
words=("$@")
COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1)) COMPREPLY=()
_btcli_completion btcli
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run, a second system beside it, and btcli on its own path."""
    folder = small_world(tmp_path_factory.mktemp("completion") / "small")
    assert say(folder, "run").code == 0
    (folder / "other.yml").write_text(SYSTEM.replace("jan:", "february:"))
    (folder / "bin").mkdir()
    (folder / "bin" / "btcli").write_text(f'#!/bin/sh\nexec {sys.executable} -m btcli "$@"\n')
    (folder / "bin" / "btcli").chmod(0o755)
    return folder


def on_path(world: Path) -> dict[str, str]:
    """An environment in which `btcli` is this checkout's."""
    return environment({"PATH": f"{world / 'bin'}:{os.environ['PATH']}", "HOME": str(world)})


def asked(world: Path, *words: str, cwd: Path | None = None) -> tuple[list[str], str]:
    """What bash would offer for the last of the words, and what reached the terminal meanwhile."""
    done = subprocess.run(
        ["bash", "--norc", "-c", ASK, "bash", *words],
        cwd=cwd or world,
        env=on_path(world),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout.split(), done.stderr


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        (("btcli", "tra"), ["trades"]),
        (("btcli", "run", "--window", ""), ["jan"]),
        (("btcli", "run", "other.yml", "-w", ""), ["february"]),
        (("btcli", "preflight", "other.yml", "--window", "f"), ["february"]),
        (("btcli", "run", "--window", "x"), []),
        (("btcli", "runs", "--system", ""), ["small"]),
        (("btcli", "runs", "--window", ""), ["jan"]),
        (("btcli", "runs", "--strategy", "m"), ["mtf_trend"]),
        (("btcli", "runs", "--sort", "sh"), ["sharpe"]),
        (("btcli", "runs", "--symbol", "ETH"), ["ETHUSDT"]),
        (("btcli", "trades", "latest", "--by", "w"), ["weekday"]),
        (("btcli", "trades", "latest", "--by", "side,mo"), ["side,month"]),
        (("btcli", "data", "sync", "--venue", "by"), ["bybit"]),
        (("btcli", "data", "sync", "--venue", "bybit", "--symbol", ""), ["BTCUSDT", "ETHUSDT"]),
        (("btcli", "data", "sync", "--series", "f"), ["funding"]),
        (("btcli", "data", "export", "x.csv", "--symbol", ""), ["BTCUSDT"]),
        (("btcli", "data", "export", "x.csv", "--env", ""), ["live", "demo"]),
        (("btcli", "run", "--set", "risk."), ["risk.sizing.risk_pct="]),
        (("btcli", "run", "--set", "strategy.use", "="), sorted(BUILT_INS)),
        (("btcli", "run", "--set", "strategy.use", "=", "mtf"), ["mtf_trend"]),
        (("btcli", "run", "--set", "features.ltf.x", "=", "aroon"), ["aroon", "aroonosc"]),
        (("btcli", "run", "--set", "venue", "=", "b"), ["bybit", "binance"]),
        (("btcli", "run", "--set", "timeframes.mtf", "=", "1h"), ["1h"]),
        (("btcli", "run", "--window", "=", ""), ["jan"]),
        (("btcli", "init", "--template", "d"), ["demo", "donchian"]),
    ],
    ids=" ".join,
)
def test_bash_is_offered_values(world: Path, words: tuple[str, ...], offers: list[str]) -> None:
    """Verbs, windows of the system that is meant, names of runs, symbols, strategies, features, keys: and no sound."""
    found, noise = asked(world, *words)
    assert [each for each in found if each in offers or not words[-1].startswith("aroon")] == offers
    assert noise == ""


def test_other_shells_are_answered_in_their_own_way(world: Path) -> None:
    """zsh gets its list, fish its lines and whether there are any; what is no instruction is an error with a word."""
    run_id = only_run(world).name
    typed = {"_TYPER_COMPLETE_ARGS": f"btcli show {run_id[:4]}"}
    zsh = btcli(cwd=world, env={**typed, "_BTCLI_COMPLETE": "complete_zsh"})
    assert (zsh.code, zsh.out, zsh.err) == (0, f"_arguments '*: :((\"{run_id}\"))'\n", "")
    fish = {**typed, "_BTCLI_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert btcli(cwd=world, env=fish).out.split() == [run_id]
    for args, code in ((typed["_TYPER_COMPLETE_ARGS"], 0), ("btcli show nothing", 1)):
        asks = {**fish, "_TYPER_COMPLETE_FISH_ACTION": "is-args", "_TYPER_COMPLETE_ARGS": args}
        assert btcli(cwd=world, env=asks).code == code
    wrong = btcli(cwd=world, env={"_BTCLI_COMPLETE": "nonsense"})
    assert (wrong.code, wrong.out, wrong.err) == (1, "", "Invalid completion instruction.\n")


@pytest.mark.parametrize("verb", ["show", "explain", "replay", "trades", "report", "export"])
def test_runs_complete(world: Path, verb: str) -> None:
    """Every verb that takes a run: its id, and latest; below another folder those of that one."""
    if verb == "export" and btcli("export", "--help").code:
        pytest.skip("there is no such verb")
    run_id = only_run(world).name
    assert asked(world, "btcli", verb, "")[0] == ["latest", run_id]
    assert asked(world, "btcli", verb, run_id[:5])[0] == [run_id]
    assert asked(world, "btcli", "diff", "latest", run_id[:5])[0] == [run_id]


def test_other_folders_are_those_that_were_named(world: Path, tmp_path: Path) -> None:
    """--out and --data count, wherever one stands; they are written as a shell wants them."""
    run_id = only_run(world).name
    runs, data = (shlex.quote(str(world / name)) for name in ("runs", "data"))
    assert asked(world, "btcli", "show", "--out", runs, "", cwd=tmp_path)[0] == ["latest", run_id]
    stored = ("btcli", "data", "export", "x.csv", "--data", data, "--symbol", "B")
    assert asked(world, *stored, cwd=tmp_path)[0] == ["BTCUSDT"]


BROKEN = {
    "no project": "",
    "no yaml": "windows: [",
    "a list": "- windows",
    "odd windows": "windows: 7\nsymbols: {}\n",
    "bytes": "\x00\x01",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_offers_nothing_and_says_nothing(world: Path, tmp_path: Path, text: str) -> None:
    """A broken system file, no runs, a store that is none: no offer, no word on either stream, exit code 0."""
    if text:
        (tmp_path / "system.yml").write_text(text)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "market_live.duckdb").write_text("not a store")
    (tmp_path / "runs").write_text("a file")
    for words in (("run", "--window", ""), ("show", ""), ("data", "export", "x.csv", "--symbol", "")):
        assert asked(world, "btcli", *words, cwd=tmp_path) == ([], "")
    assert asked(world, "btcli", "run", "--set", "risk.", cwd=tmp_path) == ([], "")
    assert asked(world, "btcli", "nothing", "--window", "", cwd=tmp_path)[1] == ""


def test_only_plain_words_are_offered(world: Path, tmp_path: Path) -> None:
    """A name with blanks, control characters or signs that a shell obeys is offered to nobody."""
    plain = "windows:\n  plain: {}\n"
    (tmp_path / "system.yml").write_text(plain + '  "\\e[2J": {}\n  "$(touch x)": {}\n  "a b": {}\n')
    assert asked(world, "btcli", "run", "--window", "", cwd=tmp_path) == (["plain"], "")
    keys = [name for name in HOSTILE if len(name) < 200 and max(name) < "\U00010000"]
    (tmp_path / "system.yml").write_text(f"windows: {json.dumps(dict.fromkeys((*keys, 'plain'), 1))}")
    found, noise = asked(world, "btcli", "run", "--window", "", cwd=tmp_path)
    assert noise == ""
    assert "plain" in found
    for name in HOSTILE:
        if "/" not in name and "\0" not in name and len(name) < 200:
            run = tmp_path / "runs" / name / "w" / "000000000000"
            run.mkdir(parents=True)
            (run / "run_manifest.json").write_text("{")
    found += asked(world, "btcli", "runs", "--system", "", cwd=tmp_path)[0]
    assert all(re.fullmatch(r"[\w.+/@%^,:=-]+", each) for each in found)


def test_a_store_that_is_held_is_not_waited_for(world: Path) -> None:
    """While another process writes, symbols of the store are not offered, at once."""
    import duckdb

    with duckdb.connect(str(world / "data" / "market_live.duckdb")):
        assert asked(world, "btcli", "data", "export", "x.csv", "--symbol", "")[1] == ""


def test_a_person_at_a_keyboard(world: Path) -> None:
    """A real bash with readline: the tabulator completes behind a sign of equality, where bash takes words apart."""
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        cwd=world,
        env={**on_path(world), "TERM": "dumb", "PS1": "READY> "},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        _heard(ours, "READY> ")
        _typed(ours, "source <(btcli --show-completion bash)\r")
        _heard(ours, "READY> ")
        _typed(ours, "btcli run --set strategy.use=mtf\t")
        assert "_trend" in _heard(ours, "_trend")
        _typed(ours, "\x15exit\r")
        shell.wait(timeout=300)
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)


def _typed(terminal: int, text: str) -> None:
    os.write(terminal, text.encode())


def _heard(terminal: int, awaited: str, patience_s: float = 300.0) -> str:
    """What the terminal shows until the text comes."""
    said, until = "", time.monotonic() + patience_s
    while awaited not in said and time.monotonic() < until:
        if select.select([terminal], [], [], 0.2)[0]:
            said += os.read(terminal, 4096).decode(errors="replace")
    return said


def test_the_script_is_given_and_installed(world: Path, tmp_path: Path) -> None:
    """--show-completion and --install-completion end with 0 and without another word; help says how to switch it on."""
    shown = btcli("--show-completion", "bash", env={"HOME": str(tmp_path)})
    assert (shown.code, shown.err) == (0, "")
    assert "complete -o default -F _btcli_completion btcli" in shown.out
    installed = btcli("--install-completion", "bash", env={"HOME": str(tmp_path)})
    assert (installed.code, installed.err) == (0, "")
    assert (tmp_path / ".bash_completions" / "btcli.sh").is_file()
    assert "btcli --install-completion" in btcli("--help").out


def test_a_shell_is_found_out_only_where_none_is_named(tmp_path: Path) -> None:
    """A named shell counts, whatever calls btcli; one without completion is refused with those that have it."""
    called = {"HOME": str(tmp_path), "SHELL": "/bin/sh"}
    assert "#compdef btcli" in btcli("--show-completion", "zsh", env=called).out
    refused = btcli("--show-completion", "tcsh", env=called)
    assert (refused.code, refused.out) == (2, "")
    assert "no values are completed in 'tcsh'" in refused.err
    assert "bash, zsh, fish" in refused.err


def test_quick_values_load_nothing_heavy(world: Path) -> None:
    """Where no store needs opening, neither frames nor databases nor compilers are loaded."""
    env = {"_BTCLI_COMPLETE": "complete_bash", "PYTHONPROFILEIMPORTTIME": "1", "PYTHONPATH": str(ROOT)}
    for words in (["run", "--window", ""], ["show", ""], ["run", "--set", "risk."], ["trades", "latest", "--by", ""]):
        asks = {"COMP_WORDS": "\n".join(("btcli", *words)), "COMP_CWORD": str(len(words))}
        done = btcli(cwd=world, env={**env, **asks})
        assert done.out.strip()
        loaded = {line.rsplit("|", 1)[1].strip() for line in done.err.splitlines() if "|" in line}
        assert loaded & {"polars", "duckdb", "_duckdb", "numpy", "numba", "talib", "btcli.config.model"} == set()


def test_what_is_offered_is_what_there_is() -> None:
    """Names that are written down a second time, so that a shell gets them quickly, are those of the first."""
    assert values.BY == groups.BY
    assert tuple(COLUMNS) == values.RUN_COLUMNS
    assert set(values.VENUES) == set(VENUES)
    assert all(str(Timeframe.parse(label)) == label for label in values.TIMEFRAMES)
    assert {"aroon", "aroonosc"} <= set(FUNCTIONS)


@pytest.mark.parametrize(
    ("parts", "place", "words", "at"),
    [
        (["btcli", "run"], 1, ["btcli", "run"], 1),
        (["btcli", "a", "=", "b"], 3, ["btcli", "a=b"], 1),
        (["btcli", "a", "="], 2, ["btcli", "a="], 1),
        (["btcli", "a", "=", "b", "c"], 4, ["btcli", "a=b", "c"], 2),
        (["btcli", "a", "==", "b"], 3, ["btcli", "a==b"], 1),
        (["btcli", "="], 1, ["btcli", "="], 1),
    ],
)
def test_words_are_put_together(parts: list[str], place: int, words: list[str], at: int) -> None:
    """As bash takes them apart."""
    assert joined(parts, place) == (words, at)
