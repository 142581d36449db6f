"""User code can do what it likes to its process: the answer is the same, or exit code 4 with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import Finished, btcli
from user_code import (
    ANSWERING,
    FAILING,
    FIRST_LINE,
    HARMLESS,
    NATIVE,
    PLACES,
    copy_with,
    line_of,
    quick,
    strategy_that,
    world_of,
)

ARTIFACTS = ("events.jsonl", "trades.csv", "equity_curve.csv", "metrics.json")
LOADING = {
    "preflight": ("preflight",),
    "heal": ("heal", "--dry-run"),
    "sample": ("data", "sample"),
    "replay": ("replay", "latest"),
}
QUICK_HARMLESS = {
    "prints": "decide",
    "writes to descriptor 1": "import",
    "starts a child that prints": "constructor",
    "closes descriptor 1 and prints": "import",
    "closes stderr": "decide",
    "changes the directory by a relative path": "import",
    "leaves a thread that ends the process": "decide",
    "exits at exit": "import",
    "forks and comes back twice": "decide",
    "forks and exits there": "import",
}
QUICK_FAILING = {
    "exits": "import",
    "ends the process": "decide",
    "replaces the process": "constructor",
    "kills its parent": "decide",
    "raises what Ctrl-C raises": "decide",
    "raises btcli's error with exit code 0": "decide",
    "raises what exits when it is shown": "import",
    "forks and raises everywhere": "decide",
}
QUICK_ANSWERING = ("a text", "a tag that is a number")
QUICK_LOADING = [("prints", "replay"), ("closes stdout", "sample"), ("exits", "preflight"), ("exits", "heal")]
QUICK_LOADING += [("ends the process", "replay"), ("replaces the process", "sample")]


def _long(*values: object) -> object:
    return pytest.param(*values, marks=pytest.mark.long)


def _cases(forms: dict[str, str], first: dict[str, str]) -> list[object]:
    """Every form at every place; the `first` ones are quick, the others long."""
    cases = [(name, place) for place in PLACES for name in forms]
    return [case if first.get(case[0]) == case[1] else _long(*case) for case in cases]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data and one run of a strategy that does nothing unusual."""
    folder = world_of(tmp_path_factory.mktemp("user") / "world", strategy_that("pass", "nowhere"))
    assert quick(folder, "data", "sample").code == 0
    assert quick(folder, "run").code == 0
    return folder


def _artifacts(folder: Path, done: Finished) -> dict[str, bytes]:
    run = folder / done.envelope["data"]["run_dir"]
    return {name: (run / name).read_bytes() for name in ARTIFACTS}


def _alone(world: Path) -> dict[str, bytes]:
    (run,) = (world / "runs").glob("*/*/*")
    return {name: (run / name).read_bytes() for name in ARTIFACTS}


def _is_refused(done: Finished, form: str) -> bool:
    """Exit code 4 in exactly one object that names the form's line."""
    (error,) = done.envelope["errors"]
    said = (done.code, done.envelope["exit_code"], error["code"], error["where"])
    return said == (4, 4, "StrategyError", line_of(form)) and done.out.count("\n") == 1


@pytest.mark.parametrize(("name", "place"), _cases(HARMLESS, QUICK_HARMLESS))
def test_harmless_code_changes_nothing(name: str, place: str, world: Path, tmp_path: Path) -> None:
    """A run with it leaves the artifacts of one without, exit code 0, and one object on stdout."""
    folder = copy_with(world, tmp_path / "copy", strategy_that(HARMLESS[name], place))
    done = quick(folder, "run", "--out", "others")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert _artifacts(folder, done) == _alone(world)


@pytest.mark.parametrize(("name", "place"), _cases(FAILING, QUICK_FAILING))
def test_code_that_fails_or_would_end_the_process(name: str, place: str, world: Path, tmp_path: Path) -> None:
    """A run with it is exit code 4 with the user's line, in one object, and leaves no complete run."""
    folder = copy_with(world, tmp_path / "copy", strategy_that(FAILING[name], place))
    assert _is_refused(quick(folder, "run", "--out", "others"), FAILING[name])
    assert not [run for run in (folder / "others").glob("*/*/*") if run.suffix != ".partial"]


@pytest.mark.parametrize("name", [name if name in QUICK_ANSWERING else _long(name) for name in ANSWERING])
def test_answers_that_are_no_signal(name: str, world: Path, tmp_path: Path) -> None:
    """Anything but a Signal with a text for a tag is exit code 4 with its line."""
    source = strategy_that(f"return {ANSWERING[name]}", "decide").replace(
        "            act()", "            return act()"
    )
    done = quick(copy_with(world, tmp_path / "copy", source), "run", "--out", "others")
    (error,) = done.envelope["errors"]
    asking = source.splitlines().index("    def decide(self, snapshot):") + 1
    assert (done.code, done.out.count("\n")) == (4, 1)
    assert error["where"] in (f"s.py:{FIRST_LINE}", f"s.py:{asking}")


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        (name, verb) if (name, verb) in QUICK_LOADING else _long(name, verb)
        for verb in LOADING
        for name in (*HARMLESS, *FAILING)
    ],
)
def test_loading_is_guarded_alike(name: str, verb: str, world: Path, tmp_path: Path) -> None:
    """Commands that load the strategy answer as without it to the harmless, and 4 to the others."""
    _answers_alike(name, "import", LOADING[verb], copy_with(world, tmp_path / "copy", ""))


@pytest.mark.long
@pytest.mark.parametrize("place", ["constructor", "decide"])
@pytest.mark.parametrize("name", [*HARMLESS, *FAILING])
def test_a_replay_is_guarded_where_it_decides(name: str, place: str, world: Path, tmp_path: Path) -> None:
    """A replay proves the run to the byte with the harmless, and answers 4 to the others."""
    _answers_alike(name, place, LOADING["replay"], copy_with(world, tmp_path / "copy", ""))


def _answers_alike(name: str, place: str, words: tuple[str, ...], folder: Path) -> None:
    form = (HARMLESS | FAILING)[name]
    (folder / "s.py").write_text(strategy_that(form, place))
    done = quick(folder, *words)
    if name in FAILING:
        assert _is_refused(done, form)
    else:
        assert (done.code, done.out.count("\n"), done.envelope["ok"]) == (0, 1, True)


@pytest.mark.parametrize("place", ["decide", _long("import")])
@pytest.mark.parametrize("name", NATIVE)
def test_an_end_that_nobody_can_stop_is_no_success(name: str, place: str, world: Path, tmp_path: Path) -> None:
    """Compiled code and signals end the work without an answer: one object says so, and the exit code is not 0."""
    done = quick(copy_with(world, tmp_path / "copy", strategy_that(NATIVE[name], place)), "run", "--out", "others")
    assert done.code != 0
    assert (done.envelope["exit_code"], done.out.count("\n")) == (done.code, 1)
    assert done.envelope["errors"][0]["code"] == "Ended"


def test_a_replay_that_differs_never_says_the_word(world: Path, tmp_path: Path) -> None:
    """Code that prints the verdict, a system and files named like it: `identical` is not on stdout unless it is so."""
    source = strategy_that("print('replay: identical', flush=True)", "import").replace("500.0", "400.0")
    folder = copy_with(world, tmp_path / "identical", source)
    (run,) = (folder / "runs").glob("*/*/*")
    (run / "identical").write_text("replay: identical")
    done = btcli("replay", run, cwd=folder, env={"NUMBA_DISABLE_JIT": "1"})
    assert done.code == 1
    assert "identical" not in done.out
    assert "replay: differs" in done.out


FORGING = {
    "verdict": "from btcli.workflows.run.replay import ReplayOutcome as it; it.holds = it.proved = True; "
    "it.verdict = 'identical'",
    "verdict's code": "from btcli.workflows.run.replay import ReplayOutcome as it; "
    "it.proved.fget.__code__ = (lambda self: True).__code__",
    "comparison": "from btcli.workflows.run import replay as it; "
    "it.compare_runs.__code__ = (lambda recorded, replayed: Comparison((), ())).__code__",
}


@pytest.mark.parametrize("form", FORGING.values(), ids=FORGING)
def test_a_replay_is_judged_by_btcli_alone(form: str, world: Path, tmp_path: Path) -> None:
    """Code that decides otherwise than it did, and replaces what compares the runs, is told to differ."""
    decided = f"os.path.exists('there') and setattr(S, 'stop', 400.0)\n    {form}"
    source = strategy_that(decided, "import").replace("asked = 0", "asked, stop = 0, 500.0")
    folder = copy_with(world, tmp_path / "copy", source.replace("stop_distance=500.0", "stop_distance=self.stop"))
    (recorded,) = [quick(folder, "run", "--out", "others").envelope["data"]["run_dir"]]
    (folder / "there").touch()
    done = btcli("replay", folder / recorded, cwd=folder, env={"NUMBA_DISABLE_JIT": "1"})
    assert done.code == 1, done.err
    assert "identical" not in done.out


def test_what_user_code_prints_is_on_stderr(world: Path, tmp_path: Path) -> None:
    """For people, too, stdout holds the answer alone."""
    form = "print('from the strategy'); os.write(1, b'from the strategy')"
    folder = copy_with(world, tmp_path / "copy", strategy_that(form, "decide"))
    done = btcli("run", "--out", "others", cwd=folder, env={"NUMBA_DISABLE_JIT": "1"})
    assert done.code == 0
    assert done.err.count("from the strategy") >= 2
    assert "from the strategy" not in done.out
    assert re.search(r"Final equity +[\d,.]+ USDT", done.out)


@pytest.mark.parametrize("mode", ["'w'", "'wb', 1 << 16", "'w+b', 1 << 16"])
def test_a_file_that_is_never_closed_is_written_out(mode: str, world: Path, tmp_path: Path) -> None:
    """What user code wrote into a file and never closed is there when the command has ended, in a cycle too."""
    said = "'kept'" if "b" not in mode else "b'kept'"
    form = f"sys.kept = [open('said', {mode})]; sys.kept.append(sys.kept); sys.kept[0].write({said})"
    folder = copy_with(world, tmp_path / "copy", strategy_that(form, "import"))
    assert quick(folder, "preflight").code == 0
    assert (folder / "said").read_bytes() == b"kept"


def test_an_end_of_the_process_names_its_line(world: Path, tmp_path: Path) -> None:
    """`os._exit(0)` is told with its line, where without a guard nobody could say more than that there is no answer."""
    folder = copy_with(world, tmp_path / "copy", strategy_that("os._exit(0)", "import"))
    assert _is_refused(quick(folder, "preflight"), "os._exit(0)")


@pytest.mark.long
def test_the_check_of_a_claim_is_guarded_too(world: Path, tmp_path: Path) -> None:
    """A strategy that claims to decide by the market may move and close what it likes: the artifacts are the same."""

    def artifacts(name: str, form: str) -> dict[str, bytes]:
        source = strategy_that(form, "decide").replace("    asked = 0", "    asked = 0\n    decides_by_market = True")
        folder = copy_with(world, tmp_path / name, source)
        return _artifacts(folder, quick(folder, "run", "--out", "others"))

    moves = "os.makedirs('below', exist_ok=True); os.chdir('below'); os.closerange(1, 2); sys.stderr.close()"
    assert artifacts("moved", moves) == artifacts("still", "pass")
