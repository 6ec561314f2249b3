"""Put bytes behind a descriptor, without a file system."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from kdump_agent.vmcore.dmesg import Log, read_log
from kdump_agent.vmcore.header import Header, open_dump, read_header


@contextlib.contextmanager
def behind(content: bytes) -> Iterator[int]:
    fd = os.memfd_create("dump")
    try:
        os.write(fd, content)
        yield fd
    finally:
        os.close(fd)


def header_of(content: bytes) -> Header:
    with behind(content) as fd:
        return read_header(fd)


def log_of(content: bytes) -> Log:
    with behind(content) as fd:
        return read_log(open_dump(fd), lambda: None)
