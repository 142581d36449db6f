"""One decorator turns the rules into machine code; NUMBA_DISABLE_JIT=1 leaves them as they are read.

Whatever it decorates never raises and never allocates: every divisor is guarded, arrays come from outside.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from btcli.exchange.machine.sources import digest_of_sources, sources_below

F = TypeVar("F", bound=Callable[..., Any])

EXCHANGE = Path(__file__).parents[1]


@cache
def sources_digest() -> str:
    """The sha256 of the exchange's sources, which names its machine code in the cache."""
    return digest_of_sources(EXCHANGE, sources_below(EXCHANGE))


def _is_usable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@cache
def cache_folder() -> str:
    """Where machine code is kept between processes, or "" when nothing is writable.

    numba does not notice edits in other modules than the function's own, hence the digest in the name.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    private = Path(tempfile.gettempdir()) / f"btcli-{os.getuid()}"
    name = f"exchange-{sources_digest()[:16]}-numba{numba.__version__}"
    folders = (base / name for base in (home / "btcli", private))
    return next((str(folder) for folder in folders if _is_usable(folder)), "")


def _forget_literals(dispatcher: Any) -> None:
    """Compile one version of a rule for all integers: numba would compile one for each constant it is called with."""
    resolve = dispatcher.get_call_template

    unliteral: Any = numba.types.unliteral

    def resolve_plain(args: Any, kws: Any) -> Any:
        return resolve(tuple(unliteral(arg) for arg in args), {name: unliteral(arg) for name, arg in kws.items()})

    dispatcher.get_call_template = resolve_plain


def _njit(function: F, *, is_entry: bool) -> F:
    config: Any = numba.config  # its settings have no static types
    njit: Any = numba.njit
    before = config.CACHE_DIR
    config.CACHE_DIR = cache_folder()
    try:
        options = {} if is_entry else {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        dispatcher = njit(function, cache=is_entry and bool(cache_folder()), error_model="numpy", **options)
    finally:
        config.CACHE_DIR = before
    if not config.DISABLE_JIT:
        _forget_literals(dispatcher)
    return cast(F, dispatcher)


def compiled(function: F) -> F:
    """Compile a rule that other rules call, with IEEE arithmetic as written: no fastmath, no fused or parallel sums."""
    return _njit(function, is_entry=False)


def entry(function: F) -> F:
    """Compile a rule that Python calls; the way in costs compile time, so the others go without."""
    return _njit(function, is_entry=True)


def inlined(function: F) -> F:
    """Paste a rule into its callers before they are compiled: for functions that return records, which numba cannot."""
    return cast(F, numba.njit(function, inline="always", error_model="numpy"))
