"""What the README and the pages of docs say to type works as it stands, on a machine without a network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pages import ROOT, Block, blocks_of, pages
from typing_blocks import type_all

README = ROOT / "README.md"
TYPED = [page for page in pages() if page != README and any(True for _ in blocks_of(page))]


@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.name)
def test_every_block_runs(page: Path, project: Path, path: str, tmp_path: Path) -> None:
    """The blocks of a page, typed in their order in a project with one run, end as the page says."""
    shutil.copytree(project, tmp_path / "first")
    type_all(blocks_of(page), tmp_path / "first", path)


@pytest.mark.parametrize(
    "block",
    [
        Block(README, 1, "sh", "btcli nonsense\n", ""),
        Block(README, 1, "sh", "btcli strategies\n", "exits 1"),
        Block(README, 1, "python", "import btcli.nothing\n", ""),
        Block(README, 1, "yaml", "risk: {sizing: {qty: none}}\n", ""),
        Block(README, 1, "json", "{'key': 1}\n", ""),
        Block(README, 1, "yaml", "jobs: {test: {steps: [{run: btcli nonsense}]}}\n", ""),
    ],
    ids=["unknown verb", "another exit code", "no such module", "no system", "no JSON", "workflow"],
)
def test_a_block_that_fails_is_seen(block: Block, path: str, tmp_path: Path) -> None:
    """Each kind of block can turn the test red."""
    with pytest.raises(Exception, match=r"README|qty|property name"):
        type_all([block], tmp_path, path)


def test_output_that_is_no_longer_so_is_seen(path: str, tmp_path: Path) -> None:
    """A block of output is held against what the block before it wrote, digests apart."""
    said = Block(README, 1, "sh", "echo run 0123456789ab is   done\n", "")
    type_all([said, Block(README, 2, "text", "run ba9876543210 is done\n…\n", "output")], tmp_path, path)
    with pytest.raises(AssertionError):
        type_all([said, Block(README, 2, "text", "run ba9876543210 is gone\n", "output")], tmp_path, path)
