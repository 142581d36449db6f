"""The files that the trials of a plan are made of beside the system file, found by the names that stand in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from os.path import realpath
from pathlib import Path
from typing import NamedTuple

from btcli.config.model import System
from btcli.digest import sha256_of_file
from btcli.errors import AccessError, BtcliError
from btcli.research.bench import Bench
from btcli.research.plan import Plan
from btcli.research.space import Space
from btcli.research.trying import MOST_PREPARED
from btcli.strategies.failing import OWN, is_project_file
from btcli.strategies.finding import BUILT_INS, code_file
from btcli.strategies.functions.finding import loaded_source
from btcli.strategies.ground import level_ground, project_files, put_back

PARAMS = "params"  # whose names are the strategy's own
CODE_KEYS = ("use", "python")  # their values are "place:name", of a strategy or of a function


class Beside(NamedTuple):
    """Files with the sha256 of their bytes, links that lead to them, and where modules among them are imported from.

    All are absolute paths as text; `links` go from a link to what it stands for in the end.
    """

    files: Mapping[str, str]
    links: Mapping[str, str]
    imported_from: tuple[str, ...]


def files_beside(plan: Plan, bench: Bench) -> Beside:
    """What any trial of a plan reads but its inputs. Raises AccessError for a file that cannot be read."""
    folder, code, tables = plan.source.folder, dict[str, None](), dict[str, None]()
    for number in range(len(plan.groups)):
        if not plan.refused(number):
            system = bench.parts_of(number)[0].system
            code |= dict.fromkeys(_code_of(system))
            tables |= dict.fromkeys(_tables_of(system))
    code |= dict.fromkeys(_named_by(plan.space))
    files = _digests(realpath(folder / name) for name in tables)
    for use in code:
        files |= _code_files(use, folder)
    places = [*tables, *(use.rpartition(":")[0] for use in code), ""]
    links = {link: end for place in places for base in (folder, Path.cwd()) for link, end in links_to(base / place)}
    below = [each for each in map(realpath, sys.path) if any(file.startswith(f"{each}{os.sep}") for file in files)]
    return Beside(dict(sorted(files.items())), dict(sorted(links.items())), tuple(dict.fromkeys(below)))


def code_of_values(space: Space, folder: Path) -> dict[str, list[str]]:
    """The digests of the files of each strategy or function that a value of a sweep names."""
    return {use: sorted(_code_files(use, folder).values()) for use in sorted(set(_named_by(space)))}


def _named_by(space: Space) -> Iterator[str]:
    for axis in space.axes:
        if axis.path[0] in ("strategy", "features") and PARAMS not in axis.path:
            yield from (name for value in axis.some(MOST_PREPARED) for name in _named({axis.path[-1]: value}))


def links_to(path: Path) -> Iterator[tuple[str, str]]:
    """Each link that is met on the way to a path from the top down, and what it stands for."""
    at = os.sep
    for part in (Path.cwd() / path).parts[1:]:
        if part == os.pardir:
            at = os.path.dirname(at)  # noqa: PTH120
            continue
        step = os.path.join(at, part)  # noqa: PTH118
        at = realpath(step)
        if at != step:
            yield step, at


def _code_of(system: System) -> Iterator[str]:
    uses = (system.strategy.use, *(system.strategy_of(symbol).use for symbol in system.strategy.per_symbol))
    yield from (use for use in uses if use is not None and use not in BUILT_INS)
    for named in system.functions.values():
        yield from (feature.python for feature in named.values())


def _tables_of(system: System) -> Iterator[str]:
    if system.signals is not None:
        yield system.signals.file
    if system.snapshot is not None and not system.snapshot.is_packaged:
        yield str(system.snapshot.path)


def _named(value: object) -> Iterator[str]:
    """The code that a value of a key names, at any depth."""
    if not isinstance(value, Mapping):
        return
    for key, below in value.items():
        if key in CODE_KEYS and isinstance(below, str) and below not in BUILT_INS:
            yield below
        elif key != PARAMS:
            yield from _named(below)


def _code_files(use: str, folder: Path) -> dict[str, str]:
    """The files of the user's project that are loaded with a strategy or a function; of one that fails its own."""
    place, _, name = use.rpartition(":")
    if not place or not name.isidentifier():
        return {}  # no trial can be run of it, and its row says so
    ground = level_ground()
    try:
        read = dict(loaded_source(place, folder, use)[1].read)
        read |= {path: sha256_of_file(path) for path in project_files(ground)}  # out of other folders of Python's path
    except BtcliError:
        entry = _entry(use, folder)
        read = {} if entry is None else {entry: sha256_of_file(entry)}
    finally:
        put_back(ground)
    own = {path: digest for path, digest in read.items() if is_project_file(str(path))}
    return {str(path): digest for path, digest in own.items() if not path.is_relative_to(OWN)}


def _entry(use: str, folder: Path) -> Path | None:
    try:
        return code_file(use, folder, use)
    except BtcliError:
        return None


def _digests(paths: Iterable[str]) -> dict[str, str]:
    try:
        return {path: sha256_of_file(Path(path)) for path in paths}
    except OSError as refusal:
        raise AccessError(f"cannot be read: {refusal.strerror}", where=str(refusal.filename)) from None
