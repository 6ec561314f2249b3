"""Every way to break a host that has a code, for each host to which it can happen.

``ways(name)`` gives the codes and the change that brings each about; what a distribution cannot suffer is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .hosts import HOSTS, LUKS, MOUNTINFO, Content, Newer, Older, show, vmlinux, vmlinuz

Change = dict[str, "Content | Newer | Older"]

SERVICES = {"debian": "kdump-tools", "ubuntu": "kdump-tools"}
SETTINGS = {"debian": "etc/default/kdump-tools", "ubuntu": "etc/default/kdump-tools", "suse": "etc/sysconfig/kdump"}
REMOTE = {"etc/kdump.conf": "ssh dump@collector\n", "etc/default/kdump-tools": "USE_KDUMP=1\nNFS=collector:/x\n",
          "etc/sysconfig/kdump": "KDUMP_SAVEDIR=nfs://collector/x\n"}  # fmt: skip
PURGES = {"etc/default/kdump-tools": "USE_KDUMP=1\nKDUMP_NUM_DUMPS=2\n",
          "etc/sysconfig/kdump": "KDUMP_KEEP_OLD_DUMPS=5\n"}  # fmt: skip
CAPTURES = "kdump-agent-captures"
OLD = "3.1.0-old"


@dataclass(frozen=True)
class Kind:
    """What one host calls its things."""

    name: str

    @property
    def tree(self) -> dict[str, Content]:
        return HOSTS[self.name]

    @property
    def release(self) -> str:
        return str(self.tree["proc/sys/kernel/osrelease"]).strip()

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(int(number) for number in re.findall(r"\d+", self.release)[:2])

    @property
    def family(self) -> str:
        return self.name.split()[0]

    @property
    def service(self) -> str:
        return SERVICES.get(self.family, "kdump")

    @property
    def settings(self) -> str:
        return SETTINGS.get(self.family, "etc/kdump.conf")

    @property
    def has_systemd(self) -> bool:
        return self.name != "debian 7"

    def the(self, pattern: str) -> str:
        """The one file of the host whose name fits."""
        (found,) = [path for path, content in self.tree.items() if content is not None and re.search(pattern, path)]
        return found

    @property
    def loaded(self) -> str:
        return self.the("crash_loaded$")

    @property
    def size(self) -> str:
        return self.the("crash_size$")

    @property
    def image(self) -> str:
        """The crash kernel."""
        found = [path for path in ("var/lib/kdump/vmlinuz", f"boot/vmlinuz-{self.release}") if self.tree.get(path)]
        return found[0]


def ways(name: str) -> Iterator[tuple[str, Change]]:
    kind = Kind(name)
    yield from _kernel(kind)
    yield from _service(kind)
    yield from _target(kind)
    yield from _faults(kind)
    yield from _tools(kind)


def _kernel(kind: Kind) -> Iterator[tuple[str, Change]]:
    unloaded: Change = {kind.loaded: "0\n"}
    nothing: Change = {**unloaded, kind.size: "0\n", "proc/iomem": "00100000-bffdffff : System RAM\n"}
    yield "host.container", {"run/.containerenv": ""}
    yield "kernel.no-kexec", {kind.loaded: None, kind.size: None}
    yield "kernel.kexec-disabled", {**unloaded, "proc/sys/kernel/kexec_load_disabled": "1\n"}
    yield "kdump.unknown", {kind.loaded: "perhaps\n"}
    yield "kdump.not-loaded", unloaded
    yield "reservation.missing", {**nothing, "proc/cmdline": "root=/dev/sda1 ro quiet\n"}
    yield "reservation.zero", nothing
    yield "reservation.unknown", {kind.size: "much\n", "proc/iomem": None}
    yield "reservation.small", {kind.size: "33554432\n"}
    yield (
        "fadump.not-registered",
        {**unloaded, "sys/kernel/fadump_enabled": "1\n", "sys/kernel/fadump_registered": "0\n"},
    )
    yield "kernel.missing", {kind.image: None}
    older: Change = {f"boot/vmlinuz-{OLD}": Older(vmlinuz(signed=True))}
    if kind.image.startswith("var/"):
        older = {kind.image: Older(vmlinuz(signed=True))}
    elif kind.family == "debian":
        older[kind.settings] = f"USE_KDUMP=1\nKDUMP_KERNEL=/boot/vmlinuz-{OLD}\n"
    else:
        older["etc/sysconfig/kdump"] = f"KDUMP_KERNELVER={OLD}\n"
    yield "kernel.stale", older
    if kind.family in ("debian", "ubuntu"):
        yield "initrd.missing", {kind.the("initr"): None}
        yield "initrd.stale", {kind.image: Newer("")}
    else:
        yield "initrd.stale", {kind.settings: Newer(str(kind.tree[kind.settings]))}
    if kind.version >= (5, 4):  # security/lockdown
        locked: Change = {"sys/kernel/security/lockdown": "none [integrity] confidentiality\n"}
        yield "lockdown.unsigned", {**unloaded, **locked, kind.image: vmlinuz(signed=False)}


def _service(kind: Kind) -> Iterator[tuple[str, Change]]:
    gone: Change = {kind.loaded: "0\n", **{path: None for path in kind.tree if re.match("etc/(?!os-release)", path)}}
    capture = f"{CAPTURES}/systemctl-show-{kind.service}.service"
    if not kind.has_systemd:
        yield "kdump.not-installed", gone
        yield "unit.disabled", {"etc/rc2.d/S19kdump-tools": None}
    else:
        yield "kdump.not-installed", {**gone, capture: "LoadState=not-found\nActiveState=inactive\n"}
        yield "unit.failed", {**show(kind.service, ActiveState="failed", SubState="failed", Result="exit-code")}
        yield "unit.skipped", {**show(kind.service, ActiveState="inactive", SubState="dead", ConditionResult="no")}
        yield "unit.disabled", {**show(kind.service, UnitFileState="disabled")}
        yield "unit.masked", {**show(kind.service, LoadState="masked", UnitFileState="masked", ActiveState="inactive")}
        yield "unit.unknown", {capture: None, f"{capture}/x": ""}
    yield "settings.unreadable", {kind.settings: None, f"{kind.settings}/x": ""}
    if kind.family in ("debian", "ubuntu"):
        yield "kdump.switched-off", {kind.loaded: "0\n", kind.settings: "USE_KDUMP=0\n"}
    if kind.settings in PURGES:
        yield "purge.kdump", {kind.settings: PURGES[kind.settings]}


def _target(kind: Kind) -> Iterator[tuple[str, Change]]:
    yield "target.full", {f"{CAPTURES}/stat-f-target": "100 4096 3200100\n"}
    yield "target.tight", {f"{CAPTURES}/stat-f-target": "30000 4096 3200100\n"}
    yield "target.read-only", {"proc/self/mountinfo": MOUNTINFO.replace(" rw,data", " ro,data")}
    yield "target.encrypted", dict(LUKS)
    yield "target.missing", {"var/crash/.keep": None}
    yield "target.remote", {kind.settings: REMOTE[kind.settings]}
    yield "target.unknown", {"proc/self/mountinfo": None, "proc/self/mountinfo/x": ""}
    if kind.settings == "etc/kdump.conf":
        yield "target.unmounted", {kind.settings: "xfs /dev/mapper/vg-crash\npath /\n"}


def _faults(kind: Kind) -> Iterator[tuple[str, Change]]:
    yield "panic.oops-survives", {"proc/sys/kernel/panic_on_oops": "0\n"}
    survives = {f"proc/sys/kernel/{name}": "0\n" for name in ("softlockup_panic", "hung_task_panic")}
    yield "panic.hang-survives", {**survives}
    yield "mce.off", {"proc/cmdline": "root=/dev/sda1 crashkernel=240M mce=off\n"}
    yield "mce.tolerant", {"sys/devices/system/machinecheck/machinecheck0/tolerant": "3\n"}
    dog = "sys/class/watchdog/watchdog0"
    yield "watchdog.short", {f"{dog}/state": "active\n", f"{dog}/timeout": "15\n", f"{dog}/identity": "iTCO_wdt\n"}


def _tools(kind: Kind) -> Iterator[tuple[str, Change]]:
    yield "collector.missing", {"usr/sbin/makedumpfile": None}
    yield "vmlinux.missing", {kind.the("usr/lib/debug"): None}
    yield "vmlinux.mismatch", {kind.the("usr/lib/debug"): vmlinux(b"\1" * 20)}
    if kind.version > (3, 16):
        yield "collector.old", {f"{CAPTURES}/makedumpfile-v": "makedumpfile: version 1.5.7 (released on 18 Sep 2014)\n"}
    if kind.version >= (3, 6):
        yield "analyser.old", {f"{CAPTURES}/crash-version": "\ncrash 6.0.6\n"}
    if kind.family == "ubuntu":
        yield "purge.apport", {"etc/cron.daily/apport": "find /var/crash/. -mtime +7 -exec rm -f {} \\;\n"}
    if kind.family in ("fedora", "centos", "rhel"):
        yield "purge.abrt", {"usr/lib/systemd/system/abrt-vmcore.service": "[Unit]\n"}
