"""What both packages must do with the crashes of the host on which they come, change and go."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from pathlib import Path

from tests.machine import MINIS
from tests.ship.server import Arrived, TusServer

from .built import Root

ENDPOINT = 'endpoint.url = "file:///srv/endpoint"\n'


def crash(root: Root, name: str) -> None:
    """Leave one of the small crashes where kdump leaves them."""
    root.put(MINIS / name, "/var/crash")


def deliver(root: Root, settings: str = ENDPOINT) -> None:
    root.write("/etc/kdump-agent/config.d/endpoint.toml", settings + 'agent.settle = "0 s"\nship.spread = "0 s"\n')
    root.run("kdump-agent", "run", "--once")


def fail_to_deliver(root: Root) -> None:
    """One pass with an endpoint that nobody listens at."""
    root.write("/etc/kdump-agent/config.d/endpoint.toml", 'endpoint.url = "tus+http://127.0.0.1:9/files/"\n')
    assert root.run("kdump-agent", "run", "--once", check=False).returncode == 1


def stages(root: Root) -> list[str]:
    return sorted(json.loads(record.read_text())["stage"] for record in root.state.glob("jobs/*/job.json"))


def begin_slow_upload(root: Root, tus: TusServer, dump: str) -> subprocess.Popen[bytes]:
    """Run the agent until a part of the dump, and not the whole, has arrived."""
    crash(root, dump)
    root.write(
        "/etc/kdump-agent/config.d/endpoint.toml",
        f'endpoint.url = "{tus.url}"\nagent.settle = "0 s"\n[ship]\nspread = "0 s"\nbandwidth = "8 KiB"\n',
    )
    agent = subprocess.Popen(["chroot", str(root.path), "kdump-agent", "run"], stderr=subprocess.DEVNULL)
    try:
        await_part_of_a_dump(agent, tus)
    except BaseException:
        agent.kill()
        agent.wait()
        raise
    return agent


def await_part_of_a_dump(agent: subprocess.Popen[bytes], tus: TusServer) -> None:
    """Wait until the server holds a part of a dump, and not the whole, while the agent runs."""
    while True:
        found = []
        with contextlib.suppress(json.JSONDecodeError):  # the server is just writing that upload's sheet
            found = dumps(tus)
        if any(0 < upload.path.stat().st_size < upload.length for upload in found):
            return
        assert not any(upload.complete for upload in found), "the whole dump was sent at once"
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"the agent ended with {agent.wait(0.05)}")


def dumps(tus: TusServer) -> list[Arrived]:
    """The uploads of dumps that were begun, complete or not."""
    return [upload for upload in tus.uploads() if Path(upload.metadata["key"]).name.startswith("vmcore")]


def stop(agent: subprocess.Popen[bytes]) -> None:
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(10) == 0
