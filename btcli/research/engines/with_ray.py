"""Workers of a ray cluster: one that is there, or one of processes of this machine."""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from btcli.errors import AccessError, RequestError
from btcli.research.engines.surroundings import ONE_THREAD, environment, quiet, shielded
from btcli.research.engines.task import Task, answer
from btcli.research.engines.waves import Pool, WorkerLost
from btcli.scratch import scratch

REACHED_S = 15
ASK = """
import sys, ray
try:
    ray.init(address=sys.argv[1], log_to_driver=False, logging_level="CRITICAL")
except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
    print(str(error).partition("\\n")[0])
    sys.exit(1)
print(int(ray.cluster_resources().get("CPU", 0)))
"""
LONGEST_WORD = 200
START = (
    "start one with `ray start --head` and, on each other machine, `ray start --address HEAD:6379`; "
    "of one that was started with a token ray takes --address auto, or RAY_AUTH_MODE=token beside another address"
)
LONGEST_FOLDER = 36  # ray's sockets lie below it, and their paths have at most 107 bytes
STORE_BYTES = 80 << 20  # of the object store, in which nothing lies
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


@contextmanager
def ray_pool(workers: int | None, address: str | None) -> Iterator[Pool]:
    """So many processes of this machine, or of the cluster at an address, where None are all that it has.

    Raises AccessError for a cluster that is not there, RequestError for one that has not so many processors.
    """
    with ExitStack() as stack:
        stack.enter_context(environment(ONE_THREAD | QUIET))
        import ray
        from joblib import Parallel, delayed

        stack.enter_context(quiet("ray"))
        stack.enter_context(_unprinted())
        with shielded():
            stack.enter_context(_started(max(2, workers or 1)) if address is None else _reached(address))
            slots = _slots(workers, int(ray.cluster_resources().get("CPU", 0)), address)
            parallel = Parallel(
                n_jobs=max(2, slots),
                backend=_backend(),
                return_as="generator_unordered",
                pre_dispatch="all",
                batch_size=1,
            )
            with _losing():
                stack.enter_context(parallel)

        def results(task: Task, wave: Sequence[int]) -> Generator[str]:
            with _losing():
                yield from parallel(delayed(answer)(tuple(task), index) for index in wave)

        yield Pool(slots, results)


def _backend() -> Any:
    """joblib's for ray, of which a chunk is told as soon as it is done: ray has a thread for each that calls back.

    ray's own pool asks for no processor, and may then begin all of its workers on one machine.
    """
    from ray.util.joblib.ray_backend import RayBackend

    class Backend(RayBackend):  # type: ignore[misc]
        supports_return_generator = True

    return Backend(ray_remote_args={"num_cpus": 1})


def slots_at(workers: int | None, address: str) -> int:
    """How many chunks the cluster at an address does at once. Raises as `ray_pool` does for one that cannot be used."""
    with environment(ONE_THREAD | QUIET):
        return _slots(workers, _processors_at(address), address)


@contextmanager
def _losing() -> Iterator[None]:
    """What ray says of a worker that is gone is WorkerLost."""
    import ray

    try:
        yield
    except ray.exceptions.RayError as error:
        raise WorkerLost(f"ray lost a worker ({type(error).__name__})") from error


@contextmanager
def _unprinted() -> Iterator[None]:
    """ray prints what became of workers to the caller's stdout, whatever it is told of logs."""
    from ray._private import worker

    before = worker.print_to_stdstream
    worker.print_to_stdstream = lambda *_, **__: None
    try:
        yield
    finally:
        worker.print_to_stdstream = before


@contextmanager
def _started(processors: int) -> Iterator[None]:
    """A cluster of this machine; raises WorkerLost where it does not come up, which ray says with a bare Exception."""
    with ExitStack() as stack:
        try:
            stack.enter_context(_own(processors))
        except Exception as error:
            if type(error) is not Exception:
                raise
            raise WorkerLost(f"ray did not start its workers: {error}") from error
        yield


@contextmanager
def _own(processors: int) -> Iterator[None]:
    """A cluster of this machine; it is gone afterwards, with its files."""
    import ray

    secret = {} if "RAY_AUTH_TOKEN" in os.environ else {"RAY_AUTH_TOKEN": _secret()}
    with scratch("ray", LONGEST_FOLDER) as folder, environment(secret):
        try:
            ray.init(
                address="local",
                num_cpus=processors,
                num_gpus=0,
                include_dashboard=False,
                object_store_memory=STORE_BYTES,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                _node_ip_address="127.0.0.1",
                _temp_dir=str(folder),
            )
            yield
        finally:
            ray.shutdown()


@cache
def _secret() -> str:
    """Of all clusters that this process starts: ray reads it once. Without one it would leave its own under HOME.

    Clusters that are started there afterwards would ask for that one.
    """
    return secrets.token_hex(32)


@contextmanager
def _reached(address: str) -> Iterator[None]:
    """The cluster at an address, of which this machine is one."""
    import ray

    _processors_at(address)
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            runtime_env={"env_vars": ONE_THREAD},
        )
        yield
    finally:
        ray.shutdown()


def _processors_at(address: str) -> int:
    """How many processors a cluster has.

    Raises AccessError where none answers, which ray itself finds out in minutes, and then ends the process.
    """
    where = f"--address {address}"
    if address.startswith("ray://"):
        hint = "start btcli on a machine of the cluster, with --address auto"
        raise RequestError("chunks are not sent through a ray client", where=where, hint=hint)
    try:
        asked = subprocess.run(
            [sys.executable, "-c", ASK, address], capture_output=True, text=True, check=False, timeout=REACHED_S
        )
    except subprocess.TimeoutExpired:
        said = f"no ray cluster answered within {REACHED_S} s"
    else:
        if not asked.returncode:
            return int(asked.stdout.split()[-1])
        said = f"no ray cluster was reached: {asked.stdout.strip() or asked.stderr.strip()[-LONGEST_WORD:]}"
    raise AccessError(said, where=where, hint=START)


def _slots(workers: int | None, processors: int, where: str | None) -> int:
    """How many chunks are done at once. joblib does the work of a single job itself, so that two are the least."""
    wanted = max(2, workers or 2)
    if wanted > processors:
        said = f"the ray cluster has {processors} processors, {wanted} are needed"
        raise RequestError(said, where=f"--address {where}", hint="take fewer --workers, or start it with --num-cpus 2")
    return workers or processors
