"""The rules of an armed host, as a table: a code, how bad it is, what to look for, why it matters, what mends it.

A rule's ``seen`` returns the fact in words when the rule applies, else None. Pure. docs/arming.md explains each code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from . import seen
from .facts import Facts

SEVERITIES = ("fatal", "unknown", "warning", "note")
"""Worst first. Fatal: the next crash is lost. Unknown: we could not look at what decides. Warning: it would be
captured, but not always, not whole, or not after the next boot. Note: worth knowing."""


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    code: str
    severity: str
    seen: Callable[[Facts], str | None]
    reason: str
    mend: str | None
    """What is to be done, a key of ``distros/remedies.py``."""


RULES = (
    Rule(
        "host.container",
        "unknown",
        seen.in_container,
        "the kernel, its crash kernel and its dumps are the host's: look, mend and run the agent there",
        None,
    ),
    Rule(
        "kernel.no-kexec", "fatal", seen.no_kexec, "without kexec there is no crash kernel to start after a panic", None
    ),
    Rule(
        "kernel.kexec-disabled",
        "fatal",
        seen.kexec_disabled,
        "nobody can load a kernel until the next boot; hardening guides set it before kdump has loaded its own",
        "allow kexec",
    ),
    Rule(
        "kdump.unknown",
        "unknown",
        seen.loaded_unknown,
        "whether a crash kernel is loaded decides everything",
        "look as root",
    ),
    Rule(
        "kdump.not-installed",
        "fatal",
        seen.not_installed,
        "nothing on this host loads a crash kernel or saves a dump",
        "install",
    ),
    Rule(
        "kdump.switched-off",
        "fatal",
        seen.switched_off,
        "Debian's service does nothing until its own settings say so",
        "switch on",
    ),
    Rule(
        "reservation.missing",
        "fatal",
        seen.reservation_missing,
        "memory for the crash kernel is reserved at boot only, by this argument",
        "reserve",
    ),
    Rule(
        "reservation.zero",
        "fatal",
        seen.reservation_zero,
        "the kernel could not or would not reserve what was asked for; `dmesg | grep -i crashkernel` says why",
        "resize",
    ),
    Rule(
        "reservation.unknown",
        "note",
        seen.reservation_unknown,
        "the size of the reservation could not be looked at",
        "look as root",
    ),
    Rule(
        "reservation.small",
        "warning",
        seen.reservation_small,
        "a crash kernel that runs out of memory dies without a dump",
        "resize",
    ),
    Rule("kdump.not-loaded", "fatal", seen.not_loaded, "after a panic this host would just stop or reboot", "load"),
    Rule(
        "kdump.not-loaded",
        "fatal",
        seen.not_loaded_and_hindered,
        "no crash kernel can be loaded before what hinders it is mended",
        None,
    ),
    Rule(
        "fadump.not-registered",
        "fatal",
        seen.fadump_not_registered,
        "the firmware preserves memory only for a kernel that registered",
        "register fadump",
    ),
    Rule(
        "unit.failed",
        "warning",
        seen.unit_failed,
        "what is loaded now will not be loaded again at the next boot",
        "see",
    ),
    Rule(
        "unit.skipped",
        "warning",
        seen.unit_skipped,
        "a skipped unit is neither failed nor active, so nothing else shows it",
        "see",
    ),
    Rule(
        "unit.disabled", "warning", seen.unit_disabled, "after the next boot no crash kernel will be loaded", "enable"
    ),
    Rule(
        "unit.masked",
        "warning",
        seen.unit_masked,
        "nobody and nothing can start it, neither by hand nor at the next boot",
        "unmask",
    ),
    Rule(
        "unit.unknown",
        "note",
        seen.unit_unknown,
        "whether kdump comes back at the next boot could not be looked at",
        None,
    ),
    Rule(
        "lockdown.unsigned",
        "fatal",
        seen.unsigned,
        "a locked-down kernel refuses to load a crash kernel without a signature",
        "see",
    ),
    Rule(
        "settings.unreadable",
        "unknown",
        seen.settings_unreadable,
        "what kdump is told to do could not be looked at",
        "look as root",
    ),
    Rule(
        "kernel.missing",
        "warning",
        seen.kernel_missing,
        "the crash kernel cannot be loaded again at the next boot",
        "see",
    ),
    Rule(
        "kernel.stale",
        "note",
        seen.kernel_stale,
        "an older crash kernel may not know the disk that the running kernel knows, and its modules may be gone",
        "use this kernel",
    ),
    Rule(
        "initrd.missing",
        "warning",
        seen.initrd_missing,
        "without it the crash kernel has nothing that saves a dump",
        "rebuild",
    ),
    Rule(
        "initrd.stale",
        "warning",
        seen.initrd_stale,
        "it saves dumps the old way: to an old target, with old modules",
        "rebuild",
    ),
    Rule("target.full", "fatal", seen.target_full, "the dump would be cut off, or never begun", "make room"),
    Rule(
        "target.tight",
        "warning",
        seen.target_tight,
        "an uncompressed dump would not fit, a compressed one may",
        "make room",
    ),
    Rule("target.read-only", "fatal", seen.target_read_only, "nothing can be written there", "remount"),
    Rule(
        "target.encrypted",
        "warning",
        seen.target_encrypted,
        "unless its initrd can unlock it unattended, the crash kernel asks for the passphrase and waits for ever",
        None,
    ),
    Rule(
        "target.missing",
        "warning",
        seen.target_missing,
        "some versions of kdump refuse to start without it, and no agent can watch it",
        "make folder",
    ),
    Rule(
        "target.unmounted",
        "warning",
        seen.target_unmounted,
        "kdump itself mounts it after a crash, but no dump there can be found and shipped until it is mounted",
        "mount",
    ),
    Rule(
        "target.remote",
        "warning",
        seen.target_remote,
        "dumps that never lie on this host cannot be decoded and shipped by it",
        "dumps stay here",
    ),
    Rule("target.unknown", "note", seen.target_unknown, "whether a dump would fit could not be looked at", None),
    Rule(
        "collector.missing",
        "warning",
        seen.collector_missing,
        "without makedumpfile a dump is as large as the memory, if it is saved at all",
        "install collector",
    ),
    Rule(
        "collector.old",
        "note",
        seen.collector_old,
        "it does not know how this kernel lays out its memory: a dump may be larger than it need be, or incomplete",
        "update collector",
    ),
    Rule(
        "panic.oops-survives",
        "warning",
        seen.oops_survives,
        "an Oops kills one task and the kernel goes on, damaged, without a dump",
        "panic on oops",
    ),
    Rule(
        "panic.hang-survives",
        "note",
        seen.hang_survives,
        "a hung host is reset by hand or by a watchdog, and leaves no dump",
        "panic on hang",
    ),
    Rule("mce.off", "warning", seen.mce_off, "a fatal hardware error resets the machine without a word", None),
    Rule(
        "mce.tolerant",
        "warning",
        seen.mce_tolerant,
        "the kernel goes on after hardware errors that it should die of",
        "tolerate less",
    ),
    Rule(
        "watchdog.short",
        "note",
        seen.watchdog_short,
        "it may reset the machine while the crash kernel still writes, unless that one feeds it",
        None,
    ),
    Rule(
        "analyser.old",
        "note",
        seen.analyser_old,
        "it cannot open a dump of this kernel, or gives wrong answers",
        "update analyser",
    ),
    Rule(
        "vmlinux.missing",
        "note",
        seen.vmlinux_missing,
        "to open a dump with crash one needs the very build of this kernel",
        "install vmlinux",
    ),
    Rule(
        "vmlinux.mismatch",
        "warning",
        seen.vmlinux_mismatch,
        "crash gives wrong answers, or none, with the vmlinux of another build",
        "install vmlinux",
    ),
    Rule("purge.kdump", "note", seen.kdump_purges, "kdump itself removes older dumps, delivered or not", "keep dumps"),
    Rule(
        "purge.apport",
        "note",
        seen.apport_purges,
        "it removes crash folders after seven days, delivered or not",
        "without apport",
    ),
    Rule(
        "purge.abrt",
        "note",
        seen.abrt_takes,
        "it copies dumps out of the crash folder at boot and may remove them",
        "without abrt",
    ),
)
