#!/bin/sh
# joblib (PyPI) 1.6.0 with distributed (PyPI) 2026.8.0: parallel_config("dask") with a cluster of one worker of one thread.
# Behaviour: every task runs in the calling process and none on the cluster, without a word; with two workers all run there.
# Guessed otherwise because a backend says where work is done, and a cluster may well be one large machine elsewhere.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "joblib==1.6.0" "dask==2026.8.0" "distributed==2026.8.0"
cat >"$folder/where.py" <<'PYTHON'
import os
from importlib.metadata import version

from distributed import Client, LocalCluster
from joblib import Parallel, delayed, parallel_config


def processes(workers):
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
        parallel_config("dask", client=client, n_jobs=workers),
    ):
        return set(Parallel()(delayed(os.getpid)() for _ in range(8)))


if __name__ == "__main__":
    print("joblib", version("joblib"), "distributed", version("distributed"))
    found = {workers: processes(workers) for workers in (1, 2)}
    for workers, numbers in found.items():
        print(workers, "workers: in the calling process" if os.getpid() in numbers else "workers: elsewhere")
    assert os.getpid() not in found[2], "two workers leave work to the calling process now"
    assert found[1] == {os.getpid()}, "one worker does its work itself now"
PYTHON
"$folder/venv/bin/python" "$folder/where.py"
