"""Each pass is a run of its own: before it, the strategies are loaded anew in a process put back to where it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from btcli.digest import sha256_of_file
from btcli.errors import StrategyError
from btcli.simulation.found import files_of, found_strategies
from btcli.simulation.parts import Prepared
from btcli.strategies.failing import shortest
from btcli.strategies.finding import FoundStrategy
from btcli.strategies.ground import project_files, put_back
from btcli.strategies.loading import no_bytecode


def loaded_anew(parts: Prepared) -> Prepared:
    """The same parts with strategies of freshly loaded modules; what the pass before left in the process is gone.

    Raises StrategyError when a file is not what it was when first loaded, or when features changed.
    """
    files = {**_digests(path for path in project_files(parts.ground) if path not in parts.files), **parts.files}
    put_back(parts.ground)
    _require_same_bytes(files, _digests(files))
    strategy, own = found_strategies(parts.system, parts.folder, parts.signals)
    _require_same_bytes(files, files_of(strategy, *(found for _, found in own.values())))
    _require_same_features(parts.strategy, strategy)
    for symbol, (_, found) in own.items():
        _require_same_features(parts.own[symbol].strategy, found)
    anew = {symbol: parts.own[symbol]._replace(strategy=found) for symbol, (_, found) in own.items()}
    return replace(parts, strategy=strategy, own=anew, files=files)


@contextmanager
def passes_of(parts: Prepared) -> Iterator[None]:
    """Around passes over `parts`: whatever user code left behind in the process is gone afterwards."""
    try:
        with no_bytecode():
            yield
    finally:
        put_back(parts.ground)


def digest_now(file: Path) -> str:
    """The sha256 of a file's bytes; empty for one that is not there."""
    return sha256_of_file(file) if file.is_file() else ""


def _digests(files: Iterable[Path]) -> dict[Path, str]:
    return {path: digest_now(path) for path in files}


def _require_same_bytes(before: Mapping[Path, str], now: Mapping[Path, str]) -> None:
    for path, digest in now.items():
        if before.get(path, digest) != digest:
            message = "changed while the run was going on" if digest else "is gone while the run is going on"
            raise StrategyError(
                f"a file of the strategy {message}: each pass needs the same one",
                where=shortest(str(path)),
                hint="run again, and change it afterwards",
            )


def _require_same_features(first: FoundStrategy, again: FoundStrategy) -> None:
    before, now = _plain(first), _plain(again)
    for role, name in sorted(before.keys() | now.keys()):
        was, became = before.get((role, name)), now.get((role, name))
        if was != became:
            raise StrategyError(
                f"{first.name}.features changed when it was loaded again: {role}.{name} was {was!r}, is {became!r}",
                hint="features may hang on nothing outside the strategy's own files",
            )


def _plain(found: FoundStrategy) -> dict[tuple[str, str], str]:
    return {(role, name): text for role, named in found.features.items() for name, text in named.items()}
