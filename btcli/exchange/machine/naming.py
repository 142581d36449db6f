"""The name of an entry's object code says all that its bytes hang on."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from btcli.exchange.machine.compiled import EXCHANGE, began_with
from btcli.exchange.machine.sources import digest_of_sources

STORED = {"x86_64", "aarch64", "arm64"}  # elsewhere objects that were moved have given wrong results
WITHOUT_EFFECT = {"NUMBA_DISABLE_JIT", "NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS"}  # no rule runs in parallel


class Processor(NamedTuple):
    """What machine code is made for."""

    triple: str  # instruction set, maker and system
    name: str
    features: str  # a processor's name does not say what its system lets it use


def processor() -> Processor:
    """The one that this process runs on."""
    import llvmlite.binding as llvm

    try:
        features = llvm.get_host_cpu_features().flatten()
    except RuntimeError:  # not known: numba then compiles for the processor's name alone
        features = ""
    return Processor(llvm.get_process_triple(), llvm.get_host_cpu_name(), features)


def versions() -> str:
    """Of what makes the code, and of what loads it."""
    return " ".join(f"{package} {_version(package)}" for package in ("numba", "llvmlite"))


@cache
def _version(package: str) -> str:
    """As the folder beside a package says that was written with it; to ask in general takes 10 ms of modules."""
    found = find_spec(package)
    for place in (found and found.submodule_search_locations) or ():
        notes = [each.stem for each in Path(place).parent.glob(f"{package}-*.dist-info")]
        if len(notes) == 1:
            return notes[0].partition("-")[2]
    from importlib.metadata import version

    return version(package)


def settings(environment: Mapping[str, str] = os.environ) -> str:
    """What the environment tells the compiler."""
    names = {name for name in environment if name.startswith("NUMBA_")} - WITHOUT_EFFECT
    return " ".join(f"{name}={environment[name]}" for name in sorted(names))


def _source_of(module: str) -> str | None:
    """Where a module lies, loaded or not."""
    if module in sys.modules:
        return getattr(sys.modules[module], "__file__", None)
    found = find_spec(module)
    return found.origin if found else None


@cache
def _sources_of(own: Path) -> str:
    """The digest of the exchange's sources, and of the one that an entry is written in where it lies elsewhere."""
    return began_with if own.is_relative_to(EXCHANGE) else began_with + digest_of_sources(own.parent, (own,))


def symbol_of(entry: Callable[..., Any]) -> str:
    """What an entry is called in its object."""
    return f"{entry.__module__}.{entry.__qualname__}"


def object_name(entry: Callable[..., Any]) -> str | None:
    """The file name of an entry's object code here and now; None where it must not be stored.

    That is on other machines than STORED, and for an entry whose source cannot be read again.
    """
    own, here = _source_of(entry.__module__), processor()
    if own is None or entry.__module__ == "__main__" or here.triple.partition("-")[0] not in STORED:
        return None
    parts = (symbol_of(entry), _sources_of(Path(own).resolve()), *here, versions(), settings())
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{entry.__name__}-{digest[:40]}.o"
