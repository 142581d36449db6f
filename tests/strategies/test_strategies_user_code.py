"""What user code does while it is found and made is the strategy's fault, and leaves btcli where it was."""

from __future__ import annotations

import decimal
import os
import sys
from itertools import dropwhile
from pathlib import Path

import pytest
from interrupted_lines import said

from btcli.config.loading import load_system
from btcli.config.specs.instruments import load_instruments
from btcli.engine.asking import ask
from btcli.errors import BtcliError, StrategyError
from btcli.exchange.face.instrument import decimal_parts
from btcli.strategies import Direction, Signal, Strategy, failing
from btcli.strategies.failing import strategy_error, user_code
from btcli.strategies.finding import find_strategy
from btcli.strategies.guarding import visiting

HEAD = "import functools, os, sys\nfrom dataclasses import dataclass\nfrom btcli.strategies import Signal, Strategy\n"
FOUND = {
    "a module that exits when it is asked": "def __getattr__(name): sys.exit(0)",
    "features that exit when they are read": "class F(dict):\n    def values(self): sys.exit(0)\n"
    "class Mine(Strategy):\n    features = F(ltf={})\n    def decide(self, snapshot): return None",
    "a class that exits when it is looked at": "class M(type):\n    def __getattribute__(cls, name):\n"
    "        return sys.exit(0) if name == 'features' else type.__getattribute__(cls, name)\n"
    "class Mine(Strategy, metaclass=M):\n    def decide(self, snapshot): return None",
    "parameters that exit": "class Mine(Strategy):\n    @dataclass(frozen=True)\n    class Params:\n"
    "        a: int = 1\n        def __post_init__(self): sys.exit(0)\n    def decide(self, snapshot): return None",
}
MADE = {
    "a constructor that exits": "def __new__(cls, *given): sys.exit(0)",
    "a constructor that makes something else": "def __new__(cls, *given): return 5",
    "a claim that exits": "decides_by_market = property(lambda self: sys.exit(0))",
    "a claim that is no yes or no": "decides_in_position = 'no'",
    "another that is none": "sees_others = None",
}


def project(folder: Path, source: str) -> Path:
    """A folder with the file mine.py."""
    (folder / "mine.py").write_text(HEAD + source)
    return folder


@pytest.mark.parametrize("source", FOUND.values(), ids=FOUND)
def test_what_happens_while_a_class_is_read(source: str, tmp_path: Path) -> None:
    """It is a StrategyError that names a line of the file."""
    with pytest.raises(StrategyError) as told:
        find_strategy("mine.py:Mine", project(tmp_path, source))
    assert "mine.py:" in told.value.problems[0].where


@pytest.mark.parametrize("line", MADE.values(), ids=MADE)
def test_what_happens_while_an_instance_is_made(line: str, tmp_path: Path) -> None:
    """It is a StrategyError, also where the instance is none or claims what is neither true nor false."""
    source = f"class Mine(Strategy):\n    {line}\n    def decide(self, snapshot): return None"
    found = find_strategy("mine.py:Mine", project(tmp_path, source))
    with pytest.raises(StrategyError):
        found.make()


def test_a_module_that_is_no_module(tmp_path: Path) -> None:
    """What it puts in its place among the loaded ones is still one of the user's errors, and gone before the next."""
    project(tmp_path, "sys.modules[__name__] = 5")
    with pytest.raises(BtcliError):
        find_strategy("mine:Mine", tmp_path)
    project(tmp_path, "class Mine(Strategy):\n    def decide(self, snapshot): return None")
    assert find_strategy("mine:Mine", tmp_path).make().decide(None) is None


def test_errors_of_btcli_that_user_code_raises_are_the_strategys(tmp_path: Path) -> None:
    """No exit code of the user's choice comes through."""
    source = "from btcli.errors import BtcliError\nclass Fine(BtcliError): exit_code = 0\nraise Fine('all is well')"
    with pytest.raises(StrategyError) as told:
        find_strategy("mine.py:Mine", project(tmp_path, source))
    assert told.value.exit_code == 4


def test_a_nonsense_text_that_code_evaluates_is_not_the_files_syntax(tmp_path: Path) -> None:
    """`eval` of nonsense raised: exit code 4 and not 2, which a file that is no Python has."""
    with pytest.raises(StrategyError):
        find_strategy("mine.py:Mine", project(tmp_path, "eval('(')"))


class Answers(Strategy):
    """Answers with what it was given."""

    def decide(self, snapshot: object) -> Signal | None:
        answer: Signal | None = self.params
        return answer


class Snapshot:
    """As much of one as an error names."""

    ts_close = 0


def test_a_signal_of_a_class_of_ones_own_is_taken_for_what_it_says() -> None:
    """What extends Signal is asked for its fields once, and what goes on is a plain Signal."""

    class Mine(Signal):
        pass

    answer = ask(Answers(Mine(Direction.LONG, stop_distance=2.0)), Snapshot())  # type: ignore[arg-type]
    assert (type(answer), answer) == (Signal, Signal(Direction.LONG, stop_distance=2.0))


def test_what_pretends_to_be_a_signal_is_none() -> None:
    """A class that says it is Signal does not make one."""
    mock = type("Mock", (), {"__class__": Signal})()
    with pytest.raises(StrategyError, match="answered Mock"):
        ask(Answers(mock), Snapshot())  # type: ignore[arg-type]


def test_ctrl_c_is_no_fault_of_the_strategy() -> None:
    """It goes on as what it is."""
    with pytest.raises(KeyboardInterrupt):
        raise strategy_error(KeyboardInterrupt(), "deciding")


DEEP = """\
def alone(n):
    if n == 0:
        raise ValueError("deep enough")
    alone(n - 1)


def one(n):
    other(n)


def other(n):
    if n == 0:
        raise ValueError("deep enough")
    one(n - 1)
"""


def said_of(folder: Path, call: str) -> list[str]:
    """The lines of the error that becomes of a call of DEEP, without the frame of this function."""
    file = folder / "deep.py"
    file.write_text(DEEP)
    names: dict[str, object] = {}
    exec(compile(DEEP, str(file), "exec"), names)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(60_000)
    try:
        with pytest.raises(StrategyError) as told, user_code("deciding"):
            eval(call, names)
    finally:
        sys.setrecursionlimit(limit)
    first, *lines = told.value.problems[0].message.replace(f"{folder}/", "").splitlines()
    return [first, *dropwhile(lambda line: "deep.py" not in line, lines)]


@pytest.mark.parametrize(("deep", "times"), [(3, "1 more time"), (900, "898 more times"), (50_000, "49998 more times")])
def test_a_function_that_calls_itself_is_shown_as_python_shows_it(tmp_path: Path, deep: int, times: str) -> None:
    """Three times, then how often more, and where it ended, however deep that is."""
    again = ['  File "deep.py", line 4, in alone', "    alone(n - 1)"]
    assert said_of(tmp_path, f"alone({deep + 1})") == [
        "deciding: ValueError: deep enough",
        *again * 3,
        f"  [Previous line repeated {times}]",
        '  File "deep.py", line 3, in alone',
        '    raise ValueError("deep enough")',
    ]


def test_functions_that_call_each_other_are_shown_from_both_ends(tmp_path: Path) -> None:
    """The forty outermost frames, one of them of this test, the forty innermost, and how many are between them."""
    told = said_of(tmp_path, "one(25000)")
    frames = [line for line in told if "File" in line]
    assert (len(frames), frames[0], frames[-1]) == (
        79,
        '  File "deep.py", line 8, in one',
        '  File "deep.py", line 13, in other',
    )
    assert "  [49,923 more frames]" in told
    assert sum("more frames" in line for line in said_of(tmp_path, "one(38)")) == 0  # these are 79


def test_a_file_is_looked_for_once_however_often_an_error_came_through_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To see whether it is the user's means to ask the disk."""
    asked: list[str] = []
    asks = failing.is_project_file

    def is_project_file(name: str) -> bool:
        asked.append(name)
        return asks(name)

    monkeypatch.setattr(failing, "is_project_file", is_project_file)
    said_of(tmp_path, "alone(5000)")
    assert len(asked) == len(set(asked))


def test_visiting_puts_directory_streams_and_descriptors_back(tmp_path: Path) -> None:
    """After user code has moved and closed what it likes, the next file does not become stdin."""
    before, stdin = Path.cwd(), os.dup(0)
    stream = sys.stdout
    try:
        with visiting():
            os.chdir(tmp_path)
            os.close(0)
            sys.stdout = None  # type: ignore[assignment]
        assert (Path.cwd(), sys.stdout) == (before, stream)
        with (tmp_path / "next").open("w") as file:
            assert file.fileno() > 2
    finally:
        os.dup2(stdin, 0)
        os.close(stdin)


def test_the_precision_of_decimals_is_the_users_own_affair(tmp_path: Path) -> None:
    """Rules of instruments are read to the last digit whatever precision user code has set."""
    (tmp_path / "system.yml").write_text(
        "system: s\nvenue: bybit\nsymbols: [BTCUSDT]\ntimeframes: {ltf: 1h}\n"
        "account: {initial_equity_usdt: 10000, leverage: 5}\nstrategy: {use: mtf_trend}\n"
        "risk: {sizing: {risk_pct: 1}}\n"
        "windows: {w: {start: 2024-01-01, end: 2024-01-31}}\n"
    )
    system = load_system(tmp_path / "system.yml")
    exact = load_instruments(system)
    with decimal.localcontext(decimal.Context(prec=2)):
        assert load_instruments(system) == exact
        assert decimal_parts("0.00123450") == (12345, 1e7)
        assert decimal_parts("120") == (120, 1.0)
        assert decimal_parts("1.2E+3") == (1200, 1.0)


def test_ctrl_c_where_nothing_can_be_raised_comes_again() -> None:
    """In a `__del__` Python prints and forgets what is raised; a real Ctrl-C is raised after it."""
    code, told = said("""
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
kill = os.kill
from btcli.pressing import is_ctrl_c
from btcli.strategies.guarding import forbid_ending
forbid_ending(lambda: None)
class Raises:
    def __del__(self):
        raise KeyboardInterrupt("of its own")
class Pressed:
    def __del__(self):
        kill(os.getpid(), signal.SIGINT)
Raises()
print("goes on", flush=True)
try:
    Pressed()
    time.sleep(60)
except KeyboardInterrupt as error:
    print("raised", is_ctrl_c(error))
""")
    out, complaint = told.split("Exception ignored", 1)
    assert (code, out) == (0, "goes on\nraised True\n")
    assert "of its own" in complaint
    assert complaint.count("Traceback") == 1
