"""Forms of user code that try something on the process they run in, and a strategy that does so at a chosen place."""

from __future__ import annotations

import shutil
from pathlib import Path

from cli_worlds import SYSTEM
from command_line import Finished, btcli

PLACES = ("import", "constructor", "decide")
SOURCE = """\
import asyncio, atexit, _thread, ctypes, io, logging, multiprocessing, os, signal, stat, subprocess, sys, tempfile
import decimal, threading, time, warnings
import numpy as np
from btcli.errors import BtcliError
from btcli.strategies import Direction, Signal, Strategy
def act(self=None):
    {form}
class S(Strategy):
    features = {{"ltf": {{"mean": "sma(close, 3)"}}}}
    asked = 0
    def __init__(self, params):
        super().__init__(params)
        {constructor}
    def decide(self, snapshot):
        self.asked += 1
        if self.asked == 5:
            {decide}
        if snapshot.ltf.bar.close > snapshot.ltf["mean"]:
            return Signal(Direction.LONG, stop_distance=500.0, target_distance=900.0)
{import}
"""
FIRST_LINE = SOURCE[: SOURCE.index("{form}")].count("\n") + 1

HARMLESS = {
    "prints": "print('replay: identical')",
    "prints an envelope": 'print(\'{"ok": true, "exit_code": 0}\')',
    "writes to stdout and does not end the line": "sys.stdout.write('identical')",
    "writes to descriptor 1": "os.write(1, b'identical')",
    "writes into every pipe": "[os.write(n, b'identical') for n in range(3, 30) if os.path.exists(f'/dev/fd/{n}') "
    "and stat.S_ISFIFO(os.fstat(n).st_mode)]",
    "starts a child that prints": "subprocess.run(['echo', 'identical'], check=True)",
    "lets the shell print": "os.system('echo identical')",
    "logs to stdout": "logging.basicConfig(stream=sys.stdout); logging.warning('identical')",
    "closes stdout": "sys.stdout.close()",
    "prints and closes stdout": "print('identical'); sys.stdout.close()",
    "closes stderr": "sys.stderr.close()",
    "closes descriptor 1": "os.close(1)",
    "closes descriptor 1 and prints": "os.close(1); print('identical' * 1000)",
    "closes all standard descriptors": "os.closerange(0, 3)",
    "takes stdout away": "sys.stdout = None",
    "replaces stdout": "sys.stdout = io.StringIO()",
    "puts another file on descriptor 1": "os.dup2(os.open(os.devnull, os.O_WRONLY), 1)",
    "changes the directory": "os.chdir('/')",
    "changes the directory by a relative path": "os.makedirs('below', exist_ok=True); os.chdir('below')",
    "removes the directory it is in": "there = tempfile.mkdtemp(); os.chdir(there); os.rmdir(there)",
    "catches its own exit": "try: sys.exit(0)\n    except SystemExit: pass",
    "leaves a thread that ends the process": "threading.Thread(target=os._exit, args=(0,)).start()",
    "leaves a thread that prints": "threading.Thread(target=lambda: [print('identical') for _ in range(99)]).start()",
    "leaves a thread that never ends": "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "ends the process at exit": "atexit.register(os._exit, 0)",
    "exits at exit": "atexit.register(sys.exit, 7)",
    "prints at exit": "atexit.register(os.write, 1, b'identical')",
    "replaces the hook of exceptions": "sys.excepthook = lambda *_: os._exit(0)",
    "forks and comes back twice": "child = os.fork()\n    if child: os.waitpid(child, 0)",
    "forks and does not wait": "os.fork()",
    "forks and raises there": "child = os.fork()\n    assert child\n    os.waitpid(child, 0)",
    "forks and exits there": "child = os.fork()\n    if not child: sys.exit(0)\n    os.waitpid(child, 0)",
    "forks and ends there": "child = os.fork()\n    if not child: os._exit(0)\n    assert os.waitpid(child, 0)[1] == 0",
    "works in another process": "it = multiprocessing.get_context('fork').Process(target=print, args=('identical',))"
    "; it.start(); it.join(); assert it.exitcode == 0",
    "asks whether it lives": "os.kill(os.getpid(), 0)",
    "ends a child of its own": "it = subprocess.Popen(['sleep', '60']); os.kill(it.pid, 9); it.wait()",
    "ignores Ctrl-C": "signal.signal(signal.SIGINT, signal.SIG_IGN)",
    "turns warnings into errors": "warnings.simplefilter('error')",
    "turns numpy's warnings into errors": "np.seterr(all='raise')",
    "computes decimals to two digits": "decimal.getcontext().prec = 2",
}
FAILING = {
    "raises": "raise ValueError('no')",
    "asserts": "assert False",
    "misses a module": "import no_such_module_anywhere",
    "misses a file": "open('/nowhere/at/all')",
    "exits": "sys.exit(0)",
    "exits without a code": "sys.exit()",
    "exits with a text": "sys.exit('done')",
    "calls exit": "exit()",
    "calls quit": "quit(0)",
    "raises an exit of its own": "raise type('Done', (SystemExit,), {})(0)",
    "ends the process": "os._exit(0)",
    "ends the process by another name": "__import__('posix')._exit(0)",
    "aborts": "os.abort()",
    "replaces the process": "os.execv('/bin/true', ['true'])",
    "replaces the process by a name": "os.execlp('true', 'true')",
    "replaces the process and its environment": "os.execve('/bin/true', ['true'], {})",
    "kills itself": "os.kill(os.getpid(), signal.SIGKILL)",
    "terminates itself": "os.kill(os.getpid(), signal.SIGTERM)",
    "kills its group": "os.killpg(os.getpgrp(), signal.SIGKILL)",
    "kills its group by zero": "os.kill(0, signal.SIGKILL)",
    "kills its parent": "os.kill(os.getppid(), signal.SIGKILL)",
    "raises a signal": "signal.raise_signal(signal.SIGTERM)",
    "plays Ctrl-C": "signal.raise_signal(signal.SIGINT)",
    "interrupts the main thread": "_thread.interrupt_main()",
    "raises what Ctrl-C raises": "raise KeyboardInterrupt",
    "raises no Exception": "raise type('Base', (BaseException,), {})('x')",
    "raises GeneratorExit": "raise GeneratorExit",
    "raises StopIteration": "raise StopIteration",
    "is cancelled": "raise asyncio.CancelledError",
    "raises a group": "raise BaseExceptionGroup('some', [SystemExit(0)])",
    "raises what the command line means by done": "import typer; raise typer.Exit(0)",
    "raises what a closed pipe raises": "raise BrokenPipeError(32, 'Broken pipe')",
    "raises btcli's error with exit code 0": "raise type('Fine', (BtcliError,), {'exit_code': 0})('fine')",
    "raises SyntaxError": "raise SyntaxError('x')",
    "evaluates nonsense": "eval('(')",
    "calls itself for ever": "it = lambda again: again(again); it(it)",
    "runs out of memory": "raise MemoryError",
    "raises what cannot be shown": "raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})",
    "raises what exits when it is shown": "raise type('Mute', (Exception,), {'__str__': lambda self: sys.exit(0)})",
    "raises what lies about its class": "raise type('Liar', (Exception,), "
    "{'__class__': property(lambda self: sys.exit(0))})",
    "raises what no file can hold": "raise ValueError('\\ud800')",
    "raises after closing everything": "sys.stdout.close(); os.closerange(0, 3); raise ValueError('x')",
    "forks and raises everywhere": "os.fork(); raise ValueError('x')",
}
ANSWERING = {
    "a text": "'LONG'",
    "true": "True",
    "a direction": "Direction.LONG",
    "the class": "Signal",
    "what pretends to be one": "type('Mock', (), {'__class__': Signal})()",
    "a tag that is a number": "Signal(Direction.LONG, stop_distance=5.0, tag=5)",
    "a tag that is nothing": "Signal(Direction.LONG, stop_distance=5.0, tag=None)",
    "a tag of bytes": "Signal(Direction.LONG, stop_distance=5.0, tag=b'x')",
    "a tag that no file can hold": "Signal(Direction.LONG, stop_distance=5.0, tag='\\ud800')",
}
NATIVE = {
    "exits in C": "ctypes.CDLL(None).exit(0)",
    "ends the process in C": "ctypes.CDLL(None)._exit(0)",
    "kills itself in C": "ctypes.CDLL(None).kill(os.getpid(), 9)",
    "lets a child kill it": "subprocess.run(['sh', '-c', 'kill -9 $PPID'])",
    "sets an alarm": "signal.setitimer(signal.ITIMER_REAL, 0.001); time.sleep(5)",
}


def strategy_that(form: str, place: str) -> str:
    """The source of a strategy that does `form` at a place: import, constructor or decide; nowhere for another."""
    calls = {each: "act()" if each == place else "pass" for each in PLACES}
    return SOURCE.format(form=form, **calls)


def line_of(form: str) -> str:
    """Where a form's last line stands."""
    return f"s.py:{FIRST_LINE + form.count(chr(10))}"


def world_of(folder: Path, source: str) -> Path:
    """A folder with a system of five days that uses the strategy `S` of this source."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "system.yml").write_text(SYSTEM.replace("mtf_trend", "s.py:S").replace("2024-01-31", "2024-01-05"))
    (folder / "s.py").write_text(source)
    return folder


def copy_with(world: Path, folder: Path, source: str) -> Path:
    """A copy of a world with another strategy in it."""
    shutil.copytree(world, folder)
    (folder / "s.py").write_text(source)
    return folder


def quick(folder: Path, *words: object) -> Finished:
    """Run `btcli WORDS --json` there, without the compiler: for days of data that is quicker."""
    return btcli(*words, "--json", cwd=folder, env={"NUMBA_DISABLE_JIT": "1"})
