"""The engines by name: what each needs to be installed, and its pool."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from btcli.errors import RequestError
from btcli.processors import processors
from btcli.research.engines.task import Done, Task
from btcli.research.engines.waves import Pool, There, in_waves

LOKY, DASK, RAY = "loky", "dask", "ray"
ENGINES = (LOKY, DASK, RAY)
NOWHERE = ("", "local")  # ray would start a cluster, and leave it
NEEDS = {LOKY: ("joblib",), DASK: ("dask", "distributed"), RAY: ("ray",)}


class Engine(NamedTuple):
    """By what chunks are done, by how many workers, and where: without an address they are started on this machine.

    Of a cluster that is there all workers are taken where none are asked for.
    """

    name: str
    workers: int | None = None
    address: str | None = None

    @property
    def beginning(self) -> str:
        """What takes a while before the first chunk."""
        return f"starting workers of {self.name}" if self.address is None else f"reaching {self.name}"


def finished(engine: Engine, task: Task, missing: Sequence[int], there: There) -> Iterator[Done]:
    """Have the missing chunks done by an engine's workers, and give each as soon as it is.

    To be closed where it is not asked to its end: then its workers are gone. `there` says which chunks are done, after
    workers were lost. Raises what the task raised; RequestError for an engine that cannot be had, AccessError for a
    cluster that is not reached, and for chunks at which workers were lost again and again.
    """
    require_engine(engine)
    return in_waves(lambda: _opened(engine), task, missing, there)


def workers_of(engine: Engine) -> int:
    """How many workers will do chunks at once; a cluster that is there is asked now.

    Raises AccessError for one that is not reached, RequestError for one whose workers cannot be used.
    """
    if engine.address is None:
        return engine.workers or processors()
    if engine.name == DASK:
        from btcli.research.engines.with_dask import workers_at

        return workers_at(engine.address)
    from btcli.research.engines.with_ray import slots_at

    return slots_at(engine.workers, engine.address)


def require_engine(engine: Engine) -> None:
    """Raises RequestError for an engine that is not installed, with the command for it, and for what is no address."""
    if engine.address is not None and engine.address.strip() in NOWHERE:
        said = f"{engine.address!r} is not where a cluster is"
        raise RequestError(said, where="--address", hint="leave it out, and workers are started on this machine")
    if engine.address is not None and engine.name == LOKY:
        raise RequestError("loky starts its workers on this machine", where="--address", hint="leave it out")
    if engine.address is not None and engine.name == DASK and engine.workers is not None:
        raise RequestError("a dask cluster has the workers that it has", where="--workers", hint="leave it out")
    for package in NEEDS[engine.name]:
        try:
            version(package)
        except PackageNotFoundError:
            wanted = shlex.quote(f"btcli[{engine.name}]" if engine.name != LOKY else package)
            step = f"install it with: {shlex.quote(sys.executable)} -m pip install {wanted}"
            raise RequestError(f"{package} is not installed", where="--backend", steps=(step,)) from None


def _opened(engine: Engine) -> AbstractContextManager[Pool]:
    workers = engine.workers
    if engine.name == LOKY:
        from btcli.research.engines.with_loky import loky_pool

        return loky_pool(workers or processors())
    if engine.name == DASK:
        from btcli.research.engines.with_dask import dask_pool

        return dask_pool(workers or processors(), engine.address)
    from btcli.research.engines.with_ray import ray_pool

    return ray_pool(workers if engine.address else workers or processors(), engine.address)
