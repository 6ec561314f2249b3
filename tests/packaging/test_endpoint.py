"""The example endpoint of docs/install.md: nginx with TLS and a bearer token before a tus server."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kdump_agent.errors import Gone, Permanent, Retryable
from kdump_agent.ship.endpoint import Item
from kdump_agent.ship.http import Trust
from kdump_agent.ship.tus import Tus
from tests.machine import MCE, MINIS, REPOSITORY, Machine
from tests.ship import server
from tests.ship.authority import Authority
from tests.ship.server import TusServer
from tests.test_main_job import check_delivery

from . import crashes

EXAMPLE = REPOSITORY / "packaging/endpoint"
TOKEN = "3c59dc048e8850243be8079a5c74d079"


@dataclass
class Endpoint:
    """The two servers as they run, and the folder where crashes arrive."""

    folder: Path
    port: int
    ca: Path

    @property
    def url(self) -> str:
        return f"tus+https://localhost:{self.port}/files/"

    def arrived(self) -> dict[str, Path]:
        """The crashes' files by their key."""
        files = (path for path in (self.folder / "crashes").rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path for path in files}

    @property
    def uploads(self) -> TusServer:
        """The uploads that the server holds, whole or in part."""
        return TusServer(self.folder / "uploads")


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    authority = Authority(tmp_path / "authority")
    with contextlib.ExitStack() as running:
        behind = running.enter_context(tus_behind(tmp_path))
        front = running.enter_context(nginx(tmp_path, authority, behind))
        yield Endpoint(tmp_path / "crashes", front, authority.ca)


@contextlib.contextmanager
def tus_behind(home: Path) -> Iterator[int]:
    server._install()
    shutil.copy(EXAMPLE / "server.mjs", home)
    (home / "node_modules").symlink_to(server.HERE / "node_modules")
    argv = ["node", str(home / "server.mjs"), str(home / "crashes"), "0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().split()[1])
        finally:
            process.kill()


@contextlib.contextmanager
def nginx(home: Path, authority: Authority, behind: int) -> Iterator[int]:
    """The example's own file, with this test's ports and paths in it, in an nginx of our own."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    certificate, key = authority.issue("nginx", "DNS:localhost")
    (home / "tokens").write_text(f'"~^Bearer {TOKEN}$" 1;\n')
    site = (EXAMPLE / "nginx.conf").read_text()
    for theirs, ours in {
        "/etc/nginx/kdump-agent.tokens": str(home / "tokens"),
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "server_name crashes.example.com": "server_name localhost",
        "/etc/nginx/crashes.pem": str(certificate),
        "/etc/nginx/crashes.key": str(key),
        "http://127.0.0.1:1080": f"http://127.0.0.1:{behind}",
    }.items():
        assert theirs in site
        site = site.replace(f"{theirs};", f"{ours};")
    (home / "site.conf").write_text(site)
    (home / "nginx.conf").write_text(
        f"daemon off; user root; pid {home}/nginx.pid; error_log stderr;\n"
        f"events {{}}\nhttp {{ access_log off; include {home}/site.conf; }}\n"
    )
    argv = ["nginx", "-p", str(home), "-c", str(home / "nginx.conf")]
    subprocess.run([*argv, "-t"], check=True, capture_output=True)
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as process:
        try:
            await_listener(process, port)
            yield port
        finally:
            process.terminate()


def await_listener(process: subprocess.Popen[bytes], port: int) -> None:
    while True:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"nginx ended with {process.wait(0.02)}")


def configure(machine: Machine, endpoint: Endpoint, token: str = TOKEN, ship: str = "") -> None:
    (machine.home / "token").write_text(token)
    (machine.home / "token").chmod(0o600)
    machine.write_config(f'token_file = "{machine.home}/token"\nca_file = "{endpoint.ca}"', url=endpoint.url, ship=ship)


@pytest.mark.slow
def test_an_interrupted_upload_goes_on_through_nginx_and_appears_under_its_key(
    machine: Machine, endpoint: Endpoint
) -> None:
    crash = machine.add(MINIS / MCE)
    configure(machine, endpoint, ship='bandwidth = "8 KiB"')
    agent = subprocess.Popen(machine.argv("run"), cwd=REPOSITORY, stderr=subprocess.DEVNULL)
    try:
        crashes.await_part_of_a_dump(agent, endpoint.uploads)
    finally:
        agent.kill()
        agent.wait()
    configure(machine, endpoint)
    assert machine.run("run", "--once").returncode == 0
    (dump,) = crashes.dumps(endpoint.uploads)
    assert dump.complete
    check_delivery(endpoint.arrived(), crash)


def test_a_wrong_token_is_refused_and_nothing_arrives(machine: Machine, endpoint: Endpoint) -> None:
    machine.add(MINIS / MCE)
    configure(machine, endpoint, token="0" * 32)
    answer = machine.run("run", "--once")
    assert answer.returncode == 1
    assert "HTTP 401" in answer.stderr
    assert endpoint.uploads.uploads("") == []


def test_another_authority_is_refused(machine: Machine, endpoint: Endpoint, tmp_path: Path) -> None:
    machine.add(MINIS / MCE)
    endpoint.ca = Authority(tmp_path / "strangers").ca
    configure(machine, endpoint)
    assert "TLS was refused" in machine.run("run", "--once").stderr
    assert endpoint.uploads.uploads("") == []


def test_what_has_arrived_with_another_hash_does_not_appear_and_is_begun_anew(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    tus = Tus(endpoint.url.replace("tus+", ""), lambda: TOKEN, Trust(endpoint.ca))
    item = Item("crashes/h/id/report.json", 5, hashlib.sha256(b"whole").hexdigest())
    for content, arrives in ((b"whale", False), (b"whole", True)):
        (tmp_path / "source").write_bytes(content)
        handle = tus.begin(item)
        with (tmp_path / "source").open("rb") as source, contextlib.nullcontext() if arrives else pytest.raises(Gone):
            tus.append(item, handle, 0, source.fileno(), item.size, lambda _done: None)
        if not arrives:
            with pytest.raises(Gone):
                tus.offset(item, handle)
        assert [path.read_bytes() for path in endpoint.arrived().values()] == ([content] if arrives else [])


def test_what_has_arrived_but_does_not_lie_under_its_key_has_no_receipt(endpoint: Endpoint, tmp_path: Path) -> None:
    tus = Tus(endpoint.url.replace("tus+", ""), lambda: TOKEN, Trust(endpoint.ca))
    item = Item("crashes/h/id/report.json", 5, hashlib.sha256(b"whole").hexdigest())
    (tmp_path / "source").write_bytes(b"whole")
    obstacle = endpoint.folder / "crashes"
    obstacle.write_text("as a full disk would, a file here lets no folder be made")
    handle = tus.begin(item)
    with (tmp_path / "source").open("rb") as source, pytest.raises(Retryable, match="HTTP 500"):
        tus.append(item, handle, 0, source.fileno(), item.size, lambda _done: None)
    with pytest.raises(Retryable, match="HTTP 500"):
        tus.finish(item, handle, lambda: None)
    obstacle.unlink()
    tus.finish(item, handle, lambda: None)
    assert [path.read_bytes() for path in endpoint.arrived().values()] == [b"whole"]
    tus.finish(item, handle, lambda: None)


def test_no_host_replaces_what_lies_under_a_key_but_a_status(endpoint: Endpoint, tmp_path: Path) -> None:
    tus = Tus(endpoint.url.replace("tus+", ""), lambda: TOKEN, Trust(endpoint.ca))

    def send(key: str, content: bytes) -> None:
        (tmp_path / "source").write_bytes(content)
        item = Item(key, len(content), hashlib.sha256(content).hexdigest())
        handle = tus.begin(item)
        with (tmp_path / "source").open("rb") as source:
            tus.append(item, handle, 0, source.fileno(), item.size, lambda _done: None)
        tus.finish(item, handle, lambda: None)

    crash, status = "crashes/h/id/report.json", "hosts/h/status.json"
    for key in (crash, crash, status):
        send(key, b"first")
    with pytest.raises(Permanent, match="HTTP 403"):
        send(crash, b"forged")
    send(status, b"newer")
    assert [(endpoint.folder / key).read_bytes() for key in (crash, status)] == [b"first", b"newer"]


def test_a_key_that_leads_out_of_the_folder_is_refused(endpoint: Endpoint) -> None:
    tus = Tus(endpoint.url.replace("tus+", ""), lambda: TOKEN, Trust(endpoint.ca))
    for key in ("crashes/../../etc/passwd", "crashes/h/../x", "/etc/passwd", "crashes/h/.x/report.json", "uploads/h/x"):
        with pytest.raises(Permanent, match="422"):
            tus.begin(Item(key, 1, "00"))
    assert [path.name for path in endpoint.folder.iterdir()] == ["uploads"]
