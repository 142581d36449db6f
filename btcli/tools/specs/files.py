"""Files of specs as somebody has them: a venue's saved answer, a snapshot, or YAML of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from btcli.config.document import read_document
from btcli.config.places import Places
from btcli.config.specs.dating import is_day
from btcli.config.specs.written import written_specs
from btcli.errors import Problem, UnusableFiles
from btcli.frozen import frozen
from btcli.sources.saved_specs import (
    BINANCE_SPECS,
    BINANCE_TIERS,
    BYBIT_SPECS,
    BYBIT_TIERS,
    SavedSpecs,
    saved_specs,
)

YAML = (".yml", ".yaml")
EXPECTED = (
    f"expected is the answer to {BYBIT_SPECS}, {BYBIT_TIERS}, {BINANCE_SPECS} or {BINANCE_TIERS}, "
    "or rules by symbol as under instruments: in a system file"
)


@frozen
class SpecsFile:
    """What one file holds by symbol: whole specs, or specs without tiers, or tiers alone.

    `page` is where a venue's answer is from, "" for a file of the user's own; `day` is "" when the file says none.
    """

    name: str
    page: str
    day: str
    specs: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    tiers: Mapping[str, Sequence[dict[str, float]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_specs_files(paths: Sequence[Path], venue: str) -> list[SpecsFile]:
    """Read them all; raises UnusableFiles with the problems of every one that cannot be taken."""
    files: list[SpecsFile] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            files.append(_read(path, venue))
        except UnusableFiles as error:
            problems += error.problems
    if problems:
        raise UnusableFiles(tuple(problems))
    return files


def _read(path: Path, venue: str) -> SpecsFile:
    text = _text(path)
    tree = _yaml(text, path) if path.suffix.lower() in YAML else _json(text, path)
    saved = saved_specs(tree, str(path))
    if saved is not None:
        _require(venue, saved.venue, path)
        return SpecsFile(path.name, saved.page, saved.day, saved.specs, saved.tiers, tuple(_notes(saved, path)))
    if not _may_be_own(tree):
        raise UnusableFiles((Problem("holds no trading rules that are known here", str(path), EXPECTED),))
    own = written_specs(tree, text, str(path))
    _require(venue, own.venue or venue, path)
    specs = {symbol: {**each, "source": each.get("source") or path.name} for symbol, each in own.specs.items()}
    return SpecsFile(path.name, "", own.as_of if is_day(own.as_of) else "", specs)


def _may_be_own(tree: Any) -> bool:
    """Whether it names itself a snapshot, or is at least blocks under names."""
    if not isinstance(tree, dict) or not tree:
        return False
    return "instruments" in tree or "format" in tree or all(isinstance(below, dict) for below in tree.values())


def _notes(saved: SavedSpecs, path: Path) -> list[str]:
    notes = []
    if saved.others:
        notes.append(f"{path.name}: {saved.others:,} of its symbols are no perpetuals settled in USDT, left out")
    if saved.has_more:
        notes.append(f"{path.name} is one page of several: the venue has more symbols than are in it")
    if saved.adjusted:
        notes.append(f"{path.name}: the brackets of {', '.join(saved.adjusted)} are those of one account")
    return notes


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "is not text in UTF-8"
        raise UnusableFiles((Problem(str(said), str(path), "name a JSON or YAML file of trading rules"),)) from None


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        said, where = f"is no complete JSON: {error.msg}", f"{path}:{error.lineno}:{error.colno}"
    except (ValueError, RecursionError) as error:
        said, where = str(error), str(path)
    raise UnusableFiles((Problem(said, where, "save it anew; YAML needs a name that ends in .yml"),))


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"has the key {next(key for key in keys if keys.count(key) > 1)} twice in one object")
    return values


def _no_number(word: str) -> Any:
    raise ValueError(f"has {word}, which is no number")


def _yaml(text: str, path: Path) -> Any:
    document = read_document(text)
    if document.findings:
        places = Places(str(path), document.places)
        raise UnusableFiles(tuple(places.problem(finding) for finding in document.findings))
    return document.tree


def _require(venue: str, found: str, path: Path) -> None:
    if found != venue:
        raise UnusableFiles((Problem(f"holds rules of {found}, asked for are those of {venue}", str(path)),))
