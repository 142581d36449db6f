"""Stored object code: trusted only as it was stored, here and by this user; whatever is wrong, the result is right."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest
from exchange_toys import add_up, wander

from btcli.exchange.machine import naming
from btcli.exchange.machine.folder import can_store, places, stored
from btcli.exchange.machine.loading import load
from btcli.exchange.machine.symbols import is_self_contained, outside

HERE = Path(__file__).parent
ADD_UP = "import exchange_toys as toys\ntold = toys.sum_of(range(5))"
EXPECTED = 20.0
SAY = "\nimport json, sys; print(json.dumps([told, 'numba' in sys.modules]))"


class Told(NamedTuple):
    """What a process said: its answer, whether it needed the compiler, and the rest."""

    answer: object
    compiled: bool
    code: int
    err: str


class Machine(NamedTuple):
    """Where processes of one user keep object code: at home, or else in the folder for temporary files."""

    root: Path

    @property
    def home(self) -> Path:
        """The folder in the user's cache."""
        return self.root / "cache" / "btcli" / "objects"

    @property
    def shared(self) -> Path:
        """The one in the folder for temporary files."""
        return self.root / "tmp" / f"btcli-{os.getuid()}-objects"

    @property
    def object(self) -> Path:
        """The one object at home."""
        (found,) = self.home.glob("add_up-*.o")
        return found

    def environment(self, **more: str) -> dict[str, str]:
        """What such a process is told."""
        (self.root / "tmp").mkdir(exist_ok=True)
        paths = os.pathsep.join((str(HERE.parents[1]), str(HERE), str(HERE.parent)))
        told = {"PYTHONPATH": paths, "XDG_CACHE_HOME": str(self.root / "cache"), "TMPDIR": str(self.root / "tmp")}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        return {**inherited, **told, **more}

    def run(self, script: str = ADD_UP, **more: str) -> Told:
        """Run a script that leaves its answer in `told`."""
        done = subprocess.run(
            [sys.executable, "-c", script + SAY],
            env=self.environment(**more),
            capture_output=True,
            text=True,
            check=False,
        )
        answer, compiled = json.loads(done.stdout) if done.returncode == 0 else (None, False)
        return Told(answer, compiled, done.returncode, done.stderr)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """An object as it was stored, and its name."""
    machine = Machine(tmp_path_factory.mktemp("warm"))
    assert machine.run() == (EXPECTED, True, 0, "")
    return machine.object.read_bytes(), machine.object.name


@pytest.fixture
def machine(tmp_path: Path, warm: tuple[bytes, str]) -> Machine:
    """A machine on which that object was stored."""
    place = Machine(tmp_path)
    _lay(place.home, *warm)
    return place


def _lay(folder: Path, code: bytes, name: str) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    (folder / name).write_bytes(code)
    (folder / f"{name}.sha256").write_text(hashlib.sha256(code).hexdigest())
    for path in folder.iterdir():
        path.chmod(0o600)


def test_a_stored_object_needs_no_compiler(machine: Machine) -> None:
    """The second process gets the same result and never imports numba; the folder is closed to others."""
    assert machine.run() == (EXPECTED, False, 0, "")
    assert machine.home.stat().st_mode & 0o777 == 0o700
    assert {path.suffix for path in machine.home.iterdir()} == {".o", ".sha256"}


GUEST = "from btcli.exchange.machine.trust import store_nothing\nstore_nothing()\n"


def test_a_guest_leaves_no_trace(machine: Machine, tmp_path: Path) -> None:
    """Where nothing is stored it compiles for itself and makes no folder; what is stored it takes, and marks no use."""
    nowhere = Machine(tmp_path / "empty")
    nowhere.root.mkdir()
    assert nowhere.run(GUEST + ADD_UP) == (EXPECTED, True, 0, "")
    assert [path.name for path in nowhere.root.rglob("*")] == ["tmp"]
    long_ago_s = 1_600_000_000
    for path in machine.home.iterdir():
        os.utime(path, (long_ago_s, long_ago_s))
    assert machine.run(GUEST + ADD_UP) == (EXPECTED, False, 0, "")
    assert {path.stat().st_mtime for path in machine.home.iterdir()} == {long_ago_s}


def test_how_many_threads_numba_may_take_names_no_other_object(machine: Machine) -> None:
    """What engines tell their workers makes none of them compile."""
    assert machine.run(NUMBA_NUM_THREADS="1") == (EXPECTED, False, 0, "")


def _change_a_byte(path: Path) -> None:
    code = bytearray(path.read_bytes())
    code[len(code) // 2] ^= 1
    path.write_bytes(code)


def _to_symlink(path: Path) -> None:
    real = path.parent.parent / path.name
    path.rename(real)
    path.symlink_to(real)


def _to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _digest(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "changed byte": _change_a_byte,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "gone": lambda path: path.unlink(),
    "symlink": _to_symlink,
    "writable for all": lambda path: path.chmod(0o666),
    "digest gone": lambda path: _digest(path).unlink(),
    "digest empty": lambda path: os.truncate(_digest(path), 0),
    "digest of something else": lambda path: _digest(path).write_text(hashlib.sha256(b"").hexdigest()),
    "digest no text": lambda path: _digest(path).write_bytes(b"\xff\x00"),
    "digest a symlink": lambda path: _to_symlink(_digest(path)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_object_is_not_taken(machine: Machine, damage: Callable[[Path], object]) -> None:
    """One that is not as it was stored counts as none."""
    path = machine.object
    assert stored(path.parent, path.name)
    damage(path)
    assert stored(path.parent, path.name) is None


@pytest.mark.parametrize("damage", ["changed byte", "empty", "symlink", "digest gone"])
def test_a_damaged_object_is_made_anew(machine: Machine, damage: str) -> None:
    """The entry is compiled, and stored again for the next process."""
    DAMAGES[damage](machine.object)
    assert machine.run() == (EXPECTED, True, 0, "")
    assert machine.run() == (EXPECTED, False, 0, "")


def test_a_pipe_in_its_place_stops_nothing(machine: Machine) -> None:
    """What is no file is not read, so that nobody waits for what never comes."""
    path = machine.object
    path.unlink()
    os.mkfifo(path)
    assert machine.run() == (EXPECTED, True, 0, "")


def test_a_folder_in_its_place_is_left_alone(machine: Machine) -> None:
    """Where an object cannot be put, each process compiles."""
    _to_folder(machine.object)
    assert machine.run() == (EXPECTED, True, 0, "")
    assert machine.run() == (EXPECTED, True, 0, "")


def _shared_with_group(machine: Machine) -> None:
    machine.home.chmod(0o770)


def _behind_symlink(machine: Machine) -> None:
    real = machine.root / "elsewhere"
    machine.home.rename(real)
    machine.home.symlink_to(real)


def _of_somebody_else(machine: Machine) -> None:
    if os.getuid() != 0:
        pytest.skip("only root gives a folder away")
    os.chown(machine.home, 12_345, 12_345)


def _a_file(machine: Machine) -> None:
    machine.object.unlink()
    _digest(next(machine.home.iterdir()).with_suffix("")).unlink()
    machine.home.rmdir()
    machine.home.touch()


@pytest.mark.parametrize("spoil", [_shared_with_group, _behind_symlink, _of_somebody_else, _a_file])
def test_a_folder_that_is_not_the_users_alone_is_refused(machine: Machine, spoil: Callable[[Machine], None]) -> None:
    """Nothing is loaded from it or put there; the other place is used."""
    spoil(machine)
    before = machine.home.lstat()
    assert machine.run() == (EXPECTED, True, 0, "")
    assert machine.run() == (EXPECTED, False, 0, "")
    assert len(list(machine.shared.iterdir())) == 2
    assert machine.home.lstat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("mode", [0o701, 0o702, 0o704, 0o710, 0o720, 0o740, 0o755, 0o777])
def test_a_folder_open_to_others_holds_nothing(machine: Machine, mode: int) -> None:
    """Whatever others may do with it."""
    machine.home.chmod(mode)
    assert stored(machine.home, machine.object.name) is None
    assert not can_store(machine.home)


def test_without_any_folder_each_process_compiles(tmp_path: Path) -> None:
    """Where nothing can be stored the result is right, and nothing is left behind."""
    machine = Machine(tmp_path)
    (tmp_path / "tmp").mkdir()
    machine.shared.touch()
    for _ in range(2):
        assert machine.run(XDG_CACHE_HOME="/dev/null/nowhere") == (EXPECTED, True, 0, "")
    assert list((tmp_path / "tmp").iterdir()) == [machine.shared]


def test_a_home_that_cannot_be_written_leaves_the_other_place(tmp_path: Path) -> None:
    """With an unusable HOME and no XDG_CACHE_HOME object code lies in the folder for temporary files."""
    machine = Machine(tmp_path)
    more = {"HOME": "/dev/null", "XDG_CACHE_HOME": ""}
    assert [machine.run(**more).compiled for _ in range(2)] == [True, False]
    assert len(list(machine.shared.iterdir())) == 2


def test_code_for_another_processor_is_not_taken(machine: Machine) -> None:
    """Another processor compiles an object of its own."""
    seam = "processor = naming.processor\nnaming.processor = lambda: processor()._replace(name='another')"
    assert machine.run(f"from btcli.exchange.machine import naming\n{seam}\n{ADD_UP}") == (EXPECTED, True, 0, "")
    assert len(list(machine.home.glob("*.o"))) == 2


def test_the_name_says_all_that_the_code_hangs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processor, features, instruction set, versions, the compiler's settings, sources and the entry: each counts."""
    here = naming.Processor("x86_64-linux", "zen", "+avx")
    others = [here._replace(triple="aarch64-linux"), here._replace(name="zen2"), here._replace(features="+avx,+fma")]

    def name_with(what: str, value: object) -> str | None:
        with monkeypatch.context() as patch:
            patch.setattr(naming, "processor", lambda: here)
            patch.setattr(naming, what, lambda *_: value)
            return naming.object_name(add_up)

    names = [name_with("processor", other) for other in (here, *others)]
    names += [name_with("versions", ""), name_with("settings", "NUMBA_OPT=1"), name_with("_sources_of", "")]
    with monkeypatch.context() as patch:
        patch.setattr(naming, "processor", lambda: here)
        names.append(naming.object_name(wander))
    assert None not in names
    assert len(set(names)) == len(names) == 8
    assert naming.settings({"NUMBA_OPT": "1", "NUMBA_CACHE_DIR": "x", "HOME": "y"}) == "NUMBA_OPT=1"


def test_versions_are_those_that_packages_are_described_with() -> None:
    """The folders beside numba and llvmlite are named by what stands in them."""
    assert naming.versions() == " ".join(f"{each} {version(each)}" for each in ("numba", "llvmlite"))


def test_on_other_instruction_sets_nothing_is_stored(machine: Machine) -> None:
    """There each process compiles."""
    seam = "processor = naming.processor\nnaming.processor = lambda: processor()._replace(triple='ppc64le-linux')"
    script = f"from btcli.exchange.machine import naming\n{seam}\n{ADD_UP}"
    assert machine.run(script) == machine.run(script) == (EXPECTED, True, 0, "")
    assert len(list(machine.home.glob("*.o"))) == 1


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the exchange, which may change while a process runs."""
    package = tmp_path / "checkout" / "btcli"
    shutil.copytree(HERE.parents[1] / "btcli" / "exchange", package / "exchange")
    shutil.copyfile(HERE.parents[1] / "btcli" / "__init__.py", package / "__init__.py")
    return package.parent


def _run_in(checkout: Path, script: str = ADD_UP) -> Told:
    machine = Machine(checkout.parent)
    path = os.pathsep.join((str(checkout), machine.environment()["PYTHONPATH"]))
    return machine.run(script, PYTHONPATH=path, PYTHONSAFEPATH="1")


def _changing(checkout: Path) -> str:
    """A script whose process has read the sources when one of them changes, and that compiles then."""
    source = checkout / "btcli" / "exchange" / "phases" / "path.py"
    change = f"import exchange_toys\nopen({str(source)!r}, 'a').write('# later')\n"
    return change + ADD_UP


def test_what_was_compiled_of_other_sources_than_lie_there_now_is_not_stored(checkout: Path) -> None:
    """The checkout changes while a process runs: its result is right, and the next one compiles the new sources."""
    home = Machine(checkout.parent).home
    assert _run_in(checkout, _changing(checkout)) == (EXPECTED, True, 0, "")
    assert not list(home.glob("*.o"))
    assert _run_in(checkout) == (EXPECTED, True, 0, "")
    assert _run_in(checkout) == (EXPECTED, False, 0, "")
    assert len(list(home.glob("*.o"))) == 1


def test_a_process_takes_the_object_of_the_sources_that_it_began_with(checkout: Path) -> None:
    """Not that of the sources that lie there by now, which may have other records."""
    assert _run_in(checkout) == (EXPECTED, True, 0, "")
    assert _run_in(checkout, _changing(checkout)) == (EXPECTED, False, 0, "")
    assert _run_in(checkout) == (EXPECTED, True, 0, "")


def test_rules_that_were_not_read_yet_are_not_read_once_they_changed(checkout: Path) -> None:
    """A run would have the name of the rules that the process began with, and the figures of others."""
    late = "from btcli.exchange.face.entries import drive\nfrom btcli.exchange.machine.compiled import plain\n"
    failed = _run_in(checkout, late + _changing(checkout) + "\nplain(drive)")
    assert failed.code == 1
    assert failed.err.endswith("ImportError: the sources of btcli's exchange changed while it ran; start it again\n")


def test_processes_that_start_together_all_get_it_right(tmp_path: Path) -> None:
    """Each compiles for itself; one whole object is left, which the next process takes."""
    machine = Machine(tmp_path)
    command = [sys.executable, "-c", ADD_UP + SAY]
    begun = [subprocess.Popen(command, env=machine.environment(), stdout=subprocess.PIPE) for _ in range(3)]
    answers = [json.loads(process.communicate()[0])[0] for process in begun]
    assert answers == [EXPECTED] * 3
    assert machine.run() == (EXPECTED, False, 0, "")
    assert len(list(machine.home.iterdir())) == 2


def test_an_entry_that_allocates_is_compiled_each_time(tmp_path: Path) -> None:
    """An object that needs more than every process has is not stored; numba runs it, rightly."""
    machine = Machine(tmp_path)
    for _ in range(2):
        assert machine.run("import exchange_toys as toys\ntold = toys.allocating(7)") == (7, True, 0, "")
    assert not machine.home.exists() or not list(machine.home.iterdir())


def test_a_failing_rule_ends_the_process_with_a_sentence(tmp_path: Path) -> None:
    """An exception cannot leave machine code: exit 70, and a sentence that says how to see more."""
    machine = Machine(tmp_path)
    script = "import exchange_toys as toys\ntold = toys.collatz({})"
    assert machine.run(script.format(27)) == (111, True, 0, "")
    assert machine.run(script.format(27)) == (111, False, 0, "")
    failed = machine.run(script.format(0))
    assert failed.code == 70
    assert failed.err.startswith("btcli: exchange_toys.collatz failed in machine code")
    assert "NUMBA_DISABLE_JIT=1" in failed.err
    assert "only from 1 on" in machine.run(script.format(0), NUMBA_DISABLE_JIT="1").err


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("toys.moody(5)", 5),
        ("toys.first_of(three.ctypes.data)", -3),
    ],
    ids=["another answer", "crash"],
)
def test_code_that_fails_its_trial_is_neither_kept_nor_run(tmp_path: Path, call: str, answer: int) -> None:
    """Where machine code crashes or answers otherwise than the plain function, that runs, and it is said."""
    machine = Machine(tmp_path)
    told = machine.run(f"import numpy, exchange_toys as toys\nthree = numpy.array([-3])\ntold = int({call})")
    assert (told.answer, told.code) == (answer, 0)
    assert "runs interpreted" in told.err
    assert list(machine.home.iterdir()) == []


def test_an_interrupt_waits_for_the_call_and_breaks_nothing(tmp_path: Path) -> None:
    """Ctrl-C during a call is answered when it returns, and the next call is right."""
    script = """
import exchange_toys as toys
toys.wander(1), toys.sum_of(range(2))
try:
    print("ready", flush=True)
    while True:
        toys.wander(20_000_000)
except KeyboardInterrupt:
    told = toys.sum_of(range(5))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script + SAY],
        env=Machine(tmp_path).environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert json.loads(process.communicate()[0])[0] == EXPECTED
    assert process.returncode == 0


def test_an_interrupt_while_compiling_leaves_nothing_half_done(tmp_path: Path) -> None:
    """Ctrl-C before an object is stored ends the process; the next one compiles."""
    machine = Machine(tmp_path)
    script = "import numba, exchange_toys as toys\nprint('ready', flush=True)\ntold = toys.sum_of(range(5))"
    script += "\nimport time\ntime.sleep(120)"  # where the signal came only then, it ends this
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=machine.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == -signal.SIGINT
    assert machine.run().answer == EXPECTED


def test_unlocked_calls_let_other_threads_run(tmp_path: Path) -> None:
    """While an entry runs by an unlocked call another thread counts on, and both give what they should."""
    script = """
import threading, exchange_toys as toys
from btcli.exchange.machine.compiled import unlocked
wander = unlocked(toys.wander)
counted, inside, over = 0, False, False
def count():
    global counted
    while not over:
        counted += inside
thread = threading.Thread(target=count)
thread.start()
inside = True
found = wander(200_000_000)
inside, over = False, True
thread.join()
told = [counted > 0, found == toys.wander(200_000_000)]
"""
    assert Machine(tmp_path).run(script).answer == [True, True]


def test_without_a_home_only_the_shared_place_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With no HOME, no XDG_CACHE_HOME, and a user whom nobody knows, nothing is put into the working folder."""
    import pwd

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert places({}) == (tmp_path / f"btcli-{os.getuid()}-objects",)
    assert places({"XDG_CACHE_HOME": "relative"}) == places({})


def _with_ghost(triple: str) -> bytes:
    """An object for some machine that calls what nobody has."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(triple).create_target_machine()
    text = "declare i64 @ghost()\ndefine i64 @calls() { %n = call i64 @ghost()\n ret i64 %n }"
    return machine.emit_object(llvm.parse_assembly(f'target triple = "{triple}"\n{text}'))


SYSTEMS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin", "arm64-apple-darwin"]


@pytest.mark.parametrize("triple", SYSTEMS)
def test_what_an_object_leaves_open_is_known(triple: str) -> None:
    """It is read from the object's table of symbols, on every system for which objects are stored."""
    assert outside(_with_ghost(triple)) == {"ghost"}
    assert not is_self_contained(_with_ghost(triple))


@pytest.mark.parametrize("triple", SYSTEMS)
def test_a_part_of_an_object_is_refused(triple: str) -> None:
    """Wherever it was cut, what is left is said to be broken, or leaves open what the whole one does."""
    code = _with_ghost(triple)
    for size in range(len(code)):
        assert not is_self_contained(code[:size])


def test_an_object_with_an_unknown_symbol_is_refused() -> None:
    """Loading it would end the process."""
    import llvmlite.binding as llvm

    with pytest.raises(ValueError, match="ghost"):
        load(_with_ghost(llvm.get_process_triple()), "calls")


@pytest.mark.parametrize("code", [b"", b"\x7fELF", b"\xcf\xfa\xed\xfe" + bytes(200), b"\x7fELF\x02\x01" + bytes(20)])
def test_what_is_no_object_is_refused(code: bytes) -> None:
    """Bytes that are no object file of this system are not self-contained, and not loaded."""
    assert not is_self_contained(code)
    with pytest.raises(ValueError, match="object file"):
        load(code, "calls")
