"""Which files a strategy is made of: every module of the user's project that it loads or may load later."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from btcli.digest import digest_of, sha256_of_file
from btcli.errors import AccessError, RequestError
from btcli.strategies.failing import is_project_file, shortest


class Source(NamedTuple):
    """The files by their name inside the project, the installed packages with versions, and the digest of both.

    `read` has the digest of each file by its path, `paths` the path of each by its name.
    """

    files: tuple[str, ...]
    packages: tuple[tuple[str, str], ...]
    digest: str
    read: Mapping[Path, str]
    paths: Mapping[str, Path]


class Import(NamedTuple):
    """`from ..a.b import c` is Import(2, "a.b", "c"); `import a.b` is Import(0, "a.b", "")."""

    level: int
    module: str
    name: str


def source_of(entry: Path, roots: tuple[Path, ...], loaded: Iterable[Path]) -> Source:
    """The source of a strategy that begins in `entry`.

    Follows imports, also those inside functions, to files below `roots` (in their order), and takes in
    every file in `loaded`. Everything else counts as an installed package, by its version.
    """
    files, outside = _followed([entry, *sorted(loaded)], roots)
    named = {_name_in(path, roots): path for path in files}
    packages = tuple(sorted((name, _version(name)) for name in outside))
    content = {name: sha256_of_file(path) for name, path in sorted(named.items())}
    read = {path: content[name] for name, path in named.items()}
    digest = digest_of({"files": content, "packages": dict(packages)})
    return Source(tuple(content), packages, digest, read, {name: named[name] for name in content})


def loaded_files(names: Iterable[str], roots: tuple[Path, ...]) -> tuple[Path, ...]:
    """The project's files among the loaded modules of these names."""
    files = (getattr(sys.modules.get(name), "__file__", None) for name in names)
    return tuple(path for file in files if file and _is_below(path := Path(file).resolve(), roots))


def _is_below(path: Path, roots: tuple[Path, ...]) -> bool:
    return path.suffix == ".py" and is_project_file(str(path)) and any(path.is_relative_to(root) for root in roots)


def _followed(entries: list[Path], roots: tuple[Path, ...]) -> tuple[set[Path], set[str]]:
    files: set[Path] = set()
    outside: set[str] = set()
    waiting = list(entries)
    while waiting:
        path = waiting.pop()
        if path in files:
            continue
        files.add(path)
        for wanted in _imports(path):
            found = _files_of(wanted, path, roots)
            waiting += found
            top = wanted.module.partition(".")[0]
            if not found and not wanted.level and top != "btcli" and top not in sys.stdlib_module_names:
                outside.add(top)
    return files, outside


def _imports(path: Path) -> Iterator[Import]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (Import(0, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (Import(node.level, node.module or "", alias.name) for alias in node.names)


def _tree(path: Path) -> ast.AST:
    """The parsed module; a file that is only imported later may be no Python, and is found so here."""
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError as error:
        place = f"{shortest(str(path))}:{error.lineno or 1}:{error.offset or 1}"
        raise RequestError(f"not valid Python: {error.msg}", where=place, hint="the strategy imports it") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise RequestError(
            f"not valid Python: {error}", where=shortest(str(path)), hint="the strategy imports it"
        ) from None
    except OSError as refusal:
        raise AccessError(f"cannot read: {refusal.strerror or refusal}", where=shortest(str(path))) from None


def _files_of(wanted: Import, importer: Path, roots: tuple[Path, ...]) -> list[Path]:
    """The project's files that an import reads: packages on the way, the module, and a module taken from it."""
    folders = roots if wanted.level == 0 else (importer.parents[wanted.level - 1],)
    parts = [part for part in (*wanted.module.split("."), wanted.name) if part]
    for folder in folders:
        found = []
        for count in range(1, len(parts) + 1):
            base = folder.joinpath(*parts[:count])
            found += [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]
        if own := [path.resolve() for path in found if _is_below(path.resolve(), (folder,))]:
            return own
    return []


def _name_in(path: Path, roots: tuple[Path, ...]) -> str:
    root = next((root for root in roots if path.is_relative_to(root)), path.parent)
    return path.relative_to(root).as_posix()


def _version(name: str) -> str:
    from importlib import metadata  # 10 ms, for code that imports packages

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        found = metadata.packages_distributions().get(name, [])
        return metadata.version(found[0]) if found else ""
