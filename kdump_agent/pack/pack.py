"""Pack one dump: read it once, hash it, push it through the zstd program, hash and store what comes out.

Bounded memory: a MiB of the dump is in our hands at a time. Failing to pack is no failure: the dump is then hashed to
its end and shipped as it is. What may be packed, and where it goes, is the caller's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Callable

from kdump_agent import files, process

BLOCK = 1 << 20
_MOST_THREADS = 8
_JOB = 2 * BLOCK
"""Bytes that a thread of zstd takes at a time: a quarter of its own choice, of its memory too, for 0.05 % of size."""
_WEEK = 7 * 86400.0


@dataclass(frozen=True)
class Packed:
    """What packing made of a dump."""

    source_size: int
    """Bytes read."""
    source_sha256: str
    size: int | None
    """Bytes of the packed file, or None when there is none."""
    sha256: str | None
    why_not: str | None
    """Why there is none."""


@dataclass(frozen=True)
class Effort:
    """How hard to try."""

    level: int = 3
    threads: int = 0
    """0 is one for each core, at most 8."""
    min_saving: float = 0.0
    """The part of the dump that packing must save."""
    floor: int = 0
    """Bytes that must stay free on the file system that holds the packed file."""


def pack(
    source: int, draft: Path, effort: Effort, tell: Callable[[int], None], *, why_not: str | None = None
) -> Packed:
    """Read the dump at descriptor ``source`` from its start and leave it packed and synced at ``draft``.

    ``why_not`` is a reason, known beforehand, to hash it only.
    ``tell`` is called after each block with the bytes read so far; what it raises ends the work and leaves no file,
    as does an OSError in reading the dump. Any other failure is told in ``why_not``, and leaves no file either.
    """
    digest = hashlib.sha256()
    try:
        result = _Result(draft, effort.floor)
        os.lseek(source, 0, os.SEEK_SET)
        why_not = why_not or _encode(source, result, effort, digest.update, tell)
        read = _drain(source, digest.update, tell) if why_not else os.lseek(source, 0, os.SEEK_CUR)
        if why_not is None and result.size > read * (1 - effort.min_saving):
            why_not = f"packing saves less than {effort.min_saving:.0%}"
        if why_not is None:
            return Packed(read, digest.hexdigest(), result.size, result.digest.hexdigest(), None)
    except BaseException:
        files.remove(draft)
        raise
    files.remove(draft)
    return Packed(read, digest.hexdigest(), None, None, why_not)


class _Result:
    """Takes what the encoder writes: a thread of its own, so that neither side waits for the other."""

    def __init__(self, draft: Path, floor: int) -> None:
        self.draft, self.floor = draft, floor
        self.size = 0
        self.digest = hashlib.sha256()
        self.problem: str | None = None

    def take(self, pipe: IO[bytes], child: subprocess.Popen[bytes]) -> None:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(self.draft, flags, 0o600), "wb", buffering=0) as file:
                while block := pipe.read(BLOCK):
                    if self.size % (16 * BLOCK) < len(block):
                        self._mind_the_floor()
                    view = memoryview(block)
                    while view:
                        view = view[file.write(view) :]
                    self.digest.update(block)
                    self.size += len(block)
                files.sync_file(file.fileno())
        except OSError as exc:
            self.problem = f"{self.draft.parent}: {exc.strerror or exc}"
            child.kill()  # else the writer would wait for us for ever

    def _mind_the_floor(self) -> None:
        free = files.free_space(self.draft.parent).bytes_free
        if free < self.floor:
            raise OSError(f"only {free} bytes are free, and {self.floor} are to stay so")


def _encode(
    source: int, result: _Result, effort: Effort, digest: Callable[[bytes], None], tell: Callable[[int], None]
) -> str | None:
    """Push the whole source through zstd; return why that did not work, the source then being read to some point."""
    program = process.find_program("zstd")
    if program is None:
        return "the program zstd is not installed"
    threads = effort.threads or min(os.cpu_count() or 1, _MOST_THREADS)
    argv = [str(program), "-q", "-c", f"-{effort.level}", f"-T{threads}", f"-B{_JOB}", "-"]
    with contextlib.ExitStack() as stack:
        try:
            limits = process.Limits(seconds=_WEEK, network=True)
            child = stack.enter_context(process.start(argv, limits, stdin=subprocess.PIPE, idle=True))
        except OSError as exc:
            return f"zstd could not be started: {exc.strerror}"
        assert child.stdin is not None
        assert child.stdout is not None
        taker = threading.Thread(target=result.take, args=(child.stdout, child), daemon=True)
        taker.start()
        try:
            whole = _feed(source, child.stdin, digest, tell)
        except BaseException:
            child.kill()
            raise
        finally:
            with contextlib.suppress(OSError):
                child.stdin.close()
            taker.join()
        status = child.wait()
    if result.problem or not whole or status:
        return result.problem or f"zstd ended with {status}"
    return None


def _feed(source: int, sink: IO[bytes], digest: Callable[[bytes], None], tell: Callable[[int], None]) -> bool:
    """Copy to the encoder what is left of the source; False when the encoder stopped taking it."""
    done = 0
    while block := os.read(source, BLOCK):
        digest(block)
        done += len(block)
        try:
            sink.write(block)
        except BrokenPipeError:
            return False
        tell(done)
    return True


def _drain(source: int, digest: Callable[[bytes], None], tell: Callable[[int], None]) -> int:
    """Hash what is left of the source; return the bytes that it has in all."""
    while block := os.read(source, BLOCK):
        digest(block)
        tell(os.lseek(source, 0, os.SEEK_CUR))
    return os.lseek(source, 0, os.SEEK_CUR)
