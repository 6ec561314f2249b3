"""A dead machine made by hand: its memory, a kernel log in it, and the VMCOREINFO that tells where.

Any architecture, byte order and one of the three kinds of log; build.py writes it as a dump.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PAGE = 4096
SECOND = 1_000_000_000
RECORDS = [
    (0, b"Linux version 6.1.0"),
    (37_250_000 * 1000, b"two\nlines"),
    (SECOND * 99999, b"a tab\t, a \x1b and \xc3\xa9"),
]
RENDERED = (
    b"[    0.000000] Linux version 6.1.0\n"
    b"[   37.250000] two\n               lines\n"
    b"[99999.000000] a tab\t, a \\x1b and \\xc3\\xa9\n"
)


@dataclass(frozen=True)
class Arch:
    """Where an architecture has its kernel: two places, both at physical 64 KiB and on."""

    order: str
    word: int
    code: int
    """ELF e_machine."""
    kernel: int
    """Virtual address of the kernel's variables."""
    linear: int
    """Virtual address of allocated memory."""
    info: dict[str, str] = field(default_factory=dict)


BASE = 0x10000
"""Physical address of the kernel's variables; allocated memory is at twice that."""
ARCHES = {
    "x86_64": Arch("<", 8, 62, 0xFFFFFFFF80010000, 0xFFFF888000020000, {"NUMBER(phys_base)": "0"}),
    "x86_64, small pages": Arch("<", 8, 62, 0xFFFFFFFF80010000, 0xFFFFC90000020000, {"NUMBER(phys_base)": "0"}),
    "x86_64, 5 levels": Arch("<", 8, 62, 0xFFFFFFFF80010000, 0xFF11000000020000, {
        "NUMBER(phys_base)": "0", "NUMBER(pgtable_l5_enabled)": "1"}),
    "aarch64": Arch("<", 8, 183, 0xFFFF800010010000, 0xFFFF000000020000, {
        "NUMBER(VA_BITS)": "48", "NUMBER(PHYS_OFFSET)": "0x0", "NUMBER(kimage_voffset)": "0xffff800010000000"}),
    "aarch64, 4.18": Arch("<", 8, 183, 0xFFFF000008010000, 0xFFFF800000020000, {
        "NUMBER(VA_BITS)": "48", "NUMBER(PHYS_OFFSET)": "0x0", "NUMBER(kimage_voffset)": "0xffff000008000000"}),
    "aarch64, 52 bits": Arch("<", 8, 183, 0xFFFF800080010000, 0xFFF0000000020000, {
        "NUMBER(VA_BITS)": "52", "NUMBER(PHYS_OFFSET)": "0x0", "NUMBER(kimage_voffset)": "0xffff800080000000"}),
    "riscv64": Arch("<", 8, 243, 0xFFFFFFFF80010000, 0xFF60000000020000, {
        "NUMBER(PAGE_OFFSET)": "0xff60000000000000", "NUMBER(phys_ram_base)": "0",
        "NUMBER(KERNEL_LINK_ADDR)": "0xffffffff80000000", "NUMBER(va_kernel_pa_offset)": "0xffffffff80000000"}),
    "s390x": Arch(">", 8, 22, 0x10000, 0x20000),
    "s390x, 6.12": Arch(">", 8, 22, 0x3FFE0000000, 0x20000, {
        "KERNELOFFSET": "3ffe0000000", "KERNELOFFPHYS": "10000", "IDENTITYBASE": "0"}),
    "ppc64": Arch(">", 8, 21, 0xC000000000010000, 0xC000000000020000),
    "ppc64le": Arch("<", 8, 21, 0xC000000000010000, 0xC000000000020000),
    "i686": Arch("<", 4, 3, 0xC0010000, 0xC0020000),
    "loongarch64": Arch("<", 8, 258, 0x9000000000010000, 0x9000000000020000),
}  # fmt: skip


class Guest:
    """Memory, and what VMCOREINFO says of it."""

    def __init__(self, name: str = "x86_64") -> None:
        self.machine = name.split(",")[0]
        self.arch = ARCHES[name]
        self.memory: dict[int, bytearray] = {}
        self.info = {"OSRELEASE": "6.1.0-test", "PAGESIZE": str(PAGE), "CRASHTIME": "1795466785", **self.arch.info}
        self.define("swapper_pg_dir", b"", 0xF000)
        self.define("_stext", b"", 0)
        names = (b"Linux", b"lab", self.info["OSRELEASE"].encode(), b"#1 SMP", self.machine.encode(), b"(none)")
        self.uts = b"".join(each.ljust(65, b"\0") for each in names)
        self.define("init_uts_ns", self.uts, 0x4000)
        self.info["OFFSET(uts_namespace.name)"] = "0"
        if self.machine == "x86_64":
            self._page_tables(5 if "NUMBER(pgtable_l5_enabled)" in self.info else 4, large="small" not in name)

    def define(self, symbol: str, content: bytes, at: int) -> int:
        """Give the kernel a variable, ``at`` bytes into it; return its address."""
        self.info[f"SYMBOL({symbol})"] = f"{self.arch.kernel + at:x}"
        self.store(BASE + at, content)
        return self.arch.kernel + at

    def store(self, physical: int, content: bytes) -> None:
        for done in range(len(content)):
            page = self.memory.setdefault((physical + done) // PAGE, bytearray(PAGE))
            page[(physical + done) % PAGE] = content[done]

    def _page_tables(self, levels: int, *, large: bool) -> None:
        """Map the first two megabytes at both places; where not ``large``, in pages of 4 KiB."""
        tables = 0x5000
        self.define("init_top_pgt", b"", tables)
        free = tables + PAGE
        for virtual, small in ((self.arch.kernel, False), (self.arch.linear, not large)):
            table = BASE + tables
            for level in range(levels - 1, 1, -1):
                table, free = self._next_table(table + (virtual >> 12 + 9 * level & 511) * 8, free)
            if small:
                table, free = self._next_table(table, free)
                self.store(table, b"".join(self.pack(at * PAGE | 3) for at in range(512)))
            else:
                self.store(table, self.pack(0x83))

    def _next_table(self, entry: int, free: int) -> tuple[int, int]:
        """Return the table behind an entry, made where there is none, and where the next one may be made."""
        page = self.memory.setdefault(entry // PAGE, bytearray(PAGE))
        found = int.from_bytes(page[entry % PAGE :][:8], "little")
        if not found:
            found = BASE + free | 3
            free += PAGE
            self.store(entry, self.pack(found))
        return found & -PAGE, free

    def pack(self, value: int, size: int | None = None) -> bytes:
        return (value & (1 << 8 * (size or self.arch.word)) - 1).to_bytes(
            size or self.arch.word, "little" if self.arch.order == "<" else "big"
        )

    def tell(self, structure: str, size: int, **offsets: int) -> None:
        self.info[f"SIZE({structure})"] = str(size)
        self.info.update((f"OFFSET({structure}.{member})", str(offset)) for member, offset in offsets.items())


def ring(
    guest: Guest, records: list[tuple[int, bytes]], *, bits: int = 4, text_bits: int = 12, first: int = 5
) -> Guest:
    """Give the guest a printk ring buffer (5.10 and later) whose oldest record has the number ``first``."""
    word, pack = guest.arch.word, guest.pack
    guest.tell("printk_ringbuffer", 11 * word, desc_ring=0, text_data_ring=6 * word, fail=10 * word)
    guest.tell("prb_desc_ring", 6 * word, count_bits=0, descs=word, infos=2 * word, head_id=3 * word, tail_id=4 * word)
    guest.tell("prb_desc", 3 * word, state_var=0, text_blk_lpos=word)
    guest.tell("prb_data_blk_lpos", 2 * word, begin=0, next=word)
    guest.tell("printk_info", 88, seq=0, ts_nsec=8, text_len=16, caller_id=20, dev_info=24)
    guest.tell("prb_data_ring", 4 * word, size_bits=0, data=word, head_lpos=2 * word, tail_lpos=3 * word)
    guest.tell("atomic_long_t", word, counter=0)
    guest.tell("latched_seq", 24, val=8)
    guest.define("prb", pack(guest.arch.kernel + 0x100), 0)
    guest.define("clear_seq", bytes(24), 0x80)
    descriptors, infos = 0x1000, 0x2000
    last = first + len(records) - 1
    guest.store(BASE + 0x100, b"".join([
        pack(bits, 4).ljust(word, b"\0"), pack(guest.arch.kernel + descriptors), pack(guest.arch.kernel + infos),
        pack(last), pack(first), bytes(word),
        pack(text_bits, 4).ljust(word, b"\0"), pack(guest.arch.linear), bytes(2 * word),
    ]))  # fmt: skip
    guest.info["SYMBOL(printk_rb_static)"] = guest.info["SYMBOL(prb)"]
    position = 0
    for number, (time, text) in enumerate(records, first):
        row = number % (1 << bits)
        length = word + len(text) + -len(text) % word
        begin = position
        if position % (1 << text_bits) + length > 1 << text_bits:  # it does not fit: the block begins at the start
            position += (1 << text_bits) - position % (1 << text_bits)
        guest.store(2 * BASE + position % (1 << text_bits), pack(number) + text)
        position += length
        state = number | 2 << 8 * word - 2
        guest.store(BASE + descriptors + row * 3 * word, pack(state) + pack(begin) + pack(position))
        guest.store(BASE + infos + row * 88, pack(number, 8) + pack(time, 8) + pack(len(text), 2))
    return guest


def printk_log(guest: Guest, records: list[tuple[int, bytes]], *, name: str = "printk_log", size: int = 4096,
               start: int = 0) -> Guest:  # fmt: skip
    """Give the guest the log of 3.5 to 5.9, its oldest record ``start`` bytes into the buffer."""
    pack = guest.pack
    guest.tell(name, 16, ts_nsec=0, len=8, text_len=10, dict_len=12)
    at = start
    for time, text in records:
        length = 16 + len(text) + -len(text) % 8
        if at + length + 16 > size:  # a header of zeros says that the next record is at the start
            guest.store(2 * BASE + at, bytes(16))
            at = 0
        guest.store(2 * BASE + at, pack(time, 8) + pack(length, 2) + pack(len(text), 2) + bytes(4) + text)
        at += length
    _old_variables(guest, size)
    guest.define("log_first_idx", pack(start, 4), 0x10)
    guest.define("log_next_idx", pack(at, 4), 0x14)
    return guest


def plain(guest: Guest, text: bytes, *, size: int = 4096) -> Guest:
    """Give the guest the log of 3.4 and before: text in a ring of ``size`` bytes."""
    kept = text[-size:]
    start = (len(text) - len(kept)) % size
    turned = kept[size - start :] + kept[: size - start]
    guest.store(2 * BASE, turned)
    _old_variables(guest, size)
    guest.define("log_end", guest.pack(len(text), 4), 0x10)
    guest.define("logged_chars", guest.pack(len(kept), 4), 0x14)
    return guest


def _old_variables(guest: Guest, size: int) -> None:
    guest.define("log_buf", guest.pack(guest.arch.linear), 0)
    guest.define("log_buf_len", guest.pack(size, 4), 8)
