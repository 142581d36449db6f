"""Chunks done by workers of a ray cluster, for real."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import engine_chunks as chunks
import pytest

pytest.importorskip("ray", reason="ray is not installed: pip install 'btcli[ray]'")

from engine_clusters import ray_cluster
from engine_rows import interrupted, run_all

from btcli.errors import AccessError, RequestError, StrategyError, UnhealthyData
from btcli.research.engines import with_ray
from btcli.research.engines.choosing import RAY, Engine

Function = Callable[[str, str, int], str]
pytestmark = [pytest.mark.long, pytest.mark.ray]
ON_A_CLUSTER = """
import sys
from pathlib import Path

import engine_chunks as chunks
from engine_rows import run_all
from btcli.errors import RequestError
from btcli.research.engines.choosing import Engine, workers_of

address, folder = sys.argv[1], Path(sys.argv[2])
print(workers_of(Engine("ray", None, address)), workers_of(Engine("ray", 2, address)))
for workers in (None, 1):
    own = folder / str(workers)
    own.mkdir()
    print(len(set(run_all(Engine("ray", workers, address), chunks.note_process, own, 12))))
try:
    run_all(Engine("ray", 3, address), chunks.write, folder, 3)
except RequestError as error:
    print(error)
"""


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A user's folder in which ray may look for a secret, once; workers find the chunks of the tests."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        yield folder


def done(function: Function, folder: Path, workers: int = 2, many: int = 12) -> list[int]:
    """The chunks that were told as done."""
    return run_all(Engine(RAY, workers), function, folder, many)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_chunk_is_done_once_by_other_processes(workers: int, tmp_path: Path) -> None:
    """Whatever the number of workers, all chunks are done, each is told once, and none by the calling process."""
    before = dict(os.environ)
    assert sorted(done(chunks.note_process, tmp_path, workers, 20)) == list(range(20))
    assert {file.name: file.read_text() for file in tmp_path.glob("*.chunk")} == {
        f"{index}.chunk": f"d {index * index}" for index in range(20)
    }
    said = [file.read_text().split() for file in tmp_path.glob("*.process")]
    assert str(os.getpid()) not in {process for process, *_ in said}
    assert {tuple(around) for _, *around in said} == {("1", "1", "1", "deaf")}
    assert dict(os.environ) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_worker_costs_nothing_but_time(
    workers: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A worker that is killed on the way leaves the same files, every chunk is told once, and nothing is printed."""
    assert sorted(done(chunks.die_once, tmp_path, workers)) == list(range(12))
    assert chunks.there(tmp_path).keys() == set(range(12))
    assert capfd.readouterr() == ("", "")


def test_a_chunk_is_told_as_soon_as_it_is_done(tmp_path: Path) -> None:
    """While one goes on that waits for it, another of the same wave is told."""
    assert done(chunks.wait_for_another, tmp_path, many=6)[0] != 0


def test_a_chunk_that_kills_every_worker_is_named(tmp_path: Path) -> None:
    """The error names the one chunk at which workers were lost, out of those that were done at once."""
    with pytest.raises(AccessError, match=r"lost 4 times, the last time at chunk 5: ray lost a worker"):
        done(chunks.die_always, tmp_path)
    assert 5 not in chunks.there(tmp_path)


def test_errors_of_the_work_end_it_at_once(tmp_path: Path) -> None:
    """What the work raises arrives as it was raised, and what would end its process ends nothing else."""
    with pytest.raises(UnhealthyData, match="the data changed") as raised:
        done(chunks.refuse, tmp_path)
    assert raised.value.problems[0].steps == ("repair it with: btcli heal",)
    with pytest.raises(StrategyError, match="ended the process of a worker, with 0"):
        done(chunks.leave, tmp_path)


def test_ctrl_c_leaves_no_process_and_keeps_what_is_done(tmp_path: Path) -> None:
    """After Ctrl-C from a terminal the cluster is gone, nothing stands on the screen, and what was done is there."""
    told = interrupted(RAY, tmp_path)
    assert told.left == []
    assert chunks.there(tmp_path)
    assert (told.said, told.complained) == ("interrupted\n", "")


def test_nothing_of_a_cluster_of_this_machine_is_left(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files go with it, and nothing is written into the user's folder."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    before = set(Path("/tmp").glob("btcli-ray-*"))
    (tmp_path / "out").mkdir()
    done(chunks.write, tmp_path / "out")
    assert list(temporary.iterdir()) == []
    assert set(Path("/tmp").glob("btcli-ray-*")) <= before
    assert list(home.iterdir()) == []


def test_a_cluster_that_is_there_does_the_chunks(tmp_path: Path) -> None:
    """Processors of a cluster are taken, at most those that it has, and it goes on when the chunks are done.

    The calls are made by a process of their own: ray reads once in a process whether clusters ask for a secret.
    """
    with ray_cluster(2) as address:
        done = subprocess.run(
            [sys.executable, "-c", ON_A_CLUSTER, address, str(tmp_path)], capture_output=True, text=True, check=True
        )
    assert done.stdout.splitlines() == [
        "2 2",
        "12",
        "12",
        f"--address {address} the ray cluster has 2 processors, 3 are needed "
        "(take fewer --workers, or start it with --num-cpus 2)",
    ]
    around = {tuple(file.read_text().split()[1:4]) for file in tmp_path.glob("*/*.process")}
    assert around == {("1", "1", "1")}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("auto", "no ray cluster was reached: Could not find any running Ray instance"),
        ("nonsense", "no ray cluster was reached: Invalid address format: nonsense"),
        ("127.0.0.1:1", "no ray cluster answered within 5 s"),
        ("SILENT", "no ray cluster answered within 5 s"),
    ],
)
def test_a_cluster_that_is_not_there_is_told(
    address: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address at which no cluster answers ends the command, with what was tried and how a cluster is started."""
    monkeypatch.setattr(with_ray, "REACHED_S", 5 if "within 5 s" in said else 120)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        if address == "SILENT":
            address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(AccessError, match=said) as raised:
            run_all(Engine(RAY, None, address), chunks.write, tmp_path, 3)
    assert raised.value.problems[0].where == f"--address {address}"
    assert "ray start --head" in raised.value.problems[0].hint


def test_a_ray_client_is_refused(tmp_path: Path) -> None:
    """Chunks are sent from a machine of the cluster."""
    with pytest.raises(RequestError, match="not sent through a ray client"):
        run_all(Engine(RAY, None, "ray://127.0.0.1:10001"), chunks.write, tmp_path, 3)
