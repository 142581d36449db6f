"""Modules of Python's own and of btcli that are imported later on, remembered as they were when just loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

from btcli.strategies.belongings import OWN, belongings


class Arrivals(MetaPathFinder):
    """Finds what Python would find anyway, and looks at each module of Python's and of btcli that is loaded."""

    def __init__(self) -> None:
        self._restores: list[Callable[[], None]] = []

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in sys.stdlib_module_names | {OWN}:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            self._watch(spec.loader)
        return spec

    def back(self) -> None:
        """Take off what was written on those modules and their classes since."""
        for restore in self._restores:
            restore()

    def _watch(self, loader: Any) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._restores.append(belongings([module]))

        loader.exec_module = exec_module


def arrivals() -> Callable[[], None]:
    """From now on look at modules that arrive; what is returned takes off what was written on them since."""
    arriving = Arrivals()
    places = [place for place, finder in enumerate(sys.meta_path) if finder is PathFinder]
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Arrivals)]
    sys.meta_path.insert(min(places, default=len(sys.meta_path)), arriving)
    return arriving.back
