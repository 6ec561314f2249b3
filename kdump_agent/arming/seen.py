"""What each rule looks for: facts in, the fact in words out, or None where the rule does not apply. Pure."""

from __future__ import annotations

import re

from .facts import Facts, File

MIB, GIB = 1 << 20, 1 << 30

LEAST = 64 * MIB
"""No kernel of the last twenty years boots with its initrd in less."""
LEAST_ABOVE_4_GIB = 128 * MIB
"""The old rule of thumb (80 MB for 1 GB of memory, 160 MB for 2 GB), taken leniently."""
SHORT_WATCHDOG = 60
"""Seconds: panic to a running makedumpfile took 25 s for 25 MB in a guest without acceleration."""
PLAIN_DUMP_LEVEL = 31
LEVELS = {2 | 4: ("Buffers", "Cached", "SwapCached"), 8: ("AnonPages", "Hugetlb"), 16: ("MemFree",)}
"""Bits of makedumpfile's dump level (makedumpfile(8), -d) -> what they leave out, in the words of /proc/meminfo. Bit 1,
the pages of zeros, nobody counts."""

COLLECTORS = (
    ((1, 5, 7), (3, 16)), ((1, 6, 5), (4, 19)), ((1, 6, 8), (5, 9)), ((1, 7, 0), (5, 15)), ((1, 7, 2), (6, 0)),
    ((1, 7, 6), (6, 11)), ((1, 7, 8), (6, 17)), ((1, 7, 9), (6, 18)),
)  # fmt: skip
"""makedumpfile up to this version knows kernels up to that one at the most (LATEST_VERSION in its makedumpfile.h);
it says "The kernel version is not supported" of later ones and goes on. Versions between two rows know no more than
the later of them, so nothing is said of them that may be wrong."""
ANALYSERS = (((5, 10), (7, 3)), ((3, 6), (6, 1)))
"""From this kernel on, crash of that version at least: the printk ring buffer without locks of 5.10 (crash-utility
issue 74), the common slab code of 3.6 (crash 6.1.0's changelog). Newest first."""


def in_container(facts: Facts) -> str | None:
    return f"this is a container ({facts.container} is there)" if facts.container else None


def no_kexec(facts: Facts) -> str | None:
    if facts.reservation.supported is False and not _by_fadump(facts):
        return "/sys/kernel has neither kexec/crash_loaded nor kexec_crash_loaded"
    return None


def loaded_unknown(facts: Facts) -> str | None:
    if facts.reservation.loaded is not None or facts.reservation.supported is False or _by_fadump(facts):
        return None
    return facts.doubts.get("kdump", "there is no /sys/kernel to look at")


def not_installed(facts: Facts) -> str | None:
    silent = facts.settings_file is None and facts.unit is None and not {"settings", "unit"} & facts.doubts.keys()
    return "no settings of kdump and no service of it" if silent and not _armed(facts) else None


def switched_off(facts: Facts) -> str | None:
    if facts.settings_file != "/etc/default/kdump-tools" or _armed(facts):
        return None
    value = facts.settings.get("USE_KDUMP", "")
    on = re.fullmatch(r"[+-]?0*[1-9][0-9]*", value, re.ASCII)  # what the script's test -ne 0 holds to be true
    return None if on else f"USE_KDUMP is {value or 'not set'} in {facts.settings_file}"


def reservation_missing(facts: Facts) -> str | None:
    if "command line" in facts.doubts or not facts.kernel.arguments or _by_fadump(facts) or _reserves(facts):
        return None
    return None if facts.reservation.reserved or _armed(facts) else "no crashkernel= on the kernel's command line"


def reservation_zero(facts: Facts) -> str | None:
    if facts.reservation.reserved != 0 or not _reserves(facts) or _by_fadump(facts):
        return None
    return f"{' '.join(_asked(facts))} is on the command line, but 0 bytes are reserved"


def reservation_unknown(facts: Facts) -> str | None:
    return facts.doubts.get("reservation")


def reservation_small(facts: Facts) -> str | None:
    reserved, memory = facts.reservation.reserved, facts.kernel.memory.get("MemTotal", 0)
    # With ",high" the kernel tells what it reserved above 4 GiB, and reserves more below it.
    split = any(word.endswith(",high") for word in _asked(facts))
    least = LEAST_ABOVE_4_GIB if memory > 4 * GIB and not split else LEAST
    if not reserved or reserved >= least or _by_fadump(facts):
        return None
    return f"{_mib(reserved)} are reserved; with {_mib(memory)} of memory want {_mib(least)} at least"


def not_loaded(facts: Facts) -> str | None:
    return "no crash kernel is loaded" if _unloaded(facts) and not _hindered(facts) else None


def not_loaded_and_hindered(facts: Facts) -> str | None:
    return "no crash kernel is loaded" if _unloaded(facts) and _hindered(facts) else None


def kexec_disabled(facts: Facts) -> str | None:
    return "kernel.kexec_load_disabled is 1" if _unloaded(facts) and _disabled(facts) else None


def fadump_not_registered(facts: Facts) -> str | None:
    found = facts.reservation
    return "fadump is enabled but not registered" if found.fadump_enabled and not found.fadump_registered else None


def unit_failed(facts: Facts) -> str | None:
    unit = facts.unit
    return f"{unit.name} failed ({unit.result or 'no result'})" if unit and unit.active == "failed" else None


def unit_skipped(facts: Facts) -> str | None:
    unit = facts.unit
    return f"{unit.name} was skipped: a condition of the unit was not met" if unit and unit.skipped else None


def unit_disabled(facts: Facts) -> str | None:
    unit = facts.unit
    return f"{unit.name} is disabled" if unit and unit.enabled == "disabled" else None


def unit_masked(facts: Facts) -> str | None:
    unit = facts.unit
    masked = unit is not None and "masked" in (unit.load, unit.enabled)
    return f"{unit.name} is masked" if unit is not None and masked else None


def unit_unknown(facts: Facts) -> str | None:
    return facts.doubts.get("unit")


def unsigned(facts: Facts) -> str | None:
    kernel, image = facts.kernel, facts.crash_kernel.kernel
    locked = kernel.secure_boot if kernel.lockdown is None else kernel.lockdown != "none"
    if not locked or image is None or image.signed is not False or _armed(facts):
        return None
    by = f"lockdown is {kernel.lockdown}" if kernel.lockdown else "secure boot is on"
    return f"{by} and {image.path} has no signature"


def settings_unreadable(facts: Facts) -> str | None:
    return facts.doubts.get("settings")


def kernel_missing(facts: Facts) -> str | None:
    return _missing(facts, facts.crash_kernel.kernel)


def kernel_stale(facts: Facts) -> str | None:
    kernel, running = facts.crash_kernel.kernel, facts.crash_kernel.running
    if not kernel or not running or kernel.modified is None or running.modified is None or _by_fadump(facts):
        return None
    older = kernel.modified < running.modified
    return f"{kernel.path} is older than {running.path}, which runs now" if older else None


def initrd_missing(facts: Facts) -> str | None:
    return _missing(facts, facts.crash_kernel.initrd)


def initrd_stale(facts: Facts) -> str | None:
    initrd = facts.crash_kernel.initrd
    if initrd is None or initrd.modified is None or _by_fadump(facts):
        return None
    newer = [file.path for file in facts.crash_kernel.sources if (file.modified or 0) > initrd.modified]
    return f"{initrd.path} is older than {' and '.join(newer)}" if newer else None


def target_full(facts: Facts) -> str | None:
    target = facts.target
    if target.remote or target.unmounted:
        return None
    if target.inodes_free is not None and target.inodes_free < 8:
        return f"{target.folder} has {target.inodes_free} inodes free"
    least = _dump_size(facts) // 8  # what compression at its very best makes of it
    if target.bytes_free is None or target.bytes_free >= max(least, 16 * MIB):
        return None
    return f"{target.folder} has {_mib(target.bytes_free)} free; a dump would have about {_mib(_dump_size(facts))}"


def target_tight(facts: Facts) -> str | None:
    target, wanted = facts.target, _dump_size(facts)
    if target.remote or target.unmounted or target_full(facts) is not None:
        return None
    if target.bytes_free is None or target.bytes_free >= wanted:
        return None
    return f"{target.folder} has {_mib(target.bytes_free)} free; a dump would have about {_mib(wanted)}"


def target_read_only(facts: Facts) -> str | None:
    target = facts.target
    return f"{target.folder} is on a file system that is mounted read-only" if target.read_only else None


def target_encrypted(facts: Facts) -> str | None:
    target = facts.target
    if not target.encrypted or target.remote or target.unmounted:
        return None
    return f"what the crash kernel needs for {target.folder} lies on {target.encrypted}, which is encrypted"


def target_missing(facts: Facts) -> str | None:
    target = facts.target
    if target.exists or target.unmounted or target.remote or facts.settings_file is None:
        return None
    return f"{target.folder} does not exist ({target.source})"


def target_unmounted(facts: Facts) -> str | None:
    device = facts.target.unmounted
    return f"the dump target {device} is not mounted" if device else None


def target_remote(facts: Facts) -> str | None:
    return f"kdump sends its dumps elsewhere ({facts.target.remote})" if facts.target.remote else None


def target_unknown(facts: Facts) -> str | None:
    return facts.doubts.get("target")


def collector_missing(facts: Facts) -> str | None:
    missing = facts.tools.collector is None and facts.settings_file is not None
    return "makedumpfile is not installed" if missing else None


def oops_survives(facts: Facts) -> str | None:
    return "kernel.panic_on_oops is 0" if facts.kernel.sysctls.get("panic_on_oops") == 0 else None


def hang_survives(facts: Facts) -> str | None:
    names = ("softlockup_panic", "hung_task_panic")
    known = [name for name in names if name in facts.kernel.sysctls]
    if not known or any(facts.kernel.sysctls[name] for name in known):
        return None
    return " and ".join(f"kernel.{name}" for name in known) + (" are 0" if len(known) > 1 else " is 0")


def mce_off(facts: Facts) -> str | None:
    off = facts.kernel.argument("mce") == "off" or facts.kernel.argument("nomce") is not None
    return "machine checks are switched off on the command line" if off else None


def mce_tolerant(facts: Facts) -> str | None:
    tolerant = facts.kernel.tolerant
    return f"the machine check handler tolerates level {tolerant}" if tolerant is not None and tolerant > 1 else None


def watchdog_short(facts: Facts) -> str | None:
    short = [dog for dog in facts.watchdogs if dog.timeout is not None and dog.timeout < SHORT_WATCHDOG]
    return "; ".join(f"{dog.name} resets after {dog.timeout} s" for dog in short) or None


def collector_old(facts: Facts) -> str | None:
    version = facts.tools.collector_version
    latest = next((kernel for newest, kernel in COLLECTORS if version <= newest), None) if version else None
    if latest is None or _release(facts) <= latest:
        return None
    return f"makedumpfile {_dotted(version)} knows Linux up to {_dotted(latest)}; this is {facts.kernel.release}"


def analyser_old(facts: Facts) -> str | None:
    version = facts.tools.analyser_version
    wanted = next((least for kernel, least in ANALYSERS if _release(facts) >= kernel), None)
    if not version or wanted is None or version >= wanted:
        return None
    return f"crash {_dotted(version)} with Linux {facts.kernel.release}, which wants {_dotted(wanted)} at least"


def vmlinux_missing(facts: Facts) -> str | None:
    missing = facts.tools.vmlinux is None and facts.settings_file is not None and facts.kernel.release is not None
    return f"no vmlinux of {facts.kernel.release} with debugging information" if missing else None


def vmlinux_mismatch(facts: Facts) -> str | None:
    ours, theirs = facts.kernel.build_id, facts.tools.vmlinux_build_id
    if not ours or not theirs or ours == theirs:
        return None
    return f"{facts.tools.vmlinux} has build-id {theirs}, the running kernel {ours}"


def kdump_purges(facts: Facts) -> str | None:
    for name in ("KDUMP_NUM_DUMPS", "KDUMP_KEEP_OLD_DUMPS"):
        value = facts.settings.get(name, "")
        if value.isascii() and value.isdecimal() and int(value) > 0:
            return f"{name}={value} in {facts.settings_file}"
    return None


def apport_purges(facts: Facts) -> str | None:
    return "apport's daily job cleans /var/crash" if "apport" in facts.rivals else None


def abrt_takes(facts: Facts) -> str | None:
    return "abrt-vmcore.service is installed" if "abrt" in facts.rivals else None


def _by_fadump(facts: Facts) -> bool:
    return facts.reservation.fadump_enabled is True


def _armed(facts: Facts) -> bool:
    return facts.reservation.loaded is True or facts.reservation.fadump_registered is True


def _unloaded(facts: Facts) -> bool:
    return facts.reservation.loaded is False and not _by_fadump(facts)


def _hindered(facts: Facts) -> bool:
    """Can no crash kernel be loaded now, whoever tries?"""
    return facts.reservation.reserved == 0 or _disabled(facts)


def _disabled(facts: Facts) -> bool:
    return facts.kernel.sysctls.get("kexec_load_disabled") == 1


def _reserves(facts: Facts) -> bool:
    return bool(_asked(facts))


def _asked(facts: Facts) -> list[str]:
    return [word for word in facts.kernel.arguments if word.partition("=")[0] == "crashkernel"]


def _missing(facts: Facts, file: File | None) -> str | None:
    """Firmware-assisted dump boots the host's usual kernel and initrd; only kdump has any of its own."""
    absent = file is not None and file.modified is None and facts.settings_file is not None and not _by_fadump(facts)
    return f"{file.path} does not exist" if file is not None and absent and "crash kernel" not in facts.doubts else None


def _dump_size(facts: Facts) -> int:
    """Return about how many bytes a dump has before compression: the memory without what makedumpfile leaves out."""
    memory = facts.kernel.memory
    total, level = memory.get("MemTotal", 0), _dump_level(facts)
    left_out = {name: memory.get(name, 0) for bits, names in LEVELS.items() if level & bits for name in names}
    return max(total - sum(left_out.values()), total // 64)


def _dump_level(facts: Facts) -> int:
    """Return makedumpfile's dump level as the settings have it; 0 for another collector, which copies everything."""
    settings = facts.settings
    words = settings.get("core_collector") or settings.get("MAKEDUMP_ARGS") or f"-d {PLAIN_DUMP_LEVEL}"
    if settings.get("KDUMP_DUMPLEVEL"):
        words = f"-d {settings['KDUMP_DUMPLEVEL']}"
    found = re.search(r"(?:^|\s)-d\s*([0-9]{1,2})(?![0-9])", words, re.ASCII)
    return int(found[1]) if found else 0


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _release(facts: Facts) -> tuple[int, int]:
    words = (facts.kernel.release or "").split("-")[0].split(".")[:2]
    major, minor = [*words, "", ""][:2]
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0)


def _mib(size: int) -> str:
    return f"{size / MIB:.0f} MiB"
