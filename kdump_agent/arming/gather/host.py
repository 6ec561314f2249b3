"""The running kernel and its surroundings: command line, memory, panic switches, lockdown, watchdogs, rivals."""

from __future__ import annotations

import re

from kdump_agent.arming.facts import Kernel, Watchdog
from kdump_agent.elf import build_id
from kdump_agent.look import Look

# Documentation/admin-guide/sysctl/kernel.rst: what makes a panic of a fault that the kernel could survive, and what
# forbids to load another kernel
SYSCTLS = (
    "panic", "panic_on_oops", "panic_on_warn", "unknown_nmi_panic", "softlockup_panic", "hardlockup_panic",
    "hung_task_panic", "panic_on_unrecovered_nmi", "panic_on_io_nmi", "nmi_watchdog", "kexec_load_disabled",
)  # fmt: skip
RELEASE = r"[0-9][\w.+~-]{0,63}"
"""What a kernel release looks like."""


def kernel(look: Look) -> Kernel:
    """Look at the running kernel."""
    paths = look.paths
    sysctls = {name: look.number("sysctls", paths.sysctls / name) for name in SYSCTLS}
    return Kernel(
        release=_release(look),
        arguments=tuple((look.text("command line", paths.command_line) or "").split()),
        build_id=build_id(look.data("kernel", paths.kernel_notes) or b""),
        memory=_memory(look.text("memory", paths.meminfo) or ""),
        sysctls={name: value for name, value in sysctls.items() if value is not None},
        tolerant=look.number("machine checks", paths.machine_check_tolerant),
        lockdown=_chosen(look.text("lockdown", paths.lockdown) or ""),
        secure_boot=_secure_boot(look.data("lockdown", paths.secure_boot)),
    )


def watchdogs(look: Look) -> tuple[Watchdog, ...]:
    """Return the hardware watchdogs that are running (ABI/testing/sysfs-class-watchdog)."""
    folders = [look.paths.watchdogs / name for name in look.names("watchdogs", look.paths.watchdogs)]
    return tuple(
        Watchdog(
            (look.text("watchdogs", folder / "identity") or folder.name).strip(),
            look.number("watchdogs", folder / "timeout"),
        )
        for folder in folders
        if (look.text("watchdogs", folder / "state") or "").strip() == "active"
    )


def rivals(look: Look) -> tuple[str, ...]:
    """Return who else purges or takes the dumps of this host."""
    apport = "/var/crash" in (look.text("rivals", look.paths.apport) or "")
    abrt = any(path.is_file() for path in look.paths.abrt_vmcore)
    return ("apport",) * apport + ("abrt",) * abrt


def _release(look: Look) -> str | None:
    """Return the release, which becomes part of paths and so must look like one."""
    text = (look.text("kernel", look.paths.kernel_release) or "").strip()
    if text and not re.fullmatch(RELEASE, text, re.ASCII):
        look.doubt("kernel", f"its release is no kernel release: {text[:64]!a}")
        return None
    return text or None


def _memory(text: str) -> dict[str, int]:
    lines = re.finditer(r"^(\w+):[ \t]+([0-9]{1,18}) kB$", text, re.MULTILINE)
    return {found[1]: int(found[2]) << 10 for found in lines}


def _chosen(text: str) -> str | None:
    """The choice in brackets: ``none [integrity] confidentiality``."""
    found = re.search(r"\[(\w+)\]", text)
    return found[1] if found else None


def _secure_boot(variable: bytes | None) -> bool | None:
    return None if variable is None or len(variable) < 5 else variable[4] == 1
