"""Whoever follows a link arrives, every page can be found, and no page says that it lags behind."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pages import LANGUAGES, ROOT, anchors_of, blocks_of, links_of, pages, prose_of

STALE = re.compile(
    r"\b(TODO|FIXME|TBD|XXX|WIP|not yet|yet to|for now|(coming )?soon|will be|(is|are) planned|in (a|the) future"
    r"|roadmap|upcoming|not implemented|unimplemented|to be (done|written|added|decided)"
    r"|work in progress|under construction|out of date"
    r"|lags behind|as of this writing|currently|at the moment|(in the )?next (version|release)|later versions?)\b",
    re.IGNORECASE,
)
VERSION = re.compile(r"\b(?:btcli|version) v?(\d+\.\d+(?:\.\d+)?)\b")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def named(page: Path) -> str:
    """A page's path from the root of the repository."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [*pages(), *DECISIONS], ids=named)
def test_every_link_arrives(page: Path) -> None:
    """A link to a file or a heading of this repository names one that is there."""
    lost = []
    for target in links_of(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors_of(there)):
            lost.append(target)
    assert lost == []


def test_every_page_is_in_the_index() -> None:
    """docs/README.md leads to every page beside it, and the README of the repository leads there."""
    index = links_of(ROOT / "docs" / "README.md")
    beside = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert beside - {target.partition("#")[0] for target in index} == set()
    assert "docs/README.md" in links_of(ROOT / "README.md")


@pytest.mark.parametrize("page", pages(), ids=named)
def test_no_stale_mark(page: Path) -> None:
    """A page speaks of what is: no promise of later, no note to its writer, no version but that of the package."""
    found = [
        f"{number}: {mark[0]}"
        for number, line in enumerate(prose_of(page).splitlines(), 1)
        for mark in STALE.finditer(line)
    ]
    assert found == []


@pytest.mark.parametrize("page", [page for page in pages() if page.name != "comparison.md"], ids=named)
def test_versions_are_that_of_the_package(page: Path) -> None:
    """Where a page names a version of btcli it is the one that is installed."""
    from btcli import __version__

    assert [found for found in VERSION.findall(prose_of(page)) if found != __version__] == []


def test_the_version_of_python_is_that_of_the_package() -> None:
    """The README asks for the Python that pyproject.toml asks for."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    assert set(re.findall(r"Python (3\.\d+)", prose_of(ROOT / "README.md"))) == {wanted}


MARKS = (
    "TODO: say more",
    "comes soon",
    "is planned",
    "is not implemented",
    "lags behind",
    "is not yet done",
    "will be added",
)


@pytest.mark.parametrize("mark", MARKS)
def test_a_stale_mark_is_seen(mark: str) -> None:
    """The marks that must not return are found in a sentence of their own."""
    assert STALE.search(f"This part {mark}.")


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_block_says_what_it_is(page: Path) -> None:
    """Each fenced block has a language; a mark says why it is not run or what comes of it; text is output."""
    known = ("not run: ", "exits ", "output")
    unknown = [
        block.where
        for block in blocks_of(page)
        if block.language not in LANGUAGES
        or (block.mark and not block.mark.startswith(known))
        or (block.language == "text" and not block.mark)
    ]
    assert unknown == []


def test_the_comparison_names_the_versions_that_are_measured() -> None:
    """The other tools whose speed is measured are described in the very versions that are installed for it."""
    wanted = (ROOT / "benchmarks" / "peers" / "requirements.txt").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", wanted, re.MULTILINE))
    said = dict(re.findall(r"^\| ([\w.]+) ([\d.]+) \|", (ROOT / "docs" / "comparison.md").read_text(), re.MULTILINE))
    assert {said["backtesting.py"], said["vectorbt"], said["raptorbt"]} == {
        pinned["backtesting"], pinned["vectorbt"], pinned["raptorbt"]
    }  # fmt: skip
    assert len(said) == 8
