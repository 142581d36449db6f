"""Which code of somebody's a replay is about to run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from btcli.config.model import System
from btcli.digest import sha256_of_file
from btcli.frozen import frozen
from btcli.strategies.finding import BUILT_INS, code_file


@frozen
class ForeignCode:
    """Code that does not come with btcli, its file, and the sha256 of that file; both None when not found."""

    use: str
    file: Path | None
    sha256: str | None

    def __str__(self) -> str:
        found = f"{self.file}, sha256 {self.sha256}" if self.file else "which is not found here"
        return f"about to run {self.use}: {found}"


def foreign_code(system: System, folder: Path) -> tuple[ForeignCode, ...]:
    """The strategies and functions of a system that are not built in, each once; nothing is run to find them.

    Raises RequestError for a strategy file that is none.
    """
    strategies = (_described(use, folder, system.where("strategy.use")) for use in dict.fromkeys(_uses(system)))
    functions = ((role, name, said) for role, named in system.functions.items() for name, said in named.items())
    features = {said.python: f"features.{role}.{name}" for role, name, said in functions}
    return (*strategies, *(_described(use, folder, system.where(key)) for use, key in features.items()))


def is_foreign(system: System) -> bool:
    """Whether any code of the system is not built in."""
    return bool(system.functions) or any(True for _ in _uses(system))


def _uses(system: System) -> Iterator[str]:
    named = (system.strategy.use, *(system.strategy_of(symbol).use for symbol in system.strategy.per_symbol))
    return (use for use in named if use is not None and use not in BUILT_INS)


def _described(use: str, folder: Path, where: str) -> ForeignCode:
    file = code_file(use, folder, where)
    readable = file is not None and file.is_file()
    return ForeignCode(use, file if readable else None, sha256_of_file(file) if file and readable else None)
