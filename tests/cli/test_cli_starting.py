"""What a process of the command line settles before anything heavy is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SETTLED = ("OPENBLAS_NUM_THREADS", "PYDANTIC_DISABLE_PLUGINS")
LEAN = """
import gc, os
from btcli.cli.edge.starting import start_lean
start_lean()
import numpy
print(len(os.listdir("/proc/self/task")), os.environ["OPENBLAS_NUM_THREADS"], gc.get_threshold()[0] > 10_000)
"""

FAULTS = """
import resource, sys
from btcli.cli.edge.allocating import return_large_blocks
return_large_blocks()
def faults(block):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    written = b"x" * block
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults(int(sys.argv[1])), faults(int(sys.argv[1])))
"""

TELLING = """
import atexit, gc, os
named = ("OPENBLAS_NUM_THREADS", "PYDANTIC_DISABLE_PLUGINS")
settled = lambda: " ".join([str(gc.get_threshold()[0]), *(os.environ[name] for name in named)])
atexit.register(lambda: os.write(2, settled().encode()))
"""

HEAPS = """
import ctypes, threading
from btcli.cli.edge.allocating import return_large_blocks
return_large_blocks()
together = threading.Barrier(6)
def take():
    together.wait()
    kept = [b"x" * 100_000 for _ in range(20)]
    together.wait()
threads = [threading.Thread(target=take) for _ in range(6)]
for each in threads: each.start()
for each in threads: each.join()
ctypes.CDLL(None).malloc_stats()
"""

LEAVING = """
import gc, sys
from pathlib import Path
from btcli.cli.edge.leaving import leave_cycles
from btcli.strategies.loading import load_file
if len(sys.argv) > 1:
    load_file(sys.argv[1], Path("."), "here")
looked, get = [], gc.get_objects
gc.get_objects = lambda: looked.append(1) or get()
leave_cycles()
print(len(looked), gc.get_freeze_count() > 0)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted where Linux lists them")
@pytest.mark.parametrize(("asked", "said"), [(None, "1 1 True"), ("2", "2 True")])
def test_numpy_starts_no_threads_unless_they_are_asked_for(asked: str | None, said: str) -> None:
    """One thread in all, and cycles are looked for seldom; what the user has set stays."""
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    env |= {} if asked is None else {"OPENBLAS_NUM_THREADS": asked}
    done = subprocess.run([sys.executable, "-c", LEAN], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith(said)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc alone is told")
@pytest.mark.parametrize(("block_mib", "is_new"), [(5, False), (16, True)])
def test_a_column_of_a_year_is_laid_out_once_and_larger_ones_go_back(block_mib: int, *, is_new: bool) -> None:
    """A freed block of 5 MiB is used again without a page of it being asked for; one of 16 MiB is new each time.

    However large the system's pages are: the second block asks for as many as the first, or for hardly one.
    """
    command = [sys.executable, "-c", FAULTS, str(block_mib << 20)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, second = map(int, done.stdout.split())
    assert (second > first / 2) == is_new


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc alone is told")
def test_threads_take_from_one_heap() -> None:
    """Six threads at once have no heap each, as glibc would have it: what it tells names one."""
    done = subprocess.run([sys.executable, "-c", HEAPS], capture_output=True, text=True, check=True)
    assert done.stderr.count("Arena ") == 1


@pytest.mark.parametrize(("then", "looks"), [("", False), ("del os.environ[PLUGINS]", True)])
def test_plug_ins_are_looked_for_only_where_somebody_wants_some(then: str, *, looks: bool) -> None:
    """What would find them, for pydantic, is not loaded; code that wants some after all has them looked for."""
    begin = "import os, sys\nfrom btcli.cli.edge.starting import PLUGINS, start_lean\nstart_lean()\n"
    asked = "import pydantic\npydantic.TypeAdapter(int)\nprint('importlib.metadata' in sys.modules)\n"
    env = {name: value for name, value in os.environ.items() if name not in SETTLED}
    command = [sys.executable, "-c", f"{begin}{then}\n{asked}"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"{looks}\n"


def test_every_command_starts_lean(tmp_path: Path) -> None:
    """A command's own process has settled it: a plug-in that Python loads at its end tells."""
    (tmp_path / "sitecustomize.py").write_text(TELLING)
    env = {name: value for name, value in os.environ.items() if name not in SETTLED}
    env["PYTHONPATH"] = str(tmp_path)
    command = [sys.executable, "-m", "btcli", "tools"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.endswith("200000 1 __all__")


def test_what_is_loaded_is_loaded_leanly() -> None:
    """All that a command loads comes after what its process settles: typer alone makes fifty looks for cycles."""
    telling = (
        "import gc, sys\n"
        "class Tells:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'typer':\n"
        "            print(gc.get_threshold()[0])\n"
        "sys.meta_path.insert(0, Tells())\n"
        "sys.argv = ['btcli', '--version']\n"
        "from btcli.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", telling], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("200000\nbtcli ")


def test_objects_are_looked_at_for_files_only_where_user_code_may_have_opened_some(tmp_path: Path) -> None:
    """A process that loaded none of the user's modules ends without a look at all that there is."""
    user = tmp_path / "own.py"
    user.write_text("import sys\nkept = [open(sys.argv[1] + '.said', 'w')]\nkept.append(kept)\nkept[0].write('kept')\n")

    def left(*words: str) -> str:
        command = [sys.executable, "-c", LEAVING, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert left() == "0 True"
    assert left(str(user)) == "1 True"
    assert Path(f"{user}.said").read_text(encoding="utf-8") == "kept"
