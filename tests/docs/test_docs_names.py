"""Whatever a page calls by name is there: commands, options, keys of a system file, codes, files of the repository."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pages import ROOT, blocks_of, pages, prose_of
from system_texts import SECTIONS

from btcli.exchange.book.states import STATES

INLINE = re.compile(r"`([^`\n]+)`")
OWN = [page for page in pages() if page.name not in ("comparison.md", "performance.md", "promises.md")]
FOREIGN = {"--set-upstream"}
WHOLE = (
    "risk.sizing",
    "strategy.rules",
    "strategy.params",
    "costs.per_symbol",
    "strategy.per_symbol",
    "data.instruments",
    "signals.score",
)


def spoken(page: Path) -> list[str]:
    """The inline code of a page and the lines of its shell blocks."""
    lines = [line for block in blocks_of(page) if block.language == "sh" for line in block.text.splitlines()]
    return [*INLINE.findall(prose_of(page)), *lines]


@cache
def tree() -> Any:
    """All commands."""
    from btcli.cli.edge.app import command_tree

    return command_tree()


def command_of(words: list[str]) -> Any:
    """The command that words such as ["data", "import", "FILE"] begin with; None where there is none."""
    command = tree().get_command(None, words[0])
    for word in words[1:]:
        below = getattr(command, "commands", {})
        if word not in below:
            break
        command = below[word]
    return command


def options_of(command: Any) -> set[str]:
    """The options of a command and of those below it, with the ones that every command has."""
    own = {option for param in command.params for option in param.opts if option.startswith("-")}
    return own.union({"--help", "-h"}, *(options_of(below) for below in getattr(command, "commands", {}).values()))


@cache
def all_options() -> set[str]:
    """The options of all commands, and of btcli itself."""
    verbs = (tree().get_command(None, verb) for verb in tree().list_commands(None))
    return {"--version", "--install-completion", "--show-completion"}.union(*map(options_of, verbs))


@pytest.mark.parametrize("page", OWN, ids=lambda page: page.name)
def test_every_command_is_there(page: Path) -> None:
    """What begins with btcli and a word names a command, and each option behind it is one of that command."""
    wrong = []
    for text in spoken(page):
        for said in re.findall(r"\bbtcli ([a-z][^|;&>]*)", text):
            words = said.replace("(", " ").split()
            command = command_of(words)
            options = {word.partition("=")[0] for word in words if word.startswith("--")}
            if command is None or options - options_of(command):
                wrong.append(said)
    assert wrong == []


@pytest.mark.parametrize("page", OWN, ids=lambda page: page.name)
def test_every_option_is_there(page: Path) -> None:
    """An option that stands alone is one of some command."""
    alone = {found for text in INLINE.findall(prose_of(page)) for found in re.findall(r"(?<!\S)--[a-z][\w-]*", text)}
    assert alone - all_options() - FOREIGN == set()


@pytest.mark.parametrize("page", OWN, ids=lambda page: page.name)
def test_every_key_is_there(page: Path) -> None:
    """A dotted key that begins with a section of a system file is in the reference."""
    reference = (ROOT / "docs" / "system.md").read_text()
    keys = {
        key
        for text in INLINE.findall(prose_of(page))
        for key in re.findall(r"(?<![\w./])[a-z]+\.[a-z_.]+[a-z]\b", text)
    }
    ours = {key for key in keys if key.split(".")[0] in SECTIONS and not key.endswith((".md", ".json", ".yml"))}
    ours -= set(STATES)  # names of rules
    assert [key for key in ours if f"| `{key}` |" not in reference and not key.startswith(WHOLE)] == []


@pytest.mark.parametrize("page", OWN, ids=lambda page: page.name)
def test_every_code_is_there(page: Path) -> None:
    """A code in capitals is one that the source knows."""
    source = "\n".join(path.read_text() for path in (ROOT / "btcli").rglob("*.py")) + (ROOT / "Makefile").read_text()
    codes = {code for text in INLINE.findall(prose_of(page)) for code in re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b", text)}
    beside = {"RUN_ID", "NUMBA_DISABLE_JIT", "PERCENT_PRICE", "POLARS_MAX_THREADS"}
    assert {code for code in codes if code not in source} - beside == set()


@pytest.mark.parametrize(
    "said", ["btcli dance", "btcli data dance --x", "btcli run --dance", "btcli show latest --pack-only"]
)
def test_a_name_that_is_gone_is_seen(said: str) -> None:
    """A command or an option that does not exist would turn the test red."""
    words = said.removeprefix("btcli ").split()
    command = command_of(words)
    assert command is None or {word for word in words if word.startswith("--")} - options_of(command)


def test_every_command_that_the_program_advises_is_there() -> None:
    """A hint or a docstring of the program that has `btcli VERB` to paste names a verb that there is."""
    texts = (
        node.value
        for path in (ROOT / "btcli").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    verbs = {found for text in texts for found in re.findall(r"(?:^|[:`,] ?)btcli ([a-z]+)\b(?![.])", text)} - {"stops"}
    assert {"run", "heal", "data", "show"} <= verbs
    assert verbs - set(tree().list_commands(None)) == set()
