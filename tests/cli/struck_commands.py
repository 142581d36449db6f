"""Commands that are struck at what they do to files, each in a child of a process that has loaded what they need."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from struck_files import Ended, How, in_child
from sweep_worlds import SYSTEM

LOADED = ("btcli.cli.edge.app", "btcli.workflows.run.run", "btcli.workflows.runs.export", "btcli.market.store.writing")
Words = Sequence[str]


def command(folder: Path, words: Words, below: Path | None = None, at: int = 0, how: How = "killed") -> Ended:
    """A command in a folder, in a child of its own."""
    return in_child(partial(_command, folder, words), below, at, how)


def _command(folder: Path, words: Words) -> None:
    from btcli.cli.edge.main import main

    os.chdir(folder)
    main([*words, "--json"])


def strike(top: Path, before: Sequence[Words], struck: Words, after: Sequence[Words], how: How, step: int) -> None:
    """Strike a command at every `step`th thing that it does; whatever was there stays, and what comes after works.

    Nothing but what the command makes is there in the end, and every result is counted once.
    """
    os.fsync = lambda _: None
    for module in LOADED:
        import_module(module)
    ready, world = top / "ready", top / "world"
    ready.mkdir()
    (ready / "system.yml").write_text(SYSTEM)
    for words in before:
        _sound(command(ready, words))
    had = _files(ready)
    shutil.copytree(ready, world)
    whole = command(world, struck, below=world)
    _sound(whole)
    for words in after:
        _sound(command(world, words))
    made, counted, hit = _files(world), _counted(world), 0
    for at in range(1, whole.strokes + 1, step):
        shutil.rmtree(world)
        shutil.copytree(ready, world)
        ended = command(world, struck, below=world, at=at, how=how)
        if ended.strokes < at:  # threads did their things otherwise
            break
        hit += 1
        assert had <= _files(world), (at, had - _files(world))
        if how == "full" and ended.code:
            _refused(at, ended)
        for words in after:
            _sound(command(world, words), at)
        assert _files(world) == made, (at, _files(world) ^ made)
        assert _counted(world) == counted, at
    sys.stdout.write(f"{hit} strokes\n")


def _counted(world: Path) -> int:
    """How many lines there are of what was counted."""
    return sum(file.read_bytes().count(b"\n") for file in world.glob("trials.jsonl"))


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _sound(ended: Ended, at: int = 0) -> None:
    assert ended.code == 0, (at, ended)


def _refused(at: int, ended: Ended) -> None:
    """Exit 3, with what was refused, where, and what to do."""
    problem = json.loads(ended.out)["errors"][0]
    assert ended.code == 3, (at, ended)
    assert (
        "No space left" in problem["message"] or "too large" in problem["message"] or "is full" in problem["message"]
    ), (at, problem)
    assert problem["where"], (at, problem)
    assert problem["hint"], (at, problem)
