"""What every endpoint must do; each implementation passes the same suite."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Callable, Protocol

import pytest

from kdump_agent import files
from kdump_agent.errors import Gone, Permanent, Retryable
from kdump_agent.ship.directory import Directory
from kdump_agent.ship.endpoint import Endpoint, Item
from kdump_agent.ship.tus import Tus

from .python_server import PythonTusServer
from .server import TusServer, running

CONTENT = bytes(range(256)) * 9000 + b"end"


class Place(Protocol):
    """An endpoint with its far side in view."""

    endpoint: Endpoint

    def held(self, key: str) -> list[bytes]: ...
    def forget(self) -> None: ...
    def restart(self) -> None: ...


class Folder:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.endpoint: Endpoint = Directory(home)

    def held(self, key: str) -> list[bytes]:
        path = self.home / key
        return [path.read_bytes()] if path.exists() else []

    def forget(self) -> None:
        for draft in self.home.rglob("*.part"):
            draft.unlink()

    def restart(self) -> None:
        self.endpoint = Directory(self.home)


class Served:
    def __init__(self, server: TusServer) -> None:
        self.server = server
        self.restart()

    def held(self, key: str) -> list[bytes]:
        return [upload.path.read_bytes() for upload in self.server.arrived().get(key, [])]

    def forget(self) -> None:
        for path in self.server.store.iterdir():
            if path.is_file():
                path.unlink()

    def restart(self) -> None:
        if self.server.process is not None:
            self.server.kill()
        self.server.start()
        self.endpoint: Endpoint = Tus(self.server.url.replace("tus+", ""))


ANOTHER = pytest.param(PythonTusServer, marks=pytest.mark.slow)


@pytest.fixture(params=[None, TusServer, ANOTHER], ids=["directory", "tus", "another-tus"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    kind = request.param
    if kind is None:
        yield Folder(tmp_path / "folder")
    else:
        if kind is PythonTusServer:
            pytest.importorskip("tuspyserver", reason="it wants Python 3.11")
        with running(kind(tmp_path / "store")) as server:
            yield Served(server)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    fd = os.open(path, os.O_RDONLY)
    yield fd
    os.close(fd)


ITEM = Item("crashes/host/id/vmcore.zst", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), {"kind": "vmcore"})


def quiet(_done: int) -> None:
    """Nothing to say."""


def beat() -> None:
    """Nothing to do."""


def test_an_item_arrives_whole_in_one_piece(place: Place, source: int) -> None:
    handle = place.endpoint.begin(ITEM)
    assert place.endpoint.offset(ITEM, handle) == 0
    assert place.endpoint.append(ITEM, handle, 0, source, len(CONTENT), quiet) == len(CONTENT)
    place.endpoint.finish(ITEM, handle, beat)
    assert place.held(ITEM.key) == [CONTENT]


def test_an_item_arrives_in_pieces_over_restarts_of_the_far_side(place: Place, source: int) -> None:
    handle, offset = place.endpoint.begin(ITEM), 0
    while offset < ITEM.size:
        place.restart()
        assert place.endpoint.offset(ITEM, handle) == offset
        offset = place.endpoint.append(ITEM, handle, offset, source, 700_001, quiet)
    place.endpoint.finish(ITEM, handle, beat)
    assert place.held(ITEM.key) == [CONTENT]


def test_an_empty_item_arrives(place: Place, source: int) -> None:
    empty = Item("crashes/host/id/dmesg.txt", 0, hashlib.sha256().hexdigest())
    handle = place.endpoint.begin(empty)
    assert place.endpoint.offset(empty, handle) == 0
    place.endpoint.finish(empty, handle, beat)
    assert place.held(empty.key) == [b""]


def test_finishing_twice_is_the_same_as_once(place: Place, source: int) -> None:
    handle = place.endpoint.begin(ITEM)
    place.endpoint.append(ITEM, handle, 0, source, len(CONTENT), quiet)
    place.endpoint.finish(ITEM, handle, beat)
    place.endpoint.finish(ITEM, handle, beat)
    assert place.endpoint.offset(ITEM, handle) == ITEM.size
    assert place.held(ITEM.key) == [CONTENT]


def test_nothing_is_receipted_before_all_is_there(place: Place, source: int) -> None:
    handle = place.endpoint.begin(ITEM)
    place.endpoint.append(ITEM, handle, 0, source, 1000, quiet)
    with pytest.raises(Retryable):
        place.endpoint.finish(ITEM, handle, beat)
    assert place.held(ITEM.key) == []


def test_what_the_far_side_forgot_is_begun_again(place: Place, source: int) -> None:
    handle = place.endpoint.begin(ITEM)
    place.endpoint.append(ITEM, handle, 0, source, 1000, quiet)
    place.forget()
    with contextlib.suppress(Gone):
        assert place.endpoint.offset(ITEM, handle) == 0
    handle = place.endpoint.begin(ITEM)
    place.endpoint.append(ITEM, handle, 0, source, len(CONTENT), quiet)
    place.endpoint.finish(ITEM, handle, beat)
    assert place.held(ITEM.key) == [CONTENT]


def test_bytes_at_another_offset_than_the_far_side_holds_are_not_taken(place: Place, source: int) -> None:
    handle = place.endpoint.begin(ITEM)
    place.endpoint.append(ITEM, handle, 0, source, 1000, quiet)
    with pytest.raises(Retryable):
        place.endpoint.append(ITEM, handle, 500, source, 1000, quiet)
    assert place.endpoint.offset(ITEM, handle) == 1000


@pytest.mark.parametrize(
    "endpoint", [Directory(Path("/nonexistent")), Tus("http://127.0.0.1:2/files/")], ids=["directory", "tus"]
)
def test_an_upload_of_another_endpoint_is_gone(endpoint: Endpoint) -> None:
    for foreign in ("crashes/other/id/vmcore.zst", "http://127.0.0.1:1/files/x"):
        with pytest.raises(Gone, match="begun"):
            endpoint.offset(ITEM, foreign)


class Stopped(BaseException):
    """A stop request in mid-flight."""


def stop_after(limit: int) -> Callable[[int], None]:
    def tell(done: int) -> None:
        if done >= limit:
            raise Stopped

    return tell


@pytest.mark.parametrize("limit", [0, 1, 1_048_576, 2_000_000])
def test_a_stop_in_mid_flight_leaves_a_state_to_go_on_from(place: Place, source: int, limit: int) -> None:
    handle = place.endpoint.begin(ITEM)
    with contextlib.suppress(Stopped):
        place.endpoint.append(ITEM, handle, 0, source, len(CONTENT), stop_after(limit))
    place.restart()
    offset = place.endpoint.offset(ITEM, handle)
    assert 0 <= offset <= ITEM.size
    if offset < ITEM.size:
        place.endpoint.append(ITEM, handle, offset, source, ITEM.size - offset, quiet)
    place.endpoint.finish(ITEM, handle, beat)
    assert place.held(ITEM.key) == [CONTENT]


def test_a_source_that_shrank_is_told_and_nothing_published(place: Place, source: int, tmp_path: Path) -> None:
    handle = place.endpoint.begin(ITEM)
    os.truncate(tmp_path / "source", 100)
    with pytest.raises(Retryable, match="changed while it was sent"):
        place.endpoint.append(ITEM, handle, 0, source, len(CONTENT), quiet)
    assert place.held(ITEM.key) == []


def test_a_folder_publishes_nothing_whose_hash_is_wrong(tmp_path: Path, source: int) -> None:
    place = Folder(tmp_path / "folder")
    handle = place.endpoint.begin(ITEM)
    place.endpoint.append(ITEM, handle, 0, source, len(CONTENT), quiet)
    draft = next(place.home.rglob("*.part"))
    draft.write_bytes(b"?" + CONTENT[1:])
    with pytest.raises(Retryable, match="what arrived has the sha256"):
        place.endpoint.finish(ITEM, handle, beat)
    assert place.held(ITEM.key) == []
    assert place.endpoint.offset(ITEM, handle) == 0


def test_a_folder_waits_for_no_fifo_that_somebody_put_into_it(tmp_path: Path, source: int) -> None:
    place = Folder(tmp_path / "folder")
    handle = place.endpoint.begin(ITEM)
    os.mkfifo(tmp_path / "folder/crashes/host/id/.vmcore.zst.part")
    with pytest.raises(Retryable, match=r"vmcore\.zst\.part: No such device"):
        place.endpoint.append(ITEM, handle, 0, source, 1000, quiet)


def fail(_fd: int) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_a_folder_keeps_no_draft_that_it_could_not_sync(
    tmp_path: Path, source: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Folder(tmp_path / "folder")
    handle = place.endpoint.begin(ITEM)
    place.endpoint.append(ITEM, handle, 0, source, 1000, quiet)
    with monkeypatch.context() as patched:
        patched.setattr(files, "sync_file", fail)
        with pytest.raises(Retryable, match="Input/output error"):
            place.endpoint.append(ITEM, handle, 1000, source, 1000, quiet)
    assert place.endpoint.offset(ITEM, handle) == 0


def test_a_folder_syncs_before_it_publishes_what_a_kill_left_written(
    tmp_path: Path, source: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Folder(tmp_path / "folder")
    handle = place.endpoint.begin(ITEM)
    with monkeypatch.context() as patched:
        patched.setattr(files, "sync_file", quiet)
        place.endpoint.append(ITEM, handle, 0, source, ITEM.size, quiet)
    with monkeypatch.context() as patched:
        patched.setattr(files, "sync_file", fail)
        with pytest.raises(Retryable, match="Input/output error"):
            place.endpoint.finish(ITEM, handle, beat)
    assert place.held(ITEM.key) == []
    assert place.endpoint.offset(ITEM, handle) == 0


@pytest.mark.parametrize("key", ["../evil", "/etc/passwd", "a/./b", "a//b", "a/.hidden", "a/\0b"])
def test_a_folder_writes_below_itself_only(tmp_path: Path, key: str) -> None:
    with pytest.raises(Permanent, match="is no key"):
        Directory(tmp_path).begin(Item(key, 1, "0"))
