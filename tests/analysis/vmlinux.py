"""Make small ELF files that say of themselves what a vmlinux says."""

from __future__ import annotations

import struct

BANNER = "Linux version 3.14.8 (root@build) (gcc version 4.8) #2 SMP Mon Jun 16 09:00:00 UTC 2014"


def vmlinux(
    build_id: str | None = None, *, debug: bool = True, banner: str | None = None, order: str = "<", wide: bool = True
) -> bytes:
    """Return an ELF file with those sections and no segment; ``wide`` is 64 bits."""
    content = {
        b".note.gnu.build-id": _note(bytes.fromhex(build_id), order) if build_id else b"",
        b".rodata": (banner.encode() + b"\n\0") if banner else b"x",
        b".debug_info": b"dwarf" if debug else b"",
    }
    names = b"\0" + b"\0".join(content) + b"\0.shstrtab\0"
    header = 64 if wide else 52
    parts, rows, at = [], [(0, 0, 0, 0)], header
    for name, data in (*content.items(), (b".shstrtab", names)):
        if data:
            kind = 7 if name.startswith(b".note") else 3 if name == b".shstrtab" else 1
            rows.append((names.index(name), kind, at, len(data)))
            parts.append(data)
            at += len(data)
    section = struct.Struct(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    table = b"".join(section.pack(name, kind, 0, 0, offset, size, 0, 0, 0, 0) for name, kind, offset, size in rows)
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1 if order == "<" else 2, 1)) + bytes(9)
    shape = order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH")
    rest = struct.pack(shape, 2, 62, 1, 0, 0, at, 0, header, 0, 0, section.size, len(rows), len(rows) - 1)
    return ident + rest + b"".join(parts) + table


def _note(content: bytes, order: str) -> bytes:
    return struct.pack(order + "III", 4, len(content), 3) + b"GNU\0" + content + bytes(-len(content) % 4)
