"""The installed service under a real systemd, on each Debian: it delivers, is watched, and is denied nothing."""

from __future__ import annotations

import json
import re

import pytest

from tests.machine import AMD, MCE, MINIS, NULL, dump_of, unpacked_sha256
from tests.ship.server import TusServer

from .container import Container
from .service import SERVICE, TOKEN, complaints, configure, crash, delivered, event, nth, of, original, start

pytestmark = [pytest.mark.nspawn, pytest.mark.timeout(400)]


def beside(name: str) -> bytes:
    return next(path for path in (MINIS / name).iterdir() if "dmesg" in path.name).read_bytes()


def lines(log: bytes) -> list[bytes]:
    """A log's lines, without the caller that makedumpfile 1.7.6 adds to each."""
    return [re.sub(rb"^(\[ *[0-9.]+\] )\[ *[TC][0-9]+\] ", rb"\1", line).strip() for line in log.splitlines()]


def test_dumps_that_appear_arrive_whole_and_nothing_was_denied(host: Container, endpoint: TusServer) -> None:
    """Root's private dumps in a folder that everybody may write to; two logs come out of the dumps."""
    configure(host, endpoint.url)
    host.write("/etc/kdump-agent/token", TOKEN, 0o600)
    (host.root / "var/crash").mkdir()
    (host.root / "var/crash").chmod(0o3777)
    start(host)
    assert host.run("systemctl", "is-enabled", SERVICE).stdout.strip() == "enabled"
    delivered(host, crash(host, MINIS / MCE))
    delivered(host, crash(host, MINIS / NULL, log=False))
    unknown_to_us = dump_of(MINIS / AMD).read_bytes().replace(b"x86_64\0", b"x86_6?\0", 1)  # makedumpfile does not mind
    delivered(host, crash(host, MINIS / AMD, log=False, content=unknown_to_us))

    arrived = endpoint.arrived()
    assert all(len(uploads) == 1 for uploads in arrived.values())
    logs = [lines(uploads[0].path.read_bytes()) for key, uploads in arrived.items() if key.endswith("dmesg.txt")]
    assert sorted(logs) == sorted(lines(beside(name)) for name in (MCE, NULL, AMD))
    for name in (MCE, NULL, AMD):
        report, dump = original(endpoint, name)
        assert report["dump"]["sha256"] == unpacked_sha256(dump)
        assert report["dmesg"]["source"] == ("file" if name == MCE else "vmcore")
        assert report["doubts"] == []
    host.run("systemctl", "stop", SERVICE)
    assert host.property(SERVICE, "Result") == "success", "it was killed because it did not stop in time"
    assert not (host.root / "run/kdump-agent/decoder").exists()
    assert len({entry["UNIT"] for entry in host.journal() if of("kdump-agent-decoder@")(entry)}) == 2
    assert complaints(host) == []
    assert TOKEN not in json.dumps(host.journal())


def test_a_service_that_hangs_is_killed_and_started_again(host: Container) -> None:
    configure(host, "file:///var/lib/kdump-agent/outbox")
    host.drop_in(SERVICE, "[Service]\nWatchdogSec=2\nRestartSec=0\n")
    start(host)
    hung = host.property(SERVICE, "MainPID")
    host.run("systemctl", "kill", "--kill-who=main", "--signal=STOP", SERVICE)
    host.wait_for(lambda entry: entry.get("UNIT") == SERVICE and "Watchdog timeout" in entry["MESSAGE"])
    host.wait_for(nth(2, event("agent started")))
    assert host.property(SERVICE, "NRestarts") == "1"
    assert host.property(SERVICE, "MainPID") not in (hung, "0")


def test_a_service_that_dies_is_started_again_for_ever(host: Container) -> None:
    configure(host, "file:///var/lib/kdump-agent/outbox")
    host.drop_in(SERVICE, "[Service]\nRestartSec=0\n")
    start(host)
    for count in range(1, 7):  # more than systemd's own five
        host.run("systemctl", "kill", "--kill-who=main", "--signal=KILL", SERVICE)
        host.wait_for(nth(count + 1, event("agent started")))
    assert host.property(SERVICE, "NRestarts") == "6"


def test_the_sandbox_hides_no_fact_that_decides_whether_the_host_is_armed(host: Container) -> None:
    """A check from outside of it finds the same; what only a kernel of its own could show is the lab's to prove."""
    host.write(
        "/etc/systemd/system/kdump-tools.service",
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
    )
    host.write("/etc/default/kdump-tools", "USE_KDUMP=1\n")
    host.run("systemctl", "enable", "--now", "kdump-tools")
    configure(host, "file:///var/lib/kdump-agent/outbox")
    start(host)
    host.wait_for(event("arming"))
    outside = json.loads(host.run("kdump-agent", "check", "--json", check=False).stdout)
    inside = status(host)
    assert inside["verdict"] == outside["state"]
    assert inside["findings"] == outside["findings"]
    assert "unit" not in outside["doubts"]


def status(host: Container) -> dict[str, object]:
    """The status as the endpoint, a folder of the host, has it."""
    (path,) = (host.root / "var/lib/kdump-agent/outbox/hosts").glob("*/status.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


@pytest.mark.parametrize("mode", [0o700, 0o1777])
def test_delivered_dumps_are_removed_from_a_crash_folder_of_any_mode(host: Container, mode: int) -> None:
    (host.root / "var/crash").mkdir()
    (host.root / "var/crash").chmod(mode)
    configure(host, "file:///var/lib/kdump-agent/outbox", "[retain]\nkeep = 0\nremove_source = true\n")
    start(host)
    folder = crash(host, MINIS / MCE)
    host.wait_for(event("pruned"))
    assert not folder.exists()
    assert complaints(host) == []


def test_a_folder_elsewhere_is_an_endpoint_once_the_unit_allows_it(host: Container) -> None:
    """As an NFS share would be: docs/sandbox.md tells the drop-in."""
    (host.root / "srv/crashes").mkdir(parents=True)
    configure(host, "file:///srv/crashes")
    crash(host, MINIS / MCE)
    start(host)
    refused = host.wait_for(lambda entry: event("parked")(entry) or event("put off")(entry))
    assert "Read-only file system" in refused["MESSAGE"]
    host.drop_in(SERVICE, "[Service]\nReadWritePaths=/srv/crashes\n")
    host.run("systemctl", "restart", SERVICE)
    delivered(host, host.root / "var/crash" / MCE)
    assert len(list((host.root / "srv/crashes").rglob("vmcore.zst"))) == 1


PROBE = """
import json, os, socket, struct
def can(what, *args):
    try:
        what(*args)
    except OSError as exc:
        return exc.strerror
    return "yes"
print(json.dumps({
    "uid": os.getuid() != 0,
    "groups": os.getgroups() != [0],
    "capabilities": [line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")],
    "networks": [line.split(":")[0].strip() for line in open("/proc/self/net/dev").readlines()[2:]],
    "socket": can(socket.socket),
    "unix socket": can(socket.socket, socket.AF_UNIX),
    "token": can(open, "/etc/kdump-agent/token"),
    "jobs": can(os.listdir, "/var/lib/kdump-agent/jobs"),
    "crashes": can(os.listdir, "/var/crash"),
    "others": [name for name in os.listdir("/proc") if name.isdigit() and os.stat("/proc/" + name).st_uid == 0],
    "iomem": can(open, "/proc/iomem"),
    "write /": can(open, "/x", "w"),
    "write /var/lib": can(open, "/var/lib/x", "w"),
    "write here": can(open, "x", "w"),
    "here": os.getcwd(),
    "namespace": can(os.unshare, 0x10000000) if hasattr(os, "unshare") else "Operation not permitted",
    "home": can(os.listdir, "/root"),
    "environment": sorted(name for name in os.environ if "TOKEN" in name or "CREDENTIALS" in name),
}), flush=True)
os.write(0, struct.pack(">II", 15, 0) + b'{"taken": true}')
"""


def test_the_decoder_reaches_nothing_but_what_it_was_handed(host: Container) -> None:
    """What a program there finds that was taken over by a dump."""
    configure(host, "file:///var/lib/kdump-agent/outbox")
    host.write("/etc/kdump-agent/token", TOKEN, 0o600)
    (host.root / "var/crash").mkdir()
    host.write("/usr/local/lib/probe.py", PROBE)
    host.drop_in(
        "kdump-agent-decoder@.service", "[Service]\nExecStart=\nExecStart=/usr/bin/python3 -I /usr/local/lib/probe.py\n"
    )
    start(host)
    crash(host, MINIS / MCE, log=False)
    found = json.loads(host.wait_for(lambda entry: '{"uid"' in str(entry["MESSAGE"]))["MESSAGE"])
    refused = ("No such file or directory", "Permission denied")
    assert found.pop("token") in refused
    assert found.pop("jobs") in refused
    assert found.pop("crashes") in refused
    assert found == {
        "uid": True, "groups": True, "capabilities": ["0000000000000000"] * 5, "networks": ["lo"],
        "socket": "Address family not supported by protocol", "unix socket": "Address family not supported by protocol",
        "others": [], "iomem": "No such file or directory", "write /": "Read-only file system",
        "write /var/lib": "Read-only file system", "write here": "yes", "here": "/var/tmp",
        "namespace": "Operation not permitted", "home": "Permission denied", "environment": [],
    }  # fmt: skip
    assert list((host.root / "var/tmp").glob("x")) == []
    delivered(host, host.root / "var/crash" / MCE)  # all the same, with a doubt
    report = json.loads(next((host.root / "var/lib/kdump-agent/outbox").rglob("report.json")).read_text())
    assert report["doubts"] == ["the decoder ended before its answer was whole"]


def test_the_units_are_clean_and_closed(host: Container) -> None:
    units = ("kdump-agent.service", "kdump-agent-decoder.socket", "kdump-agent-decoder@.service")
    said = host.run("systemd-analyze", "verify", "--man=no", *(f"/lib/systemd/system/{unit}" for unit in units))
    assert said.stdout + said.stderr == ""
    for unit, exposure in (("kdump-agent.service", "16"), ("kdump-agent-decoder@.service", "5")):
        host.run(
            "systemd-analyze", "security", "--offline=true", f"--threshold={exposure}", f"/lib/systemd/system/{unit}"
        )
