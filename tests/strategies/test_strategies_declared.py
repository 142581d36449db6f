"""Features read from a strategy's text."""

from __future__ import annotations

from pathlib import Path

import pytest

from btcli.strategies.declared import declared_features
from btcli.strategies.source import source_of

FAST = {"ltf": {"fast": "ema(close, 9)"}}


def told(folder: Path, text: str, use: str = "mine.py:Mine") -> object:
    """What is read of a file with this text; the file raises when it is run."""
    path = folder / "mine.py"
    path.write_text(text + "\nraise AssertionError('this was run')\n")
    digest = source_of(path.resolve(), (folder.resolve(),), ()).digest
    return declared_features(use, folder, digest)


@pytest.mark.parametrize(
    "text",
    [
        'class Mine(Strategy):\n    features = {"ltf": {"fast": "ema(close, 9)"}}',
        'class Mine(btcli.strategies.Strategy):\n    features: dict = {"ltf": {"fast": "ema(" "close, 9)"}}',
        'class A:\n    features = 1\nclass Mine(Strategy):\n    features = {"ltf": {"fast": "ema(close, 9)"}}',
    ],
)
def test_features_that_are_written_down_are_read(tmp_path: Path, text: str) -> None:
    """A class of Strategy with its features as texts, however the base is named and whatever else is there."""
    assert told(tmp_path, text) == FAST


def test_a_class_without_features_has_none(tmp_path: Path) -> None:
    """Nothing declared is not the same as nothing known."""
    assert told(tmp_path, "class Mine(Strategy):\n    pass") == {}


@pytest.mark.parametrize(
    "text",
    [
        "class Mine(Strategy):\n    features = made()",
        'class Mine(Strategy):\n    features = {"ltf": {"fast": f"ema(close, {9})"}}',
        "class Mine(Strategy):\n    features = {'ltf': ['ema(close, 9)']}",
        "class Mine(Strategy):\n    features = 3",
        "class Mine(Other):\n    pass",
        "class Mine(Strategy, Other):\n    features = {}",
        "@changed\nclass Mine(Strategy):\n    features = {}",
        "class Mine(Strategy, metaclass=Meta):\n    features = {}",
        "def Mine():\n    pass",
        "class Mine(Strategy):\n    features = {}\nclass Mine(Strategy):\n    features = {'ltf': {}}",
    ],
)
def test_features_that_are_worked_out_are_not_known(tmp_path: Path, text: str) -> None:
    """Whatever only running the file could tell: nothing is guessed."""
    assert told(tmp_path, text) is None


@pytest.mark.parametrize("use", ["mine:Mine", "other.py:Mine", "../mine.py:Other", "mine.py", ""])
def test_what_is_no_class_of_that_file_is_not_known(tmp_path: Path, use: str) -> None:
    """Packages, files that are gone, and classes of another name."""
    assert told(tmp_path, "class Mine(Strategy):\n    features = {}", use) is None


def test_a_file_with_another_digest_is_not_believed(tmp_path: Path) -> None:
    """Neither itself nor what it imports may have changed since."""
    (tmp_path / "pieces.py").write_text("A = 1\n")
    path = tmp_path / "mine.py"
    path.write_text("import pieces\nclass Mine(Strategy):\n    features = {}\n")
    digest = source_of(path.resolve(), (tmp_path.resolve(),), ()).digest
    assert declared_features("mine.py:Mine", tmp_path, digest) == {}
    (tmp_path / "pieces.py").write_text("A = 2\n")
    assert declared_features("mine.py:Mine", tmp_path, digest) is None


def test_no_python_is_not_known(tmp_path: Path) -> None:
    """A file that is no Python ends in nothing, not in an error."""
    (tmp_path / "mine.py").write_text("class Mine(\n")
    assert declared_features("mine.py:Mine", tmp_path, "0" * 64) is None
