"""Where the runs of a project lie, and their registry."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

RUNS = Path("runs")  # where they are unless somebody says otherwise
REGISTRY = "trials.jsonl"
CHOSEN = "BTCLI_TRIALS"  # an environment variable: the file to use instead


def registry_of(runs: Path) -> Path:
    """The nearest registry upward from the working folder, else from the runs.

    Where there is none, the one to make: in the working folder, where whatever is run from here looks for it first,
    wherever this run goes; beside the runs where nothing can be made there.
    """
    if chosen := os.environ.get(CHOSEN):
        return Path(chosen)
    here, beside = Path.cwd(), runs.absolute().parent
    made = here if os.access(here, os.W_OK) else beside
    return _upward(here) or _upward(beside) or made / REGISTRY


def registries_around(runs: Path, folders: Sequence[Path]) -> tuple[Path, ...]:
    """The same, and those of the projects in which folders lie: what is sealed there is sealed from anywhere.

    A file in a folder may be a link, as a store's to that of another project: there its seals are.
    """
    if os.environ.get(CHOSEN):
        return (registry_of(runs),)
    around = (_upward(place) for each in folders for place in _places(each))
    return tuple(dict.fromkeys((registry_of(runs), *filter(None, around))))


def _places(folder: Path) -> Iterator[Path]:
    """A folder, and where the files lie to which links in it lead."""
    yield folder
    with suppress(OSError), os.scandir(folder) as inside:
        links = sorted(
            each.path
            for each in inside
            if each.is_symlink() and os.path.isfile(each)  # noqa: PTH113 - raises nothing
        )
        yield from dict.fromkeys(Path(each).resolve().parent for each in links)


def _upward(folder: Path) -> Path | None:
    """The nearest registry in a folder or above it."""
    here = folder.resolve()
    return next((each / REGISTRY for each in (here, *here.parents) if (each / REGISTRY).is_file()), None)
