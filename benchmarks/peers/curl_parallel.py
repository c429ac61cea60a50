"""`curl --parallel`, which reads what to send from a file. Its CPU and memory are those of curl's own process."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

from job import BODY, HEADERS, Job, Spent
from peak import peak_bytes


def push(job: Job) -> Spent:
    """Write the file, then let curl send."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "body.json").write_text(json.dumps(BODY, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        config = folder / "curl.config"
        config.write_text("\nnext\n".join(_entry(url, folder=folder) for url in job.urls()), encoding="utf-8")
        began_s, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(
            ["curl", "--parallel", "--parallel-immediate", "--parallel-max", str(job.in_flight), "-K", config],
        ) as process:
            peak = 0
            while process.poll() is None:
                peak = max(peak, peak_bytes(process.pid))
                time.sleep(0.02)
        wall_s, used = time.perf_counter() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.returncode == 0
    cpu_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return Spent(requests=job.invoices, wall_s=wall_s, cpu_s=cpu_s, peak_bytes=peak)


def _entry(url: str, *, folder: Path) -> str:
    headers = "".join(f'header = "{name}: {value}"\n' for name, value in HEADERS.items())
    return f'url = "{url}"\nrequest = "PUT"\ndata-binary = "@{folder}/body.json"\n{headers}output = "{os.devnull}"\nfail\nno-progress-meter\n'
