#!/bin/sh
# ray (PyPI) 2.60.0: ray.init() on one's own machine, and then `ray start --head` with `ray.init(address="HOST:PORT")`.
# Behaviour: the first leaves ~/.ray/auth_token; from then on `ray start --head` starts a cluster that asks for it, and a
# ray.init with an explicit address does not send it, and fails after 20 s. Without that file the very same two work.
# Guessed otherwise because nothing of the two commands was changed, and both read the same home.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "ray==2.60.0"
cat >"$folder/reached.py" <<'PYTHON'
import os
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
REACH = "import ray, sys; ray.init(address=sys.argv[1], log_to_driver=False, logging_level='ERROR')"
OWN = "import ray; ray.init(address='local', num_cpus=1, include_dashboard=False, logging_level='ERROR')"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def is_reached(folder):
    port = free_port()
    start = [Path(sys.executable).parent / "ray", "start", "--head", "--block", "--node-ip-address", "127.0.0.1"]
    more = ["--port", str(port), "--num-cpus", "1", "--include-dashboard", "false", "--disable-usage-stats"]
    head = subprocess.Popen([*start, *more, "--temp-dir", folder], **QUIET)
    try:
        time.sleep(10)
        return subprocess.run([sys.executable, "-c", REACH, f"127.0.0.1:{port}"], check=False, **QUIET).returncode == 0
    finally:
        head.terminate()
        head.wait()


if __name__ == "__main__":
    print("ray", version("ray"))
    before = is_reached(sys.argv[1] + "/a")
    subprocess.run([sys.executable, "-c", OWN], check=True, **QUIET)
    print("left under HOME:", sorted(str(path) for path in Path.home().rglob("*") if path.is_file()))
    after = is_reached(sys.argv[1] + "/b")
    print("the cluster is reached before:", before, "after:", after)
    assert before
    assert not after, "the cluster is reached now"
PYTHON
mkdir "$folder/home"
env -u RAY_AUTH_MODE HOME="$folder/home" "$folder/venv/bin/python" "$folder/reached.py" "$folder"
