"""Servers that lie, hang, drip or refuse; and a world that would have the token elsewhere."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent import deadline
from kdump_agent.errors import AgentError, ConfigError, Gone, Permanent, Retryable
from kdump_agent.service.credential import read_token
from kdump_agent.ship.backoff import FIRST, LONGEST, delay
from kdump_agent.ship.endpoint import Item
from kdump_agent.ship.http import Trust, retry_after
from kdump_agent.ship.throttle import Slice, Throttle
from kdump_agent.ship.tus import Tus

from .authority import Authority
from .server import decode_metadata, tus_server
from .test_contract import CONTENT, ITEM, beat, quiet

CANARY = "canary-3f9a"
Answer = Callable[["Liar"], None]


class Liar(BaseHTTPRequestHandler):
    """Answers whatever the test says."""

    seen: list[tuple[str, str, dict[str, str]]]
    answer: Answer

    def _any(self) -> None:
        with contextlib.suppress(OSError):
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
        type(self).seen.append((self.command, self.path, dict(self.headers)))
        type(self).answer(self)

    do_POST = do_HEAD = do_PATCH = do_GET = _any

    def log_message(self, *_: object) -> None:
        """Silence."""

    def say(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextlib.contextmanager
def liar(answer: Answer) -> Iterator[tuple[str, list[tuple[str, str, dict[str, str]]]]]:
    kind = type("ThisLiar", (Liar,), {"seen": [], "answer": staticmethod(answer)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/files/", kind.seen  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (302, Permanent, "redirects"), (307, Permanent, "redirects"), (400, Permanent, "HTTP 400"),
        (401, Permanent, "token"), (403, Permanent, "rights"), (413, Permanent, "raise its limit"),
        (408, Retryable, "not now"), (423, Retryable, "not now"), (429, Retryable, "not now"),
        (500, Retryable, "not now"), (503, Retryable, "not now"), (200, Retryable, "is it a tus server"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_apart_in_words(status: int, kind: type[AgentError], words: str) -> None:
    with liar(lambda it: it.say(status, Location="http://127.0.0.1:1/stolen")) as (url, seen):
        with pytest.raises(kind, match=words) as caught:
            Tus(url, lambda: CANARY).begin(ITEM)
        assert type(caught.value) is kind
        assert CANARY not in str(caught.value)
        assert len(seen) == 1


@pytest.mark.parametrize("location", ["http://evil.example/files/x", "//evil.example/x", "", "http://[bad", "/files/"])
def test_the_upload_goes_nowhere_else(location: str) -> None:
    with liar(lambda it: it.say(201, Location=location)) as (url, _):
        with pytest.raises(Permanent, match="sends the upload elsewhere"):
            Tus(url).begin(ITEM)


def test_a_location_of_the_same_host_is_taken_by_its_path_alone() -> None:
    with liar(lambda it: it.say(201, Location="https://127.0.0.1:9/files/abc")) as (url, _):
        assert Tus(url).begin(ITEM) == f"{url}abc"


def test_a_location_may_differ_by_its_query_alone() -> None:
    with liar(lambda it: it.say(201, Location="?upload=abc")) as (url, _):
        assert Tus(url).begin(ITEM) == f"{url}?upload=abc"


def test_a_server_that_says_200_where_tus_wants_201_and_204_is_understood(tmp_path: Path) -> None:
    def answer(it: Liar) -> None:
        held = {"Upload_Offset": str(ITEM.size)} if it.command == "HEAD" else {}
        it.say(200, Location="/files/x", Tus_Resumable="1.0.0", **held)

    (tmp_path / "source").write_bytes(CONTENT)
    with (tmp_path / "source").open("rb") as source, liar(answer) as (url, _):
        handle = Tus(url).begin(ITEM)
        assert Tus(url).append(ITEM, handle, 0, source.fileno(), ITEM.size, quiet) == ITEM.size
        Tus(url).finish(ITEM, handle, beat)


def test_a_server_that_forgets_what_is_complete_is_told_and_not_sent_it_again() -> None:
    with liar(lambda it: it.say(404)) as (url, _), pytest.raises(Permanent, match="knows the upload no more"):
        Tus(url).finish(ITEM, url + "x", beat)


def test_a_token_goes_to_no_endpoint_of_earlier_settings() -> None:
    with liar(lambda it: it.say(200, Upload_Offset="0")) as (url, seen):
        with pytest.raises(Gone):
            Tus("https://127.0.0.1:1/files/", lambda: CANARY).offset(ITEM, url + "x")
        assert seen == []


def test_a_token_goes_to_no_proxy_in_the_clear() -> None:
    with pytest.raises(ConfigError, match="want tus"):
        Tus("http://127.0.0.1/files/", lambda: CANARY, proxy="http://192.0.2.1:3128")


def test_a_server_that_names_files_as_it_is_told_has_no_two_of_one_name() -> None:
    with liar(lambda it: it.say(201, Location="/files/x")) as (url, seen):
        for host in ("a", "b", "b"):
            Tus(url).begin(Item(f"crashes/{host}/id/vmcore.zst", 1, "00", {"kind": "vmcore"}))
    names = [decode_metadata(headers["Upload-Metadata"])["filename"] for _, _, headers in seen]
    assert len(set(names)) == 3
    assert [re.sub("-[0-9a-f]{8}-", "-*-", name) for name in names] == [f"{host}-id-*-vmcore.zst" for host in "abb"]


@pytest.mark.parametrize("offset", ["-1", "x", "", "1e3", "9" * 30, str(ITEM.size + 1)])
def test_an_impossible_offset_is_not_believed(offset: str) -> None:
    with liar(lambda it: it.say(200, Upload_Offset=offset)) as (url, _), pytest.raises((Retryable, Permanent)):
        Tus(url).offset(ITEM, url + "x")


@pytest.mark.parametrize(
    ("status", "offset"), [(204, "5"), (204, str(ITEM.size - 1)), (200, str(ITEM.size + 1)), (204, "?")]
)
def test_a_patch_counts_only_with_the_offset_that_it_reached(tmp_path: Path, status: int, offset: str) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    with (tmp_path / "source").open("rb") as source, liar(lambda it: it.say(status, Upload_Offset=offset)) as (url, _):
        with pytest.raises(Retryable):
            Tus(url).append(ITEM, url + "x", 0, source.fileno(), ITEM.size, quiet)


def test_an_upload_of_another_length_is_not_ours_and_gone() -> None:
    with liar(lambda it: it.say(200, Upload_Offset="0", Upload_Length="7")) as (url, _), pytest.raises(Gone):
        Tus(url).offset(ITEM, url + "x")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 422, 460])
def test_an_upload_that_is_unknown_there_is_gone(status: int) -> None:
    with liar(lambda it: it.say(status)) as (url, _), pytest.raises(Gone):
        Tus(url).offset(ITEM, url + "x")


@pytest.mark.parametrize("rest", [b"Content-Length: 9\r\n\r\ncut", b"Transfer-Encoding: chunked\r\n\r\nno size\r\n"])
def test_an_answer_counts_though_its_body_cannot_be_read(rest: bytes) -> None:
    def cut(it: Liar) -> None:
        it.wfile.write(b"HTTP/1.1 201 Created\r\nLocation: /files/x\r\n" + rest)
        it.connection.shutdown(socket.SHUT_RDWR)

    with liar(cut) as (url, _):
        assert Tus(url).begin(ITEM) == url + "x"


def test_an_endless_body_is_cut(tmp_path: Path) -> None:
    def drown(it: Liar) -> None:
        it.send_response(201)
        it.send_header("Location", "/files/x")
        it.end_headers()
        with contextlib.suppress(OSError):
            while True:
                it.wfile.write(b"x" * 65536)

    with liar(drown) as (url, _):
        assert Tus(url).begin(ITEM) == url + "x"


@pytest.mark.parametrize(
    "drip", [b"", b"HTTP/1.1 201 Created\r\nX-Drip: " + b"x" * 5000, b"HTTP/1.1 204 No Content\r\n" * 50]
)
def test_a_server_that_hangs_or_drips_is_left_alone_in_the_end(drip: bytes) -> None:
    let_go = threading.Event()

    def hold(it: Liar) -> None:
        with contextlib.suppress(OSError):
            for letter in drip:
                it.wfile.write(bytes([letter]))
                if let_go.wait(0.05):
                    return
            let_go.wait(60)

    with liar(hold) as (url, _):
        endpoint = Tus(url)
        endpoint._http.idle_seconds = 1.0
        try:
            with pytest.raises(Retryable, match=r"no progress for 1 s"):
                endpoint.begin(ITEM)
        finally:
            let_go.set()


def test_who_takes_an_alarm_for_something_else_hears_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "AGAIN", 0.02)
    with deadline.Deadline(0.02):
        for _ in range(2):
            with pytest.raises(TimeoutError):
                threading.Event().wait(30)


def test_a_connection_that_is_cut_is_retryable() -> None:
    def hang_up(it: Liar) -> None:
        it.connection.shutdown(socket.SHUT_RDWR)

    with liar(hang_up) as (url, _), pytest.raises(Retryable, match="cannot be reached"):
        Tus(url).begin(ITEM)


def test_nobody_there_is_retryable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(Retryable, match="cannot be reached"):
        Tus(f"http://127.0.0.1:{port}/files/").begin(ITEM)


def test_a_name_that_no_host_can_have_is_told_as_that() -> None:
    with pytest.raises(Retryable, match=r"cannot be reached: .*label empty"):
        Tus("http://crashes..example.com/files/").begin(ITEM)


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password stolen\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    with liar(lambda it: it.say(201, Location="/files/x")) as (url, seen):
        Tus(url, lambda: CANARY).begin(ITEM)
    assert seen[0][2]["Authorization"] == f"Bearer {CANARY}"


def test_a_retry_after_is_obeyed_in_both_forms() -> None:
    assert retry_after("120", 0) == 120
    assert retry_after("Thu, 01 Jan 1970 00:10:00 GMT", 60) == 540
    assert retry_after("Thu, 01 Jan 1970 00:00:10 GMT", 60) == 0
    assert retry_after("soon", 0) is None
    with liar(lambda it: it.say(429, Retry_After="77")) as (url, _), pytest.raises(Retryable) as caught:
        Tus(url).begin(ITEM)
    assert caught.value.after == 77


@given(st.integers(-5, 10_000), st.floats(0, 1), st.none() | st.floats(-1e9, 1e9))
def test_a_wait_is_never_longer_than_an_hour_nor_shorter_than_asked(
    attempt: int, fraction: float, after: float | None
) -> None:
    wait = delay(attempt, fraction, after=after)
    assert min(max(after or 0, 0), LONGEST) <= wait <= LONGEST


def test_waits_double_up_to_the_limit() -> None:
    assert [delay(attempt, 1.0) for attempt in (1, 2, 3, 40)] == [FIRST, 2 * FIRST, 4 * FIRST, LONGEST]


def test_a_throttle_keeps_to_its_rate(tmp_path: Path) -> None:
    clock = [0.0]

    def nap(seconds: float) -> None:
        clock[0] += seconds

    (tmp_path / "source").write_bytes(bytes(10 << 20))
    with (tmp_path / "source").open("rb") as source:
        throttle = Throttle(1 << 20, clock=lambda: clock[0], nap=nap)
        body = Slice(source.fileno(), 0, 10 << 20, throttle, quiet)
        while body.read(1 << 20):
            pass
    assert 9 <= clock[0] <= 10.5


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_token_that_others_may_read_is_refused_unread(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    path.write_text(CANARY)
    path.chmod(mode)
    with pytest.raises(Permanent, match=r"others may read the token; chmod 0600") as caught:
        read_token(path)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_token_that_is_being_replaced_is_waited_for(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    with pytest.raises(Retryable, match=r"token: (there is no token|is empty)"):
        read_token(path)


def test_a_token_behind_a_link_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "token")
    with pytest.raises(Permanent, match="link: the token is not read: link: is a link"):
        read_token(tmp_path / "link")


@pytest.mark.parametrize("content", ["two words", "new\nline", "\x1b[31m", "x" * 9000])
def test_what_is_no_token_is_refused_unrepeated(tmp_path: Path, content: str) -> None:
    path = tmp_path / "token"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(Permanent, match="holds no token") as caught:
        read_token(path)
    assert content not in str(caught.value)


def test_a_credential_of_systemd_is_found_and_none_means_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_token(None) is None
    (tmp_path / "token").write_text(CANARY + "\n")
    assert read_token(None) == CANARY
    (tmp_path / "token").write_text("none")
    assert read_token(None) is None


def test_a_real_server_wants_the_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(CANARY)
    with tus_server(tmp_path / "store", str(token)) as server:
        url = server.url.replace("tus+", "")
        assert Tus(url, lambda: CANARY).begin(ITEM)
        with pytest.raises(Permanent, match=r"endpoint\.token_file"):
            Tus(url, lambda: "wrong").begin(ITEM)


def test_tls_wants_the_right_authority_name_and_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, strangers = Authority(tmp_path / "ours"), Authority(tmp_path / "strangers")
    cert, key = ours.issue("server", "IP:127.0.0.1")
    mine = ours.issue("client", "DNS:host")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ours.ca))
    options = ("", str(cert), str(key), str(ours.ca))
    with tus_server(tmp_path / "store", *options, scheme="https") as server:
        url = server.url.replace("tus+", "")
        assert Tus(url, trust=Trust(ours.ca, *mine)).begin(ITEM)
        for trust in (Trust(strangers.ca, *mine), Trust(None, *mine)):
            with pytest.raises(Permanent, match="TLS was refused"):
                Tus(url, trust=trust).begin(ITEM)
        with pytest.raises((Permanent, Retryable)):
            Tus(url, trust=Trust(ours.ca)).begin(ITEM)
        with pytest.raises(Permanent, match="TLS was refused"):
            Tus(url.replace("127.0.0.1", "localhost"), trust=Trust(ours.ca, *mine)).begin(ITEM)
        assert len(server.uploads()) == 1


@pytest.mark.parametrize("other", ["IP:127.0.0.2", "DNS:127.0.0.1", "DNS:localhost"])
def test_tls_to_an_address_wants_a_certificate_for_that_address(tmp_path: Path, other: str) -> None:
    ours = Authority(tmp_path / "ours")
    cert, key = ours.issue("server", other)
    with tus_server(tmp_path / "store", "", str(cert), str(key), scheme="https") as server:
        with pytest.raises(Permanent, match="TLS was refused"):
            Tus(server.url.replace("tus+", ""), trust=Trust(ours.ca)).begin(ITEM)
        assert server.uploads() == []


def test_a_certificate_out_of_its_time_is_waited_for(tmp_path: Path) -> None:
    ours = Authority(tmp_path / "ours")
    cert, key = ours.issue("server", "IP:127.0.0.1", days=-1)
    with tus_server(tmp_path / "store", "", str(cert), str(key), scheme="https") as server:
        with pytest.raises(Retryable, match=r"expired.*; check this host's clock"):
            Tus(server.url.replace("tus+", ""), trust=Trust(ours.ca)).begin(ITEM)


@pytest.mark.parametrize("answer", [b"", b"\x15\x03\x03\x00\x02\x02\x50"], ids=["cut", "internal error"])
def test_a_handshake_that_breaks_off_is_retryable(answer: bytes) -> None:
    def hang_up(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hang_up, args=(listener,))
        thread.start()
        with pytest.raises(Retryable, match="cannot be reached"):
            Tus(f"https://127.0.0.1:{listener.getsockname()[1]}/files/").begin(ITEM)
        thread.join()


@contextlib.contextmanager
def cutting_proxy(port: int, cut_after: list[int]) -> Iterator[int]:
    """Pass connections on, and cut each after the next number of bytes towards the server."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            limit = cut_after.pop(0) if cut_after else 1 << 60
            with near, socket.create_connection(("127.0.0.1", port)) as far:
                back = threading.Thread(target=_pump, args=(far, near, 1 << 60), daemon=True)
                back.start()
                _pump(near, far, limit)
                back.join(0 if limit < 1 << 60 else None)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _pump(source: socket.socket, target: socket.socket, limit: int) -> None:
    with contextlib.suppress(OSError):
        while limit > 0 and (block := source.recv(min(65536, limit))):
            target.sendall(block)
            limit -= len(block)
        if limit <= 0:
            source.shutdown(socket.SHUT_RDWR)
        target.shutdown(socket.SHUT_WR)


def test_a_connection_cut_at_many_places_still_delivers_once(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    cuts = [400, 900, 5_000, 65_536, 70_000, 131_072, 300_000, 500_000, 777_777, 10, 1, 1_000_000]
    fd = os.open(tmp_path / "source", os.O_RDONLY)
    with tus_server(tmp_path / "store") as server, cutting_proxy(server.port, []) as port:
        endpoint = Tus(f"http://127.0.0.1:{port}/files/")
        handle = endpoint.begin(ITEM)
    with tus_server(tmp_path / "store") as server:
        handle_path = handle.rsplit("/", 1)[1]
        for cut in cuts:
            with cutting_proxy(server.port, [cut]) as port:
                endpoint = Tus(f"http://127.0.0.1:{port}/files/")
                here = f"http://127.0.0.1:{server.port}/files/{handle_path}"
                offset = Tus(here).offset(ITEM, here)
                with contextlib.suppress(Retryable):
                    endpoint.append(
                        ITEM, f"http://127.0.0.1:{port}/files/{handle_path}", offset, fd, ITEM.size - offset, quiet
                    )
        here = f"http://127.0.0.1:{server.port}/files/{handle_path}"
        endpoint = Tus(here)
        offset = endpoint.offset(ITEM, here)
        if offset < ITEM.size:
            endpoint.append(ITEM, here, offset, fd, ITEM.size - offset, quiet)
        endpoint.finish(ITEM, here, beat)
        assert [upload.path.read_bytes() for upload in server.arrived()[ITEM.key]] == [CONTENT]
    os.close(fd)


def test_metadata_carries_any_text(tmp_path: Path) -> None:
    odd = Item("crashes/h/i/vmcore", 1, "00", {"name": "dump\udcff\n,=\u20ac"})
    with tus_server(tmp_path / "store") as server:
        Tus(server.url.replace("tus+", "")).begin(odd)
        assert server.uploads()[0].metadata["key"] == odd.key
