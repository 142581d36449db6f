"""Finding strategies by name, package and file, and what counts as their source."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from btcli.errors import ConfigError, RequestError, StrategyError
from btcli.strategies import Strategy
from btcli.strategies.finding import BUILT_INS, find_strategy

PLAIN = """
from dataclasses import dataclass
from btcli.strategies import Direction, Signal, Strategy

class Breakout(Strategy):
    features = {"ltf": {"top": "max(high, 20)"}}

    @dataclass(frozen=True)
    class Params:
        distance: float = 10.0
        bars: int = 3
        loud: bool = False
        name: str = "a"

    def decide(self, snapshot):
        return Signal(Direction.LONG, stop_distance=self.params.distance)
"""


def project(folder: Path, **files: str) -> Path:
    """A folder with these files; "_in_" in a name stands for a slash, "INIT" for a package's own file."""
    for name, text in files.items():
        path = folder / (name.replace("_in_", "/").replace("INIT", "__init__") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", sorted(BUILT_INS))
def test_built_in_strategies_are_found_by_name(name: str, tmp_path: Path) -> None:
    """A built-in needs nothing but its name, and brings the features it reads."""
    found = find_strategy(name, tmp_path)
    assert isinstance(found.make(), Strategy)
    assert set(found.features["ltf"]) == {"ema_fast", "ema_slow", "rsi", "atr"}


def test_built_in_with_a_base_counts_the_base_as_its_source(tmp_path: Path) -> None:
    """mtf_trend is made of its own file and of the one it extends."""
    files = find_strategy("mtf_trend", tmp_path).source.files
    assert "btcli/strategies/builtin/ema_rsi_atr.py" in files
    assert "btcli/strategies/builtin/mtf_trend.py" in files
    assert "btcli/strategies/interface.py" not in files


def test_a_strategy_is_found_in_a_file(tmp_path: Path) -> None:
    """path/file.py:Class names a class in a file of the project, with its parameters filled in."""
    project(tmp_path, strategies_in_mine=PLAIN)
    found = find_strategy("strategies/mine.py:Breakout", tmp_path, {"distance": 4, "loud": True})
    made = found.make()
    assert (made.params.distance, made.params.bars, made.params.loud) == (4.0, 3, True)
    assert found.features == {"ltf": {"top": "max(high, 20)"}}
    assert found.source.files == ("strategies/mine.py",)


def test_a_strategy_is_found_in_a_package(tmp_path: Path) -> None:
    """package.module:Class names a class in a package of the project."""
    project(tmp_path, pack_one_in_INIT="", pack_one_in_mine=PLAIN)
    found = find_strategy("pack_one.mine:Breakout", tmp_path)
    assert found.source.files == ("pack_one/__init__.py", "pack_one/mine.py")
    assert found.make().params.bars == 3


def test_every_call_makes_a_new_strategy(tmp_path: Path) -> None:
    """Two runs never share an instance."""
    found = find_strategy("ema_rsi_atr", tmp_path)
    assert found.make() is not found.make()


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("ema_rsi_art", "did you mean ema_rsi_atr?"),
        ("nothing", "built in are ema_rsi_atr or mtf_trend"),
        ("mine.py", "names a file, but no class"),
        ("missing.py:Breakout", "there is no strategy file missing.py"),
        ("mine.py:Braekout", "did you mean Breakout?"),
        ("mine.py:Direction", "is no strategy"),
        ("no_such_package.mine:Breakout", "there is no Python module no_such_package.mine"),
        ("silent.py:Silent", "has no decide"),
        ("broken.py:Broken", "not valid Python"),
        ("odd.py:Breakout", "Breakout.features must be role -> name -> expression"),
    ],
)
def test_what_cannot_be_found_is_told_with_the_way_out(use: str, said: str, tmp_path: Path) -> None:
    """A strategy that is not there is a wrong request, with the nearest name or the place looked in."""
    silent = "from btcli.strategies import Strategy\nclass Silent(Strategy): pass\n"
    odd = PLAIN.replace('{"ltf": {"top": "max(high, 20)"}}', '{"ltf": {"top": 20}}')
    project(tmp_path, mine=PLAIN, odd=odd, silent=silent, broken="class Broken(:\n")
    with pytest.raises(RequestError) as caught:
        find_strategy(use, tmp_path, locate=lambda key: f"system.yml:9:3 {key}")
    assert said in str(caught.value)


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    """A file that is no Python is reported at file:line:column."""
    project(tmp_path, broken="x = 1\nclass Broken(:\n")
    with pytest.raises(RequestError) as caught:
        find_strategy("broken.py:Broken", tmp_path)
    assert caught.value.problems[0].where.endswith("broken.py:2:14")


def test_code_that_raises_at_import_is_the_strategys_fault(tmp_path: Path) -> None:
    """An exception while importing is a StrategyError whose traceback shows the user's file alone."""
    project(tmp_path, bad="def fail():\n    return 1 / 0\n\nfail()\n")
    with pytest.raises(StrategyError) as caught:
        find_strategy("bad.py:Bad", tmp_path)
    text = str(caught.value)
    assert "ZeroDivisionError: division by zero" in text
    assert text.count("File ") == 2
    assert "loading.py" not in text
    assert caught.value.problems[0].where.endswith("bad.py:2")


def test_wrong_parameters_are_all_told_at_once(tmp_path: Path) -> None:
    """Unknown names with the nearest one and wrong types are listed together, each at its key."""
    project(tmp_path, mine=PLAIN)
    given = {"distanse": 1.0, "bars": 2.5, "loud": 1, "name": True}
    with pytest.raises(ConfigError) as caught:
        find_strategy("mine.py:Breakout", tmp_path, given)
    problems = caught.value.problems
    assert [problem.where for problem in problems] == [f"strategy.params.{name}" for name in given]
    assert problems[0].hint == "did you mean distance?"
    assert "bars must be a whole number, not 2.5" in problems[1].message
    assert "loud must be true or false" in problems[2].message
    assert "name must be a text" in problems[3].message


def test_a_parameter_without_default_is_required(tmp_path: Path) -> None:
    """A missing parameter is named with its kind; what the parameters refuse themselves is told too."""
    text = PLAIN.replace('name: str = "a"', "").replace("distance: float = 10.0", "distance: float")
    text = text.replace("loud: bool = False", "loud: bool = False\n\n        def __post_init__(self):\n")
    text = text.replace(
        "        def __post_init__(self):\n",
        "        def __post_init__(self):\n            if self.bars < 1: raise ValueError('bars below 1')\n",
    )
    project(tmp_path, mine=text)
    with pytest.raises(ConfigError, match="needs the parameter 'distance', a number"):
        find_strategy("mine.py:Breakout", tmp_path)
    with pytest.raises(ConfigError, match="bars below 1"):
        find_strategy("mine.py:Breakout", tmp_path, {"distance": 1.0, "bars": 0})


def test_params_of_other_types_are_refused(tmp_path: Path) -> None:
    """A parameter that a system file cannot hold is the strategy's fault."""
    project(tmp_path, mine=PLAIN.replace("bars: int = 3", "bars: list = None"))
    with pytest.raises(StrategyError, match=r"Params\.bars has a type"):
        find_strategy("mine.py:Breakout", tmp_path)


def test_digest_covers_siblings_and_imports_inside_functions(tmp_path: Path) -> None:
    """A change in any module that the strategy loads, now or inside a function, changes its digest."""
    text = "import near\n" + PLAIN + "\ndef later():\n    from deep import down\n"
    project(tmp_path, mine=text, near="X = 1\n", deep_in_INIT="", deep_in_down="Y = 1\n", unused="Z = 1\n")

    def digest() -> str:
        return find_strategy("mine.py:Breakout", tmp_path).source_digest

    first = find_strategy("mine.py:Breakout", tmp_path)
    assert first.source.files == ("deep/__init__.py", "deep/down.py", "mine.py", "near.py")
    (tmp_path / "unused.py").write_text("Z = 2\n")
    assert digest() == first.source_digest
    for name in ("near.py", "deep/down.py", "mine.py"):
        before = digest()
        (tmp_path / name).write_text((tmp_path / name).read_text() + "# changed\n")
        assert digest() != before


def test_digest_does_not_depend_on_where_the_project_lies(tmp_path: Path) -> None:
    """The same project in two folders has one digest."""
    digests = set()
    for folder in ("one", "two"):
        project(tmp_path / folder, mine="import near\n" + PLAIN, near="X = 1\n")
        digests.add(find_strategy("mine.py:Breakout", tmp_path / folder).source_digest)
    assert len(digests) == 1


def test_projects_do_not_see_each_others_modules(tmp_path: Path) -> None:
    """A module of the same name in another project is loaded from there, not remembered."""
    for folder, number in (("one", 1), ("two", 2)):
        text = "from near import X\n" + PLAIN.replace("bars: int = 3", "bars: int = X")
        project(tmp_path / folder, mine=text, near=f"X = {number}\n")
        assert find_strategy("mine.py:Breakout", tmp_path / folder).make().params.bars == number


def test_an_edit_counts_at_once(tmp_path: Path) -> None:
    """A strategy edited between two runs of one process is loaded anew, and no bytecode is left behind."""
    for number in (1, 2):
        project(
            tmp_path,
            mine="from near import X\n" + PLAIN.replace("bars: int = 3", "bars: int = X"),
            near=f"X = {number}\n",
        )
        assert find_strategy("mine.py:Breakout", tmp_path).make().params.bars == number
    assert not list(tmp_path.rglob("*.pyc"))


def test_installed_packages_count_by_version(tmp_path: Path) -> None:
    """An installed package that a strategy imports is named with its version, Python's own modules are not."""
    from importlib.metadata import version

    project(tmp_path, mine="import math\nimport numpy as np\n" + PLAIN)
    assert find_strategy("mine.py:Breakout", tmp_path).source.packages == (("numpy", version("numpy")),)


def test_loading_changes_no_module_of_others(tmp_path: Path) -> None:
    """Modules that were there before stay the same objects."""
    project(tmp_path, mine="import json\n" + PLAIN)
    before = {name: sys.modules[name] for name in ("json", "btcli.strategies.interface", __name__)}
    find_strategy("mine.py:Breakout", tmp_path)
    find_strategy("mine.py:Breakout", tmp_path)
    assert all(sys.modules[name] is module for name, module in before.items())
