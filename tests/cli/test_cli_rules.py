"""A strategy of rules on the command line: what is wrong with it, and what a check says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_worlds import RULED, Said, say, small_world


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a month of sample data and a system of rules."""
    folder = small_world(tmp_path_factory.mktemp("ruled"))
    (folder / "system.yml").write_text(RULED)
    return folder


def changed(folder: Path, before: str, after: str, *words: str) -> Said:
    """What a command says of the system with one part written differently."""
    assert before in RULED
    (folder / "changed.yml").write_text(RULED.replace(before, after))
    return say(folder, "preflight", "changed.yml", *words)


def test_a_mistake_is_shown_below_its_place(ruled: Path) -> None:
    """The expression stands on a line of its own, with a caret, behind where it begins in the file."""
    said = changed(ruled, "> htf.trend", "> htf.trnd")
    assert said.code == 2
    assert "changed.yml:15:19 strategy.rules.long.enter: unknown name 'htf.trnd', at column 41:" in said.err
    lines = [line.strip("│ ") for line in said.err.splitlines()]
    at = lines.index("cross_above(fast, slow) and htf.close > htf.trnd")
    assert lines[at + 1] == "^ (did you mean htf.trend?)"
    shown = said.err.splitlines()
    assert shown[at + 1].index("^") == shown[at].index("htf.trnd")


def test_a_mistake_is_told_to_machines(ruled: Path) -> None:
    """Place, sentence and next step are apart, and every problem of the rules has its own."""
    said = changed(ruled, "stop: far * close", "stop: farr * close\n    exit: fast", "--json")
    assert [(error["where"], error["message"].split(",")[0], error["hint"]) for error in said.envelope["errors"]] == [
        ("changed.yml:18:11", "strategy.rules.exit: a condition is wanted here", "compare it, as in fast > 0"),
        ("changed.yml:17:11", "strategy.rules.stop: unknown name 'farr'", "did you mean far?"),
    ]


def test_what_is_set_is_told_by_its_key(ruled: Path) -> None:
    """An expression of `--set` has no place in the file, and a parameter that no rule names is refused."""
    said = say(ruled, "preflight", "--set", "strategy.rules.stop=2 * clse", "--json")
    (error,) = said.envelope["errors"]
    assert error["where"] == "--set strategy.rules.stop"
    assert error["message"] == "unknown name 'clse', at column 5:\n  2 * clse\n      ^"
    said = say(ruled, "preflight", "--set", "strategy.params.fra=2", "--json")
    (error,) = said.envelope["errors"]
    assert (error["where"], error["message"]) == ("--set strategy.params.fra", "is named in no rule")
    assert error["hint"] == "did you mean far?"


def test_rules_are_checked_with_the_data_that_their_features_need(ruled: Path) -> None:
    """A check passes, and counts the history of what the rules name."""
    said = say(ruled, "preflight", "--json")
    assert (said.code, said.envelope["ok"]) == (0, True)


IN_PYTHON = """\
from btcli.strategies import Direction, Signal, Strategy


class Own(Strategy):
    def __init__(self, params):
        super().__init__(params)
        self.before = None

    def decide(self, snapshot):
        fast, slow = snapshot.ltf["fast"], snapshot.ltf["slow"]
        before, self.before = self.before, (fast, slow)
        if before is None:
            return None
        stop = 0.02 * snapshot.ltf.close
        rises = snapshot.htf.close > snapshot.htf["trend"]
        if fast > slow and before[0] <= before[1] and rises:
            return Signal(Direction.LONG, stop_distance=stop)
        if fast < slow and before[0] >= before[1] and not rises:
            return Signal(Direction.SHORT, stop_distance=stop)
        return None
"""


@pytest.fixture(scope="module")
def runs(ruled: Path) -> dict[str, Path]:
    """The folders of the same run by rules and by Python."""
    head, _, _ = RULED.partition("strategy:")
    (ruled / "own.py").write_text(IN_PYTHON)
    (ruled / "python.yml").write_text(head.replace("small", "python") + "strategy: {use: own.py:Own}\n")
    found = {}
    for name in ("system", "python"):
        said = say(ruled, "run", f"{name}.yml", "--json")
        assert said.code == 0, said.err
        found[name] = ruled / said.envelope["data"]["run_dir"]
    return found


@pytest.mark.parametrize("artifact", ["events.jsonl", "trades.csv", "equity_curve.csv"])
def test_rules_do_what_the_same_strategy_in_python_does(runs: dict[str, Path], artifact: str) -> None:
    """Events, trades and the curve are the same: who decided is written in none of them."""
    by_rules, by_python = ((runs[name] / artifact).read_bytes() for name in ("system", "python"))
    assert by_rules == by_python
    assert by_rules.count(b"\n") > 10


def test_rules_measure_as_the_same_strategy_in_python_does(runs: dict[str, Path]) -> None:
    """Every figure, and the outcomes on all paths; a review counts the parameters, of which the code here has none."""
    by_rules, by_python = (json.loads((runs[name] / "metrics.json").read_text()) for name in ("system", "python"))
    told, of_code = by_rules.pop("findings"), by_python.pop("findings")
    assert by_rules == by_python
    assert [each["code"] for each in told] == [each["code"] for each in of_code]
    assert [" for 1 parameter" in each["message"] for each in told].count(True) == 1


def test_a_run_of_rules_is_shown_and_replayed(ruled: Path, runs: dict[str, Path]) -> None:
    """It goes by the name of rules, with its parameters; a replay gives the same bytes and runs nobody's code."""
    shown = say(ruled, "show", runs["system"])
    assert (shown.code, "rules (far 0.02)" in shown.out) == (0, True)
    assert "long.enter" not in shown.out
    assert say(ruled, "explain", runs["system"]).code == 0
    replayed = say(ruled, "replay", runs["system"], "--json")
    assert (replayed.code, replayed.envelope["data"]["ran"]) == (0, [])


def test_the_whole_summary_has_the_conditions(ruled: Path, runs: dict[str, Path]) -> None:
    """Each expression as it was written, by its key; what nobody wrote has no line."""
    said = say(ruled, "show", runs["system"], "--full").out
    lines = [" ".join(line.split()) for line in said.partition("Rules")[2].partition("Counted")[0].splitlines()]
    assert lines[:-1] == [
        "long.enter: cross_above(fast, slow) and htf.close > htf.trend",
        "short.enter: cross_below(fast, slow) and htf.close < htf.trend",
        "stop: far * close",
    ]


def test_another_parameter_or_expression_is_another_run(ruled: Path, runs: dict[str, Path]) -> None:
    """What is set counts to the run's identity, and changes what happens."""
    found = {runs["system"].name}
    for words in ("strategy.params.far=0.01", "strategy.rules.stop=far * open", "strategy.rules.target=far * close"):
        said = say(ruled, "run", "--set", words, "--json")
        assert said.code == 0, said.err
        run = ruled / said.envelope["data"]["run_dir"]
        assert (run / "events.jsonl").read_bytes() != (runs["system"] / "events.jsonl").read_bytes()
        found.add(run.name)
    assert len(found) == 4
