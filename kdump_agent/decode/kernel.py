"""Which kernel, on which machine."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .line import Line
from .lines import Log
from .report import Kernel

_BANNER = re.compile(r"Linux version (\S{1,64}) (.{0,600})")
"""init/version.c, ``linux_banner``."""
_VERSION = re.compile(r"#\d{1,8}[ -].{0,200}$")
_OOPS = re.compile(
    r"(?:Not tainted|Tainted: [A-Z]) {0,8}[A-Za-z -]{0,70}(\()?(?<![^ (])"
    r"(\d{1,3}\.\d{1,4}[^\s)]{0,64}|[a-z][^\s)]{0,64}(?= #\d))(?: (#\S.{0,120}?)(?(1)\))$)?"
)
"""lib/dump_stack.c, ``dump_stack_print_info``; RHEL writes dashes and small letters before the release."""
_PID = re.compile(
    r"^Pid: \d{1,10}, comm: .{1,40}?(?:Not tainted|Tainted: [A-Z][A-Z -]{0,40}?) "
    r"\(?(\d\S{0,64}) (#\d[^\s)]{0,20}(?: Debian \S{1,60})?)\)?(?: (.{1,120}))?$"
)
"""x86 from 2.6.26 to 3.8: release, version, and the machine's name behind them."""
_LOCKDEP = re.compile(r"^(\d{1,3}\.\d{1,4}\S{0,64}) (#\d\S{0,40})(?:$| .{0,60}(?:Not tainted|Tainted: ))")
"""kernel/locking/lockdep.c, ``print_kernel_ident``: on a line of its own."""
_NAMES = ("Hardware name: ", "DMI: ", "Machine model: ", "OF: fdt: Machine model: ")
MOST_OOPS = 200
"""Lines behind a cause in which it names its kernel."""

_BUILD_ID = re.compile(r" ([0-9a-f]{40})$")
"""Of the kernel itself, behind its version, with CONFIG_STACKTRACE_BUILD_ID (5.14)."""

_MACHINES = (  # words that only one architecture's kernel writes
    ("i686", ("EIP: ", "EAX: ", "MB HIGHMEM available")),
    (
        "x86_64",
        ("RIP: 00", " R15: ", "x86_64", "__x64_sys_", "entry_SYSCALL_64", "x86/", "Command line: BOOT_", "-amd64 #"),
    ),
    (
        "aarch64",
        (
            "pstate: ",
            " x29: ",
            "arm64",
            "el0_svc",
            "CPU: Booted secondary processor",
            "psci: ",
            "[<ffffff80",
            "[<ffff00000",
        ),
    ),
    ("ppc64", (".ppc64 ", "BE PAGE_SIZE", "BE SMP")),
    ("ppc64le", ("NIP [", "GPR00: ", "opal: ", "pseries: ", "] [c00000000", "paca    = 0xc")),
    ("s390x", ("Krnl PSW", "Krnl GPRS", "setup: Linux is running", "zcore", "s390x", "Last Breaking-Event")),
    ("riscv64", ("epc : ", "badaddr: ", "riscv: ", "SBI specification", "__riscv_sys_", "[<ffffffe0")),
    ("loongarch64", ("era : ", "era == ", "LoongArch", "loongarch")),
    ("armv7l", ("PC is at ", "ARMv7 ", "ret_fast_syscall", ") from [<")),
    ("mips", ("Cause : ", "epc   : ")),
)


def kernel(log: Log, own: Sequence[Line]) -> Kernel:
    """Return what a log says of its kernel; ``own`` are the lines of the crash, which know better than the boot's."""
    for line in own[:MOST_OOPS]:
        if found := _PID.match(line.text):
            return Kernel(found[1], _banner(log, found[1])[1] or found[2], machine(log))
        if found := _OOPS.search(line.text) or _LOCKDEP.match(line.text):
            release, own_version = found.groups()[-2:]
            build = _BUILD_ID.search(own_version or "")
            version = _banner(log, release)[1] or _BUILD_ID.sub("", own_version or "")
            return Kernel(release, version or None, machine(log), build[1] if build else None)
    return Kernel(*_banner(log, None), machine(log))


def _banner(log: Log, release: str | None) -> tuple[str | None, str | None]:
    """Release and version as the boot's banner has them; the last banner of that release, where one is asked for."""
    found = [match for at in log.holding("Linux version ") if (match := _BANNER.search(log.lines[at].text))]
    fit = [match for match in found if release in (None, match[1])]
    if not fit:
        return release, None
    version = _VERSION.search(fit[-1][2])
    return fit[-1][1], version[0].strip() if version else None


def machine(log: Log) -> str | None:
    """Return the architecture as ``uname -m`` names it, told by words that no other writes."""
    return next(
        (name for name, words in _MACHINES if any(next(log.holding(word), None) is not None for word in words)), None
    )


def hardware_name(log: Log, own: Sequence[Line]) -> str | None:
    """Return the machine's name as the firmware tells it."""
    for line in own[:MOST_OOPS]:
        if line.text.startswith(_NAMES[0]):
            return line.text[len(_NAMES[0]) :].strip() or None
        if (found := _PID.match(line.text)) and found[3]:
            return found[3].strip()
    for word in _NAMES:
        for at in log.holding(word):
            return log.lines[at].text.partition(word)[2].strip()[:200] or None
    return None
