#!/usr/bin/env python3
"""Cut a real dump down to the pages that reading its log needs, so that it fits into a repository.

    make_mini.py DUMP OUT [--flattened]

Needs makedumpfile and strace. The result is a valid kdump-compressed dump of the same crash: same headers, same
VMCOREINFO, same compressed bytes of each page that stays; the second bitmap promises those pages alone. With
``--flattened`` it is written in records, as Debian's kdump-tools does.
"""

from __future__ import annotations

import argparse
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kdump_agent.vmcore import flattened, kdump
from kdump_agent.vmcore.reader import FileReader

DESCRIPTOR = struct.Struct("<QIIQ")
PIECE = 4096 * 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--flattened", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ordered = Path(folder, "ordered")
        put_in_order(args.dump, ordered)
        content = cut(ordered.read_bytes(), pages_read(ordered, Path(folder)))
    args.out.write_bytes(flatten(content) if args.flattened else content)


def put_in_order(dump: Path, ordered: Path) -> None:
    with dump.open("rb") as source, ordered.open("wb") as target:
        file = FileReader(source.fileno())
        if flattened.is_flattened(file.read(0, 32)):
            flattened.rearrange(file, target.fileno(), lambda: None)
        else:
            target.write(source.read())


def pages_read(ordered: Path, folder: Path) -> set[int]:
    """The places in the file of every descriptor that makedumpfile reads while it looks for the log."""
    trace = folder / "trace"
    argv = ["strace", "-y", "-e", "trace=lseek,read,pread64", "-o", str(trace)]
    argv += ["makedumpfile", "--dump-dmesg", str(ordered), str(folder / "log")]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    at, places = 0, set()
    for line in trace.read_text().splitlines():
        if "ordered" not in line:
            continue
        if found := re.search(r"lseek\(.*\) = (\d+)", line):
            at = int(found[1])
        elif found := re.search(r"pread64\(.*, (\d+), (\d+)\) = ", line):
            places.add(int(found[2]))
        elif found := re.search(r"read\(.*, (\d+)\) += (\d+)", line):
            places.add(at)
            at += int(found[2])
    return places


def cut(content: bytes, places: set[int]) -> bytes:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        reader = FileReader(file.fileno())
        dump = kdump.parse(reader)
        assert dump is not None
        bitmap = content[dump.bitmap_at : dump.bitmap_at + dump.bitmap_size]
        kept = bytearray(len(bitmap))
        descriptors = []
        index = 0
        for byte, value in enumerate(bitmap):
            for bit in range(8):
                if not value >> bit & 1:
                    continue
                place = dump.descriptors_at + index * DESCRIPTOR.size
                index += 1
                descriptor = DESCRIPTOR.unpack_from(content, place)
                if place in places:
                    kept[byte] |= 1 << bit
                    descriptors.append(descriptor)
    head = bytearray(content[: dump.descriptors_at])
    head[dump.bitmap_at : dump.bitmap_at + dump.bitmap_size] = kept
    at = dump.descriptors_at + len(descriptors) * DESCRIPTOR.size
    table, data, moved = bytearray(), bytearray(), dict[int, int]()
    for offset, size, flags, page_flags in descriptors:
        if offset not in moved:  # pages of zeros share their bytes
            moved[offset] = at + len(data)
            data += content[offset : offset + size]
        table += DESCRIPTOR.pack(moved[offset], size, flags, page_flags)
    return bytes(head + table + data)


def flatten(content: bytes) -> bytes:
    out = bytearray(flattened.SIGNATURE.ljust(16, b"\0") + struct.pack(">QQ", 1, 1))
    out += bytes(flattened.HEADER_SIZE - len(out))
    for at in range(0, len(content), PIECE):
        piece = content[at : at + PIECE]
        out += struct.pack(">qq", at, len(piece)) + piece
    return bytes(out + struct.pack(">qq", -1, -1))


if __name__ == "__main__":
    main()
