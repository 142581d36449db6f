"""A DuckDB that the store does not work with is one sentence, before any file is touched."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from command_line import ROOT, btcli

from btcli.errors import StoreError
from btcli.market.store.library import duckdb
from btcli.market.store.reading import open_store
from btcli.market.store.supported import RANGE, require_supported_duckdb
from btcli.market.store.where import Store
from btcli.market.store.writing import open_store_for_writing

SEAM = """\
from btcli.market.store.library import duckdb

duckdb.__version__ = "2.0.1"
"""


@pytest.mark.parametrize("version", ["2.0.1", "2.0.0", "2.1.0.dev12", "3.0.0", "10.0.0", "1.4.4", "0.10.3"])
def test_other_versions_are_named(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence has the version, the range and the command; neither reading nor writing leaves a file."""
    monkeypatch.setattr(duckdb, "__version__", version)
    with pytest.raises(StoreError) as caught, open_store_for_writing(Store(tmp_path / "data")):
        pass
    (problem,) = caught.value.problems
    assert problem.message.startswith(f"duckdb {version} is installed, and btcli works with >=1.5,<2: ")
    assert problem.hint == "pip install 'duckdb>=1.5,<2'"
    assert list(tmp_path.rglob("*.duckdb*")) == []


@pytest.mark.parametrize("version", ["1.5.0", "1.5.6", "1.10.0", "1.6.0.dev3", "unknown"])
def test_versions_in_the_range_open(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds between releases count by their numbers, and one without numbers is given a try."""
    monkeypatch.setattr(duckdb, "__version__", version)
    require_supported_duckdb()


def test_a_store_is_not_opened_for_reading_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An existing store is refused before DuckDB sees it, so that it stays as it is."""
    with open_store_for_writing(Store(tmp_path)):
        pass
    before = (tmp_path / "market_live.duckdb").read_bytes()
    monkeypatch.setattr(duckdb, "__version__", "2.0.1")
    with pytest.raises(StoreError, match="is installed, and btcli works with"), open_store(Store(tmp_path)):
        pass
    assert (tmp_path / "market_live.duckdb").read_bytes() == before


def test_other_libraries_are_loaded_as_ever() -> None:
    """How libraries are loaded is as it was once DuckDB's is: all that another needs is there, or it is refused."""
    told = "import sys\nprint(sys.getdlopenflags())\nimport btcli.market.store.library\nprint(sys.getdlopenflags())"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    before, after = done.stdout.split()
    assert before == after


def test_the_range_is_the_one_that_is_installed() -> None:
    """What the sentence says is what pyproject.toml asks for."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert RANGE in needed


def test_a_command_says_it_with_exit_code_3(tmp_path: Path) -> None:
    """`btcli data sample` under another version ends with the sentence; what needs no store works."""
    (tmp_path / "sitecustomize.py").write_text(SEAM)
    seam = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    assert btcli("init", cwd=tmp_path, env=seam).code == 0
    done = btcli("data", "sample", cwd=tmp_path, env=seam)
    assert done.code == 3
    assert "duckdb 2.0.1 is installed" in done.err
    assert not list(tmp_path.rglob("*.duckdb*"))
    assert btcli("--help", cwd=tmp_path, env=seam).code == 0
