"""What people mean when they name a system."""

from __future__ import annotations

from pathlib import Path

import pytest

from btcli.errors import RequestError
from btcli.workflows.system_files import system_file, system_files


def test_a_named_file_is_taken(tmp_path: Path) -> None:
    """A file that is named is the system, whatever else lies around."""
    (tmp_path / "mine.yml").write_text("")
    assert system_file(tmp_path / "mine.yml") == tmp_path / "mine.yml"


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    """A name without a file is refused with the systems that lie beside it."""
    (tmp_path / "mine.yml").write_text("")
    with pytest.raises(RequestError, match=r"there is no file .*your\.yml .*mine\.yml"):
        system_file(tmp_path / "your.yml")


def test_system_yml_here_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name it is system.yml of the working directory, though configs/ has others."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "a.yml").write_text("windows: {}\n")
    (tmp_path / "system.yml").write_text("")
    assert system_files(None) == (Path("system.yml"),)


def test_configs_with_windows_come_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without system.yml it is every file of configs/ that has windows; a verb that needs one asks which."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    for name, text in (("b.yml", "windows: {}\n"), ("a.yml", "system: a\nwindows:\n"), ("c.yml", "# windows:\n")):
        (tmp_path / "configs" / name).write_text(text)
    assert system_files(None) == (Path("configs/a.yml"), Path("configs/b.yml"))
    with pytest.raises(RequestError, match=r"name one of configs/a\.yml, configs/b\.yml"):
        system_file(None)


def test_nothing_here_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder is refused with the command that fills it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RequestError, match="btcli init"):
        system_files(None)
