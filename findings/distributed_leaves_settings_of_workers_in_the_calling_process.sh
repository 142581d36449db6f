#!/bin/sh
# distributed (PyPI) 2026.8.0: LocalCluster with processes.
# Behaviour: variables that are meant for its workers are set in the environment of the calling process, and stay there
# once the cluster is closed: one thread for OpenMP, MKL and OpenBLAS, and a fixed PYTHONHASHSEED. Whatever the process
# starts later has them, too.
# Guessed otherwise because the setting is called nanny.pre-spawn-environ, and a closed cluster leaves nothing else.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "dask==2026.8.0" "distributed==2026.8.0"
cat >"$folder/environment.py" <<'PYTHON'
import os
from importlib.metadata import version

from distributed import Client, LocalCluster

if __name__ == "__main__":
    print("distributed", version("distributed"))
    before = dict(os.environ)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster, Client(cluster):
        pass
    new = {name: value for name, value in sorted(os.environ.items()) if before.get(name) != value}
    print("set in the calling process, after the cluster was closed:", new)
    assert {"OMP_NUM_THREADS", "PYTHONHASHSEED"} <= new.keys(), "the environment is put back now"
PYTHON
env -u OMP_NUM_THREADS -u PYTHONHASHSEED "$folder/venv/bin/python" "$folder/environment.py"
