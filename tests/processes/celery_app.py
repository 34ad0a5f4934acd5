"""The application of `test_servers` for Celery, with folders for a broker; as a program it sends tasks and waits.

Files come into a folder that others read by renaming only: kombu's transport fails at a message that is half written.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from celery import Celery

folder = Path(os.environ["SERVED_FOLDER"])
tasks, outbox, results = (folder / name for name in ("tasks", "outbox", "results"))
for each in (tasks, outbox, results, folder / "control"):
    each.mkdir(exist_ok=True)
app = Celery("tests.processes.celery_app", broker="filesystem://")
app.conf.update(
    broker_transport_options={
        "data_folder_in": str(tasks),
        "data_folder_out": str(outbox),
        "control_folder": f"{folder}/control",
        "polling_interval": 0.05,
    },
    worker_prefetch_multiplier=1,
)


def send(names: list[str]) -> None:
    for name in names:
        app.send_task("work", [name])
    for message in outbox.iterdir():
        message.rename(tasks / message.name)
    awaited = [results / name for name in names]
    while not all(result.exists() for result in awaited):
        time.sleep(0.05)
    json.dump([json.loads(result.read_text()) for result in awaited], sys.stdout)


if __name__ == "__main__":
    send(sys.argv[1:])
else:
    from tests.processes.client import from_environment

    client = from_environment()

    @app.task(name="work")  # type: ignore[untyped-decorator]  # Celery has no types
    def work(name: str) -> None:
        result = folder / f"result-{name}"
        result.write_text(json.dumps(client.work(name)))
        result.rename(results / name)
