"""Fetching by build-id speaks debuginfod's protocol to a real HTTP server."""

from __future__ import annotations

import select
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from kdump_agent.analysis import debuginfod
from kdump_agent.analysis.debuginfod import blocks

ID = "06f8bde30046985060c60820f7a11515a33afb06"


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/away/buildid/06/debuginfo":
            self.send_response(302)
            self.send_header("Location", f"/buildid/{ID}/debuginfo")
            self.end_headers()
            return
        if self.path == "/dripping/buildid/06/debuginfo":
            self.drip()
            return
        known = self.path == f"/buildid/{ID}/debuginfo"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", "2000000")
        self.end_headers()
        if known:
            self.wfile.write(b"v" * 2_000_000)

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2000000")
        self.end_headers()
        while not select.select([self.connection], [], [], 0.05)[0]:  # until the client has left
            self.wfile.write(b"v")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Server) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


def test_the_file_of_a_build_id_arrives(server: str) -> None:
    beats: list[None] = []
    assert b"".join(blocks(server + "/", ID, lambda: beats.append(None))) == b"v" * 2_000_000
    assert beats


def test_an_unknown_build_id_is_said(server: str) -> None:
    with pytest.raises(OSError, match="has no file of build-id 00ff"):
        list(blocks(server, "00ff", lambda: None))


def test_a_redirect_is_not_followed(server: str) -> None:
    with pytest.raises(OSError, match="status 302"):
        list(blocks(server + "/away", "06", lambda: None))


def test_a_server_that_drips_is_left(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debuginfod, "_PATIENCE", 0.5)
    with pytest.raises(OSError, match="cannot be asked"):
        list(blocks(server + "/dripping", "06", lambda: None))


def test_no_server_is_said() -> None:
    with pytest.raises(OSError, match="cannot be asked"):
        list(blocks("http://127.0.0.1:9", ID, lambda: None))
