"""Unpack what a packer made, block by block: the format's own program, in a child that gets the file and gives a pipe.

Where the content goes, and how much of it is wanted, is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator

from kdump_agent import process
from kdump_agent.errors import Permanent

BLOCK = 1 << 20
_LIMITS = process.Limits(seconds=86400, memory=1 << 30, network=True)
"""A filter between two pipes: cutting it off from a network takes a namespace, which plain users may not make."""


def blocks(program: str, source: int) -> Iterator[bytes]:
    """Yield the content of the packed file at descriptor ``source``, from its start, in blocks of ``BLOCK`` bytes.

    Raises Permanent where the program is missing or, behind all that could be unpacked, where the file is damaged.
    """
    found = process.find_program(program)
    if found is None:
        raise Permanent(f"it is packed by {program}, which is not installed here: install {program}")
    try:
        with process.start([str(found), "-dcq"], _LIMITS, stdin=source) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            while block := child.stdout.read(BLOCK):
                yield block
            said = child.stderr.read(1 << 16)
            status = child.wait()
    except OSError as exc:
        raise Permanent(f"{program} could not be started: {exc.strerror or exc}") from exc
    if status:
        ended = process.Finished(status, b"", said)
        raise Permanent(f"it is damaged or cut off: {program} could not unpack it to its end ({ended.blame()})")
