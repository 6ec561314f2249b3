"""Read how kernels before 2.6.32 told a machine check on i386, and how Xen tells one on the console that it shares.

One line is of the CPU, then one of each bank: arch/x86/kernel/cpu/mcheck/p4.c, p6.c, k7.c and non-fatal.c; Xen's
x86_mcinfo_dump(). A bank's line has its status, MISC in brackets, and the address.
"""

from __future__ import annotations

import re
from typing import Any

from .record import register

_HEX = r" *([0-9a-fA-F]{1,16})"
_CPU = re.compile(
    rf"CPU ?(\d{{1,5}}): Machine Check Exception:{_HEX}$"
    r"|non fatal, correctable incident occurr?ed on CPU (\d{1,5})"
)
_BANK = re.compile(rf"(?:^|^\(XEN\) |^CPU (\d{{1,5}}): )Bank (\d{{1,3}}):{_HEX}(?:\[{_HEX}\])?(?: at{_HEX})?")


class OldHeads:
    """Remembers the last line of a CPU, for the lines of its banks."""

    def __init__(self) -> None:
        self._cpu: dict[str, Any] | None = None

    def read(self, text: str) -> dict[str, Any] | None:
        """Return the fields of a machine check where a line tells of a bank, None for any other line."""
        if found := _CPU.search(text):
            self._cpu = {"cpu": int(found[1] or found[3]), "mcg_status": register(found[2])}
        elif self._cpu is not None and (found := _BANK.match(text)):
            told = {"bank": int(found[2]), "status": register(found[3])}
            more = {name: register(value) for name, value in (("misc", found[4]), ("addr", found[5])) if value}
            return {**self._cpu, **told, **more, **({"cpu": int(found[1])} if found[1] else {})}
        return None
