"""Which commands crash is asked, and which it never is. Pure.

crash runs what follows ``!`` or a pipe in a shell, writes where ``>`` points, loads code by ``extend``, and gives
what it does not know to gdb, which has a shell of its own. So a command that settings name is one of a list that only
read, made of plain characters.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import chain, count

DEFAULT = (
    "sys", "log", "bt -s -l", "bt -a -s -l", "ps", "ps -m", "foreach UN bt -s -l", "mod", "kmem -i", "dev -p", "irq -s",
    "runq", "files",
)  # fmt: skip
MACHINE_CHECK = "p mces_seen:a"
MINIMAL = ("log",)
"""What --minimal still knows of those."""

# crash(8) and its help: these only read, and print
_READS = frozenset({
    "bpf", "bt", "btop", "dev", "dis", "files", "foreach", "fuser", "ipcs", "irq", "kmem", "list", "log", "mach", "mod",
    "mount", "net", "p", "pte", "ptob", "ptov", "ps", "runq", "sbitmapq", "sig", "struct", "swap", "sym", "sys",
    "task", "timer", "tree", "union", "vm", "vtop", "waitq", "whatis",
})  # fmt: skip
# mod can load a file of symbols, sys can crash a living kernel: these words only
_ONLY = {"mod": {"-t"}, "sys": {"-c", "-t", "-i"}}
_PLAIN = re.compile(r"[A-Za-z0-9_ .,:=+*/&()\[\]@%-]{1,200}")


def refusal(command: str) -> str | None:
    """Say why a command is not one that crash may be asked, or None when it is."""
    if not _PLAIN.fullmatch(command):
        return "letters, digits and _ . , : = + * / & ( ) [ ] @ % - only, at most 200"
    words = command.split()
    if not words or words[0] not in _READS:
        return f"one that only reads: {', '.join(sorted(_READS))}"
    only = _ONLY.get(words[0])
    if only is not None and not set(words[1:]) <= only:
        return f"{words[0]} alone or with {', '.join(sorted(only))}"
    return None


def file_name(command: str, taken: Collection[str] = ()) -> str:
    """Return the name of the artifact that keeps what a command said, none of ``taken``: ``crash-bt-a-s-l.txt``."""
    slug = re.sub(r"[^a-z0-9]+", "-", command.lower())[:56].strip("-") or "command"
    names = (f"crash-{slug}{end}.txt" for end in chain(("",), (f"-{number}" for number in count(2))))
    return next(name for name in names if name not in taken)


def chosen(commands: tuple[str, ...], *, machine_check: bool) -> tuple[str, ...]:
    """Return what to ask, each thing once: the commands of the settings or the usual ones."""
    wanted = (*(commands or DEFAULT), *((MACHINE_CHECK,) if machine_check else ()))
    return tuple(dict.fromkeys(wanted))
