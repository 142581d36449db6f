"""Registers the rules, and makes machine code of them when one that Python may enter is called for the first time.

A rule stays the plain function that it is written as: called from Python it runs as it reads, without numba, to the
same bytes; only entries are swapped. NUMBA_DISABLE_JIT=1 leaves those as well. No rule raises or allocates: every
divisor is guarded, arrays come from outside.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar, cast

from btcli.exchange.machine.sources import digest_of_sources, sources_below
from btcli.exchange.machine.views import teach_views

F = TypeVar("F", bound=Callable[..., Any])

EXCHANGE = Path(__file__).parents[1]
IS_COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
RULE, INLINED, ENTRY = "rule", "inlined", "entry"

_kinds: dict[Callable[..., Any], str] = {}  # of every rule, in the order of their registration
_code: dict[Callable[..., Any], Any] = {}  # the dispatchers of those that numba knows
_globals: dict[str, dict[str, Any]] = {}  # by module: what its names mean to the compiler


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
    name = f"exchange-{sources_digest()[:16]}-numba{version('numba')}"
    folders = (base / name for base in (home / "btcli", private))
    return next((str(folder) for folder in folders if _is_usable(folder)), "")


def _forget_literals(dispatcher: Any) -> None:
    """Compile one version of a rule for all integers: numba would compile one for each constant it is called with."""
    import numba

    resolve = dispatcher.get_call_template
    unliteral: Any = numba.types.unliteral

    def resolve_plain(args: Any, kws: Any) -> Any:
        return resolve(tuple(unliteral(arg) for arg in args), {name: unliteral(arg) for name, arg in kws.items()})

    dispatcher.get_call_template = resolve_plain


def _dispatcher(rule: FunctionType, kind: str) -> Any:
    """The rule for the compiler: the same code, whose names will mean dispatchers where they name other rules."""
    import numba

    names = _globals.setdefault(rule.__module__, dict(sys.modules[rule.__module__].__dict__))
    twin = FunctionType(rule.__code__, names, rule.__name__, rule.__defaults__)
    twin.__qualname__ = rule.__qualname__
    njit: Any = numba.njit  # numba has no static types
    if kind == INLINED:
        return njit(twin, inline="always", error_model="numpy")
    from btcli.exchange.machine.linking import EntryCompiler, RuleCompiler

    options: dict[str, Any] = {"pipeline_class": EntryCompiler if kind == ENTRY else RuleCompiler}
    if kind == RULE:
        options |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, cache_folder()
    try:
        dispatcher = njit(twin, cache=kind == ENTRY and bool(cache_folder()), error_model="numpy", **options)
    finally:
        config.CACHE_DIR = before
    _forget_literals(dispatcher)
    if kind == ENTRY:
        _link_before_compiling(dispatcher)
    return dispatcher


def _link_before_compiling(dispatcher: Any) -> None:
    """Make the other rules known only where code is compiled; what lies in the cache needs none of them."""
    compiler = dispatcher._compiler
    compile_one = compiler.compile

    def compile_linked(args: Any, return_type: Any) -> Any:
        _link()
        return compile_one(args, return_type)

    compiler.compile = compile_linked


def _link() -> None:
    """Dispatchers for all registered rules, under the names by which they know each other."""
    teach_views()
    for rule in _kinds:
        machine_code(rule)
    for module, names in _globals.items():
        here = sys.modules[module].__dict__
        rules = {name: value for name, value in here.items() if isinstance(value, FunctionType) and value in _code}
        names.update({name: _code[value] for name, value in rules.items()})


def machine_code(rule: Callable[..., Any]) -> Any:
    """The dispatcher of a registered rule; only that of an entry may be called from Python."""
    if rule not in _code:
        _code[rule] = _dispatcher(cast(FunctionType, getattr(rule, "__wrapped__", rule)), _kinds[rule])
    return _code[rule]


def compiled(function: F) -> F:
    """Register a rule that other rules call, with IEEE arithmetic as written: no fastmath, no fused, parallel sums."""
    _kinds[function] = RULE
    return function


def inlined(function: F) -> F:
    """Register a rule to be pasted into its callers: for functions that return records, which numba cannot."""
    _kinds[function] = INLINED
    return function


def entry(function: F) -> F:
    """Register a rule that Python calls to run compiled; the way in costs compile time, so there are few."""
    if not IS_COMPILED:
        return function

    @wraps(function)
    def enter(*arguments: Any) -> Any:
        return (_code.get(enter) or machine_code(enter))(*arguments)

    _kinds[enter] = ENTRY
    return cast(F, enter)
