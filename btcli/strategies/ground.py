"""The process as it was before user code was loaded, so that each pass of a run can start from there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from btcli.strategies.arriving import arrivals
from btcli.strategies.belongings import belongings
from btcli.strategies.failing import is_project_file
from btcli.strategies.hooks import collector, printed_arrays, signals, tracing

SEED = 0
PutBack = Callable[[], None]


class Ground(NamedTuple):
    """The modules there were, and how to put everything else back."""

    modules: Mapping[str, Any]
    restores: tuple[PutBack, ...]


def level_ground() -> Ground:
    """Remember the process before user code is loaded; Python's and numpy's random numbers begin at one seed.

    What lies outside the process, or inside compiled code, cannot be remembered.
    """
    import random

    import numpy.random

    random.seed(SEED)
    numpy.random.seed(SEED)
    hooks = (signals, collector, tracing, printed_arrays)
    state = (_everything, arrivals, _lists, _settings, _folder, _environment, random_numbers, _arithmetic)
    keep = (*state, _warnings, _loggers, *hooks)
    return Ground(dict(sys.modules), tuple(each() for each in keep))


def bare_ground() -> Ground:
    """The modules alone: where nobody's code but btcli's own decides, nothing else is ever changed."""
    return Ground(dict(sys.modules), ())


def put_back(ground: Ground) -> None:
    """Take away what user code left in the process: its modules, all else that it changed, and its classes."""
    _forget(ground)
    for restore in ground.restores:
        restore()
    invalidate_caches()


def _everything() -> PutBack:
    return belongings(list(sys.modules.values()))


def project_files(ground: Ground) -> tuple[Path, ...]:
    """The user's files of the modules that were loaded since."""
    new = [_said_of(module) for name, module in list(sys.modules.items()) if name not in ground.modules]
    files = {file for said in new if isinstance(file := said.get("__file__"), str)}
    return tuple(Path(file).resolve() for file in sorted(files) if file.endswith(".py") and is_project_file(file))


def _forget(ground: Ground) -> None:
    for name, module in list(sys.modules.items()):
        if name not in ground.modules and not _is_installed(name, module):
            del sys.modules[name]
    sys.modules.update({name: it for name, it in ground.modules.items() if sys.modules.get(name) is not it})


def _is_installed(name: str, module: object) -> bool:
    """Whether an entry of `sys.modules` came from Python or an installed package; these cannot be loaded again."""
    if name.startswith(("_cython", "cython_")):
        return True
    said = _said_of(module)
    spec = said.get("__spec__")
    if spec is None:
        return False
    top = name.partition(".")[0]
    if spec.name != name and (top == name or not _is_installed(top, sys.modules.get(top))):
        return False  # another module's second name
    folders = list(said.get("__path__", []))
    file = said.get("__file__") or (os.path.join(folders[0], "_") if folders else None)  # noqa: PTH118
    if file is None:
        return spec.origin in ("built-in", "frozen")
    return not is_project_file(file) or not (folders or file.endswith(".py"))


def _said_of(module: object) -> Mapping[str, Any]:
    """What a module says of itself; nothing of whatever else was put among the modules."""
    return vars(module) if issubclass(type(module), ModuleType) else {}


def random_numbers() -> PutBack:
    """Remember where Python's and numpy's random numbers are; what is returned puts them back there."""
    import random

    import numpy.random

    state, source = random.getstate(), numpy.random.get_bit_generator()  # type: ignore[attr-defined]
    numbers = numpy.random.get_state(legacy=False)

    def back() -> None:
        random.setstate(state)
        numpy.random.set_bit_generator(source)  # type: ignore[attr-defined]
        numpy.random.set_state(numbers)

    return back


def _lists() -> PutBack:
    lists: tuple[list[Any], ...] = (sys.path, sys.meta_path, sys.path_hooks, sys.argv)
    contents = [(each, list(each)) for each in lists]

    def back() -> None:
        for each, content in contents:
            each[:] = content

    return back


def _settings() -> PutBack:
    """Numbers that Python keeps for the whole process."""
    import gc

    mask = os.umask(0o077)
    os.umask(mask)
    limit, interval, threshold = sys.getrecursionlimit(), sys.getswitchinterval(), gc.get_threshold()
    digits = sys.get_int_max_str_digits()

    def back() -> None:
        os.umask(mask)
        sys.setrecursionlimit(limit)
        sys.setswitchinterval(interval)
        sys.set_int_max_str_digits(digits)
        gc.set_threshold(*threshold)

    return back


def _folder() -> PutBack:
    try:
        folder = Path.cwd()
    except OSError:  # it was removed: there is no way back
        return lambda: None

    def back() -> None:
        with suppress(OSError):  # somebody removed it
            os.chdir(folder)

    return back


def _environment() -> PutBack:
    before = dict(os.environ)

    def back() -> None:
        if dict(os.environ) != before:
            os.environ.clear()
            os.environ.update(before)
            _tell_the_clock()

    return back


def _tell_the_clock() -> None:
    """TZ may have been changed, and back."""
    import time

    if hasattr(time, "tzset"):
        time.tzset()


def _arithmetic() -> PutBack:
    """How numbers are computed and written: numpy's errors, decimals, the locale."""
    import decimal
    import locale

    import numpy as np

    errors, context, spoken = np.geterr(), decimal.getcontext().copy(), locale.setlocale(locale.LC_ALL)

    def back() -> None:
        np.seterr(**errors)
        decimal.setcontext(context.copy())
        locale.setlocale(locale.LC_ALL, spoken)

    return back


def _warnings() -> PutBack:
    import warnings

    filters, once = list(warnings.filters), dict(warnings.onceregistry)  # type: ignore[attr-defined]

    def back() -> None:
        warnings.resetwarnings()  # also tells the compiled half that they changed
        warnings.filters[:] = filters  # type: ignore[index]
        warnings.onceregistry.clear()  # type: ignore[attr-defined]
        warnings.onceregistry.update(once)  # type: ignore[attr-defined]

    return back


def _loggers() -> PutBack:
    """Loggers live as long as the process: those of user code are forgotten, the others get back what they had."""
    import logging

    known = logging.Logger.manager.loggerDict
    names = set(known)
    loggers = [logging.root, *(each for each in known.values() if isinstance(each, logging.Logger))]
    before = [(each, dict(vars(each)), list(each.handlers), list(each.filters)) for each in loggers]

    def back() -> None:
        for name in [name for name in known if name not in names and name.partition(".")[0] not in sys.modules]:
            del known[name]
        for logger, attributes, handlers, filters in before:
            vars(logger).update(attributes)
            for name in vars(logger).keys() - attributes.keys():
                del vars(logger)[name]
            logger.handlers[:], logger.filters[:] = handlers, filters
        logging.root.setLevel(logging.root.level)  # and with it every logger forgets what it took for enabled

    return back
