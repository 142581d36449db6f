"""Importing the user's modules, always anew and without leaving files in the user's folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from os.path import realpath
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

from btcli.errors import AccessError, RequestError
from btcli.strategies.failing import is_project_file, shortest, strategy_error, user_frames
from btcli.strategies.guarding import STRAY, end_stray
from btcli.strategies.sealing import SealedFolder, path_inside, seal_imports
from btcli.strategies.source import loaded_files

MARK = "__btcli_project__"  # on modules that came from a user's project, so that the next load drops them
FILE_MODULE = "btcli_strategy_file"
_in_place_of_modules: set[str] = set()  # names of what can carry no mark: user code put it among the modules
were_loaded: list[str] = []  # what the user's modules were asked for by, in the order of this process


class Loaded(NamedTuple):
    """A module, its file, the folders that make up the project, and the project's files that came with it."""

    module: ModuleType
    entry: Path
    roots: tuple[Path, ...]
    came_along: tuple[Path, ...]


def load_file(place: str, folder: Path, where: str) -> Loaded:
    """Import a Python file; a relative `place` is looked for in `folder`, then in the working directory.

    Raises RequestError when there is none or it is no Python, StrategyError when its code raises.
    """
    path = file_of(place, folder, where)
    roots = tuple(dict.fromkeys((folder.resolve(), path.parent)))
    if isinstance(folder, SealedFolder):
        seal_imports(roots, path.name)
    code = _compiled(path, where)
    module, came = _imported(lambda: _executed(path, code), place, roots, where)
    return Loaded(module, path, roots, loaded_files(came, roots))


def file_of(place: str, folder: Path, where: str) -> Path:
    """The strategy file that `place` names, in `folder` or in the working directory.

    Raises RequestError when there is none, or it is no file whose name ends in .py.
    """
    if isinstance(folder, SealedFolder):
        paths: tuple[Path, ...] = (path_inside(folder, place, where),)
    else:
        paths = Path(realpath(folder / place)), Path(realpath(place))
    path = next((path for path in paths if _exists(path)), None)
    if path is None:
        raise RequestError(f"there is no strategy file {place}", where=where, hint=f"looked in {folder.resolve()}")
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise RequestError(f"{place} is {what}", where=where, hint="write path/file.py:Class")
    if path.suffix != ".py":
        raise RequestError(f"{place} is no Python file: its name does not end in .py", where=where, hint="rename it")
    return path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long for a file
        return False


def module_file(name: str, folder: Path) -> Path | None:
    """Where the module of a dotted name lies, found without importing any of it; None when it is not found."""
    first = [] if isinstance(folder, SealedFolder) else [str(folder.resolve())]
    paths: Sequence[str] | None = [*first, *sys.path, str(folder.resolve())]
    spec = None
    for end in range(1, name.count(".") + 2):
        spec = PathFinder.find_spec(".".join(name.split(".")[:end]), paths)
        if spec is None:
            return None
        paths = list(spec.submodule_search_locations or ())
    return Path(spec.origin) if spec is not None and spec.origin else None


def load_module(name: str, folder: Path, where: str) -> Loaded:
    """Import a module by its dotted name from `folder` or what is installed.

    Raises RequestError when there is none or it is no Python, StrategyError when its code raises.
    """
    root = folder.resolve()
    if isinstance(folder, SealedFolder):
        seal_imports((root,), "")
    module, came = _imported(lambda: import_module(name), name, (root,), where)
    if module.__file__ is None:
        raise RequestError(f"{name} is a folder, not a Python module", where=where, hint="name the module in it")
    entry = Path(module.__file__).resolve()
    base = entry.parent if entry.name == "__init__.py" else entry
    roots = tuple(dict.fromkeys((root, base.parents[name.count(".")])))
    return Loaded(module, entry, roots, loaded_files(came, roots))


def _imported(
    run: Callable[[], ModuleType], name: str, roots: tuple[Path, ...], where: str
) -> tuple[ModuleType, set[str]]:
    """The module that `run` imports, and the names of all modules that came with it."""
    forget_projects()
    were_loaded.append(name)
    before = set(sys.modules)
    _put_in_front(roots)
    try:
        with no_bytecode():
            module, came = run(), set(sys.modules) - before
        if STRAY:
            end_stray()
        return module, came
    except BaseException as error:
        if isinstance(error, SyntaxError) and _is_of_file(error):
            place = f"{shortest(error.filename or name)}:{error.lineno}:{error.offset}"
            raise RequestError(f"not valid Python: {error.msg}", where=place, hint=f"named in {where}") from error
        if _is_missing(error, name):
            hint = f"looked in {roots[0]} and in what is installed"
            raise RequestError(f"there is no Python module {name}", where=where, hint=hint) from error
        raise strategy_error(error, f"importing {name} failed") from error
    finally:
        _mark(set(sys.modules) - before)


def _compiled(path: Path, where: str) -> CodeType:
    """The code of a file's bytes, never a cached compilation of earlier ones; raises RequestError for no Python."""
    place, hint = shortest(str(path)), f"named in {where}"
    try:
        return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except OSError as refusal:
        raise AccessError(f"cannot read: {refusal.strerror or refusal}", where=place) from None
    except SyntaxError as error:
        line = f":{error.lineno}:{error.offset}" if error.lineno else ""
        raise RequestError(f"not valid Python: {error.msg}", where=f"{place}{line}", hint=hint) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise RequestError(f"not valid Python: {error}", where=place, hint=hint) from error


def _is_of_file(error: SyntaxError) -> bool:
    """Whether a file of the project is no Python, rather than a text that its code evaluates."""
    name: object = error.filename
    return isinstance(name, str) and is_project_file(name) and Path(name).is_file()


def _is_missing(error: BaseException, name: str) -> bool:
    """Whether the module itself was not found, rather than one that its code asks for."""
    if not isinstance(error, ModuleNotFoundError) or user_frames(error):
        return False
    return bool(error.name) and f"{name}.".startswith(f"{error.name}.")


def _executed(path: Path, code: CodeType) -> ModuleType:
    """Run the code of a file as a module."""
    spec = spec_from_file_location(FILE_MODULE, path)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[FILE_MODULE] = module
    exec(code, vars(module))
    return module


def forget_projects() -> None:
    """Drop the modules of every project that was loaded, so that the next one finds none of them."""
    for name in [name for name, module in sys.modules.items() if getattr(module, MARK, False)]:
        del sys.modules[name]
    while _in_place_of_modules:
        sys.modules.pop(_in_place_of_modules.pop(), None)
    invalidate_caches()


def _mark(names: set[str]) -> None:
    for name in names:
        file = getattr(sys.modules[name], "__file__", None)
        if file and is_project_file(file):
            setattr(sys.modules[name], MARK, True)
        elif not issubclass(type(sys.modules[name]), ModuleType):
            _in_place_of_modules.add(name)


def _put_in_front(roots: tuple[Path, ...]) -> None:
    """The project leads the import path, and stays there for imports inside functions; a sealed one comes last."""
    added = [str(root) for root in roots if not isinstance(root, SealedFolder)]
    sys.path[:] = added + [entry for entry in sys.path if entry not in added]


@contextmanager
def no_bytecode() -> Iterator[None]:
    """Import without leaving compiled files in the user's folder."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before
