"""Hosts as they are when kdump is armed, one for each distribution, and every way to break them that has a code.

A host is a table of path -> content; ``build`` writes it below a folder. The formats are those of the real hosts
(proc(5), sysfs, each distribution's settings); the numbers are a 3 GB machine's of 2014, as its users set it up.
"""

# ruff: noqa: E501  (a row of the table is one line)
from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from kdump_agent.paths import HostPaths

Content = Union[str, bytes, None]
"""None: the file is not there."""
Tree = Mapping[str, Content]

BUILD_ID = bytes(range(20))
BUILT = 1_700_000_000
"""When the files of a host were made; its initrd a little later."""


@dataclass(frozen=True)
class Newer:
    """A file that was written after the initrd."""

    content: str


@dataclass(frozen=True)
class Older:
    """A file from before the running kernel."""

    content: bytes


def build(root: Path, tree: Mapping[str, Content | Newer | Older]) -> HostPaths:
    """Write a host below ``root``."""
    for name, content in tree.items():
        if content is None:
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content.content if isinstance(content, (Newer, Older)) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        later = 2000 if isinstance(content, Newer) else 1000 if "initr" in name else 0
        later = -1000 if isinstance(content, Older) else later
        os.utime(path, (BUILT + later, BUILT + later))
    return HostPaths(root)


def note(build_id: bytes) -> bytes:
    return struct.pack("<III", 4, len(build_id), 3) + b"GNU\0" + build_id


def vmlinux(build_id: bytes) -> bytes:
    """The smallest 64-bit ELF file with a note segment."""
    notes = note(build_id)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    return header + struct.pack("<IIQQQQQQ", 4, 4, 120, 0, 0, len(notes), len(notes), 4) + notes


def vmlinuz(*, signed: bool) -> bytes:
    """The head of a bzImage with an EFI stub; its certificate table is there or not."""
    image = bytearray(0x400)
    image[:2], image[0x3C:0x40], image[0x80:0x84] = b"MZ", struct.pack("<I", 0x80), b"PE\0\0"
    struct.pack_into("<H", image, 0x80 + 24, 0x20B)
    if signed:
        struct.pack_into("<II", image, 0x80 + 24 + 112 + 32, 0x9F0000, 0x5D8)
    return bytes(image)


MEMINFO = """\
MemTotal:        2831128 kB
MemFree:         1012340 kB
MemAvailable:    2011200 kB
Buffers:           81220 kB
Cached:           902100 kB
SwapCached:            0 kB
AnonPages:        412004 kB
Slab:             120460 kB
HugePages_Total:       0
"""
IOMEM = """\
00001000-0009fbff : System RAM
00100000-bffdffff : System RAM
  1e000000-2cffffff : Crash kernel
"""
MOUNTINFO = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,data=ordered\n"
SHOW = """\
Result=success
LoadState=loaded
ActiveState=active
SubState=exited
UnitFileState=enabled
ActiveEnterTimestamp=Tue 2014-10-28 09:12:11 CET
ConditionResult=yes
ConditionTimestamp=Tue 2014-10-28 09:12:03 CET
"""
SYSCTLS = {"panic": 10, "panic_on_oops": 1, "softlockup_panic": 1, "hung_task_panic": 1, "unknown_nmi_panic": 0}


def machine(
    release: str, service: str, os_release: str, vmlinux_at: str, argument: str = "240M", makedumpfile: str = "1.7.9"
) -> dict[str, Content]:  # fmt: skip
    """What all hosts have alike."""
    return {
        "etc/os-release": os_release,
        "proc/cmdline": f"BOOT_IMAGE=/vmlinuz-{release} root=/dev/sda1 ro crashkernel={argument} quiet\n",
        "proc/iomem": IOMEM,
        "proc/meminfo": MEMINFO,
        "proc/self/mountinfo": MOUNTINFO,
        "proc/sys/kernel/osrelease": f"{release}\n",
        **{f"proc/sys/kernel/{name}": f"{value}\n" for name, value in SYSCTLS.items()},
        "sys/kernel/kexec_crash_loaded": "1\n",
        "sys/kernel/kexec_crash_size": "251658240\n",
        "sys/kernel/notes": note(BUILD_ID),
        f"boot/vmlinuz-{release}": vmlinuz(signed=True),
        f"lib/modules/{release}/modules.dep": "kernel/fs/xfs/xfs.ko: kernel/lib/libcrc32c.ko\n",
        "usr/sbin/makedumpfile": "#!/bin/true\n",
        vmlinux_at: vmlinux(BUILD_ID),
        "var/crash/.keep": "",
        f"kdump-agent-captures/systemctl-show-{service}.service": SHOW,
        "kdump-agent-captures/makedumpfile-v": f"makedumpfile: version {makedumpfile} (released on 4 Nov 2022)\nlzo\tenabled\n",
        "kdump-agent-captures/crash-version": "\ncrash 8.0.2-1\nCopyright (C) 2002-2022  Red Hat, Inc.\n",
        "kdump-agent-captures/stat-f-target": "10200300 4096 3200100\n",
    }


def red_hat(release: str, os_release: str, **more: str) -> dict[str, Content]:
    return {
        **machine(release, "kdump", os_release, f"usr/lib/debug/lib/modules/{release}/vmlinux", **more),
        "etc/kdump.conf": "#raw /dev/vg/lv_kdump\n#ext4 /dev/vg/lv_kdump\npath /var/crash\n"
        "core_collector makedumpfile -l --message-level 7 -d 31\n",
        "etc/sysconfig/kdump": 'KDUMP_KERNELVER=""\nKDUMP_COMMANDLINE=""\n'
        'KDUMP_COMMANDLINE_APPEND="irqpoll nr_cpus=1 reset_devices cgroup_disable=memory mce=off"\nKDUMP_IMG="vmlinuz"\n',
        f"boot/initramfs-{release}kdump.img": "070701",
    }


def debian(release: str, os_release: str) -> dict[str, Content]:
    return {
        **machine(release, "kdump-tools", os_release, f"usr/lib/debug/boot/vmlinux-{release}", "384M-:256M"),
        "etc/default/kdump-tools": 'USE_KDUMP=1\nKDUMP_KERNEL=/var/lib/kdump/vmlinuz\n'
        'KDUMP_INITRD=/var/lib/kdump/initrd.img\n#KDUMP_COREDIR="/var/crash"\n#MAKEDUMP_ARGS="-c -d 31"\n',
        "var/lib/kdump/vmlinuz": vmlinuz(signed=True),
        "var/lib/kdump/initrd.img": "070701",
    }  # fmt: skip


def suse(release: str, os_release: str) -> dict[str, Content]:
    return {
        **machine(release, "kdump", os_release, f"usr/lib/debug/boot/vmlinux-{release}.debug", "251M,high"),
        "etc/sysconfig/kdump": '## Path: System/Kernel/Kdump\nKDUMP_KERNELVER=""\nKDUMP_SAVEDIR="file:///var/crash"\n'
        'KDUMP_KEEP_OLD_DUMPS="0"\nKDUMP_DUMPLEVEL="31"\nKDUMP_DUMPFORMAT="lzo"\n',
        f"boot/initrd-{release}-kdump": "070701",
    }


def debian_7() -> dict[str, Content]:
    """Before systemd: a script and its link, and the kernel in /boot is the crash kernel."""
    release = "3.2.0-4-amd64"
    tree = debian(release, 'PRETTY_NAME="Debian GNU/Linux 7 (wheezy)"\nVERSION_ID="7"\nID=debian\n')
    dropped: dict[str, Content] = dict.fromkeys(
        ["kdump-agent-captures/systemctl-show-kdump-tools.service", "var/lib/kdump/vmlinuz", "var/lib/kdump/initrd.img"]
    )
    return {
        **tree,
        **dropped,
        "etc/default/kdump-tools": "USE_KDUMP=1\nKDUMP_SYSCTL=\"kernel.panic_on_oops=1\"\n",
        f"boot/initrd.img-{release}": "070701",
        "etc/init.d/kdump-tools": "#! /bin/sh\n",
        "etc/rc2.d/S19kdump-tools": "#! /bin/sh\n",
    }  # fmt: skip


def newest_abi(tree: Mapping[str, Content]) -> dict[str, Content]:
    """Since Linux 6.19: the files of kexec in a folder of their own."""
    moved = {"sys/kernel/kexec/crash_loaded": "1\n", "sys/kernel/kexec/crash_size": "268435456\n"}
    return {**tree, "sys/kernel/kexec_crash_loaded": None, "sys/kernel/kexec_crash_size": None, **moved}


HOSTS: dict[str, dict[str, Content]] = {
    "fedora 20": red_hat("3.14.8-200.fc20.x86_64", "NAME=Fedora\nID=fedora\nVERSION_ID=20\n"),
    "centos 7": red_hat("3.14.8-1.el7.x86_64", 'ID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\n'),
    "rhel 9": red_hat("5.14.0-503.11.1.el9_5.x86_64", 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.5"\n',
                      argument="1G-4G:192M,4G-64G:256M,64G-:512M"),
    "rhel 10": red_hat("6.12.0-55.el10.x86_64", 'ID="rhel"\nVERSION_ID="10.0"\n', argument="2G-64G:256M,64G-:512M"),
    "fedora 43": newest_abi(red_hat("6.19.2-300.fc43.x86_64", "ID=fedora\nVERSION_ID=43\n", argument="256M", makedumpfile="1.7.10")),
    "debian 7": debian_7(),
    "debian 12": debian("6.1.0-26-amd64", 'ID=debian\nVERSION_ID="12"\n'),
    "debian 13": debian("6.12.48+deb13-amd64", 'ID=debian\nVERSION_ID="13"\n'),
    "ubuntu 24.04": debian("6.8.0-45-generic", 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n'),
    "suse 15": suse("6.4.0-150600.23.25-default", 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.6"\n'),
}  # fmt: skip


@dataclass(frozen=True)
class Broken:
    """A host with one thing wrong, and what must be found."""

    code: str
    host: str
    change: Mapping[str, Content | Newer | Older]
    remedy: str | None = None
    """The start of the first command that mends it there."""


def show(host_service: str, **changed: str) -> dict[str, Content]:
    lines = dict(line.split("=", 1) for line in SHOW.splitlines())
    words = "".join(f"{name}={value}\n" for name, value in {**lines, **changed}.items())
    return {f"kdump-agent-captures/systemctl-show-{host_service}.service": words}


UNLOADED: Tree = {"sys/kernel/kexec_crash_loaded": "0\n"}
NOTHING_RESERVED: Tree = {
    **UNLOADED,
    "sys/kernel/kexec_crash_size": "0\n",
    "proc/iomem": "00100000-bffdffff : System RAM\n",
}
NO_ARGUMENT: Tree = {**NOTHING_RESERVED, "proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet\n"}
FADUMP: Tree = {**UNLOADED, "sys/kernel/fadump/enabled": "1\n", "sys/kernel/fadump/registered": "0\n"}
SKIPPED = {"ActiveState": "inactive", "SubState": "dead"}
ROOT_MOUNT = "22 1 253:1 / / rw,relatime shared:1 - xfs /dev/mapper/rhel-root rw\n"
OWN_DISK = ROOT_MOUNT + "30 22 8:17 / /var/crash rw - ext4 /dev/sdb1 rw\n"
LUKS: Tree = {  # LVM on LUKS, as installers make it; the kernel's name is a link below /sys/dev/block on a real host
    "proc/self/mountinfo": ROOT_MOUNT,
    "run/udev/data/b253:1": "S:mapper/rhel-root\nS:dm-1\n",
    "sys/class/block/dm-1/dm/uuid": "LVM-0q7WcnXxXK1nSOo0zUC5J3\n",
    "sys/class/block/dm-1/slaves/dm-0": "",
    "sys/class/block/dm-0/dm/uuid": "CRYPT-LUKS2-5f3c0e2f8a474a3c8a0f0bd1f0f0b1c2-luks-5f3c0e2f\n",
}
RHEL_9 = "5.14.0-503.11.1.el9_5.x86_64"
DEBIAN_SETTINGS = "etc/default/kdump-tools"

BROKEN = (
    Broken("host.container", "debian 12", {"run/systemd/container": "lxc\n"}),
    Broken("host.container", "rhel 9", {"run/.containerenv": ""}),
    Broken("kernel.no-kexec", "debian 13", {"sys/kernel/kexec_crash_loaded": None, "sys/kernel/kexec_crash_size": None}),
    Broken("kernel.kexec-disabled", "rhel 9", {**UNLOADED, "proc/sys/kernel/kexec_load_disabled": "1\n"}, "grep -rs kexec_load_dis"),
    Broken("kdump.unknown", "debian 12", {"sys/kernel/kexec_crash_loaded": "perhaps\n"}, "sudo kdump-agent check"),
    Broken("kdump.unknown", "suse 15", {
        "sys/kernel/kexec_crash_loaded": None, "sys/kernel/kexec_crash_size": None, "sys/kernel/notes": None,
    }),
    Broken("kdump.not-installed", "fedora 43", {
        "sys/kernel/kexec/crash_loaded": "0\n", "etc/kdump.conf": None, "etc/sysconfig/kdump": None,
        "kdump-agent-captures/systemctl-show-kdump.service": "LoadState=not-found\nActiveState=inactive\n",
    }, "dnf install -y kdump-utils"),
    Broken("kdump.not-installed", "debian 7", {
        **UNLOADED, DEBIAN_SETTINGS: None, "etc/init.d/kdump-tools": None, "etc/rc2.d/S19kdump-tools": None,
    }, "apt-get install -y kdump-tools"),
    Broken("kdump.switched-off", "debian 12", {**UNLOADED, DEBIAN_SETTINGS: "USE_KDUMP=0\n"}, "echo USE_KDUMP=1 >> /etc/default/kdump-tools"),
    Broken("reservation.missing", "fedora 20", NO_ARGUMENT, "grubby --update-kernel=ALL --args=crashkernel=256M"),
    Broken("reservation.missing", "centos 7", NO_ARGUMENT, "grubby --update-kernel=ALL --args=crashkernel=auto"),
    Broken("reservation.missing", "rhel 9", NO_ARGUMENT, "kdumpctl reset-crashkernel --kernel=ALL"),
    Broken("reservation.missing", "rhel 10", NO_ARGUMENT, "kdumpctl reset-crashkernel --kernel=ALL"),
    Broken("reservation.missing", "debian 7", NO_ARGUMENT, "echo 'GRUB_CMDLINE_LINUX_DEFAULT="),
    Broken("reservation.missing", "ubuntu 24.04", NO_ARGUMENT, "echo 'GRUB_CMDLINE_LINUX_DEFAULT="),
    Broken("reservation.missing", "suse 15", NO_ARGUMENT, "pbl --add-option crashkernel=256M"),
    Broken("reservation.zero", "centos 7", NOTHING_RESERVED, "grubby --update-kernel=ALL --args=crashkernel=256M"),
    Broken("reservation.zero", "debian 13", NOTHING_RESERVED, "echo "),
    Broken("reservation.unknown", "debian 12", {"sys/kernel/kexec_crash_size": "much\n", "proc/iomem": None}),
    Broken("reservation.small", "rhel 9", {"sys/kernel/kexec_crash_size": "33554432\n"}),
    Broken("kdump.not-loaded", "fedora 20", UNLOADED, "systemctl restart kdump.service"),
    Broken("kdump.not-loaded", "fedora 43", {"sys/kernel/kexec/crash_loaded": "0\n"}, "systemctl restart kdump.service"),
    Broken("kdump.not-loaded", "debian 7", UNLOADED, "kdump-config load"),
    Broken("kdump.not-loaded", "debian 13", UNLOADED, "systemctl restart kdump-tools.service"),
    Broken("kdump.not-loaded", "suse 15", NOTHING_RESERVED),
    Broken("fadump.not-registered", "rhel 9", FADUMP, "systemctl restart kdump.service"),
    Broken("unit.failed", "rhel 9", show("kdump", ActiveState="failed", Result="exit-code"), "journalctl -b -u kdump"),
    Broken("unit.skipped", "fedora 43", show("kdump", Result="exec-condition", **SKIPPED), "journalctl -b -u kdump"),
    Broken("unit.skipped", "suse 15", show("kdump", ConditionResult="no", **SKIPPED)),
    Broken("unit.disabled", "ubuntu 24.04", show("kdump-tools", UnitFileState="disabled"), "systemctl enable kdump-tools"),
    Broken("unit.disabled", "debian 7", {"etc/rc2.d/S19kdump-tools": None}, "update-rc.d kdump-tools enable"),
    Broken("unit.masked", "debian 13", show("kdump-tools", LoadState="masked", UnitFileState="masked"),
           "systemctl unmask kdump-tools.service"),
    Broken("unit.unknown", "debian 12", {"kdump-agent-captures/systemctl-show-kdump-tools.service/x": "",
                                         "kdump-agent-captures/systemctl-show-kdump-tools.service": None}),
    Broken("lockdown.unsigned", "debian 12", {
        **UNLOADED, "sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
        "var/lib/kdump/vmlinuz": vmlinuz(signed=False),
    }),
    Broken("lockdown.unsigned", "rhel 9", {
        **UNLOADED, "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": b"\x06\0\0\0\x01",
        f"boot/vmlinuz-{RHEL_9}": vmlinuz(signed=False),
    }),
    Broken("settings.unreadable", "rhel 9", {"etc/kdump.conf": None, "etc/kdump.conf/x": ""}),
    Broken("kernel.missing", "debian 12", {"var/lib/kdump/vmlinuz": None}),
    Broken("kernel.stale", "rhel 9", {
        "etc/sysconfig/kdump": 'KDUMP_KERNELVER="5.14.0-427.el9.x86_64"\n',
        "boot/vmlinuz-5.14.0-427.el9.x86_64": Older(vmlinuz(signed=True)),
        "boot/initramfs-5.14.0-427.el9.x86_64kdump.img": "070701",
    }, "sed -i 's/^KDUMP_KERNELVER="),
    Broken("kernel.stale", "debian 12", {"var/lib/kdump/vmlinuz": Older(vmlinuz(signed=True))}, "systemctl restart kdump-tools"),
    Broken("initrd.missing", "debian 12", {"var/lib/kdump/initrd.img": None}, "rm -f /var/lib/kdump/initrd"),
    Broken("initrd.stale", "fedora 43", {"etc/kdump.conf": Newer("path /srv\n"), "srv/.keep": ""}, "kdumpctl rebuild"),
    Broken("initrd.stale", "debian 12", {"var/lib/kdump/vmlinuz": Newer("")}, "rm -f /var/lib/kdump/initrd"),
    Broken("initrd.stale", "rhel 9", {
        "etc/kdump.conf": "extra_modules mydrv\n", f"lib/modules/{RHEL_9}/modules.dep": Newer(""),
    }, "kdumpctl rebuild"),
    Broken("initrd.stale", "suse 15", {
        "etc/sysconfig/kdump": Newer('KDUMP_SAVEDIR="/var/crash"\n'),
    }, "mkdumprd -f"),
    Broken("target.full", "fedora 20", {"kdump-agent-captures/stat-f-target": "100 4096 3200100\n"}, "df -h /var/crash"),
    Broken("target.full", "suse 15", {"kdump-agent-captures/stat-f-target": "10200300 4096 0\n"}),
    Broken("target.tight", "debian 13", {"kdump-agent-captures/stat-f-target": "30000 4096 3200100\n"}),
    Broken("target.tight", "rhel 9", {  # all memory is written, so much more is wanted
        "etc/kdump.conf": "core_collector cp\n", "kdump-agent-captures/stat-f-target": "400000 4096 3200100\n",
    }),
    Broken("target.read-only", "debian 12", {"proc/self/mountinfo": MOUNTINFO.replace(" rw,data", " ro,data")}),
    Broken("target.missing", "suse 15", {"var/crash/.keep": None}, "mkdir -p /var/crash"),
    Broken("target.unmounted", "rhel 9", {"etc/kdump.conf": "xfs /dev/mapper/vg-crash\npath /\n"}, "mount -a"),
    Broken("target.encrypted", "rhel 9", LUKS),
    Broken("target.encrypted", "debian 12", {  # dumps have a disk of their own, but the crash kernel boots from the root
        **LUKS, "proc/self/mountinfo": OWN_DISK,
    }),
    Broken("target.remote", "centos 7", {"etc/kdump.conf": "ssh dump@collector\nsshkey /root/.ssh/kdump_id_rsa\n"}),
    Broken("target.remote", "debian 12", {DEBIAN_SETTINGS: 'USE_KDUMP=1\nNFS="collector:/dumps"\n'}),
    Broken("target.remote", "suse 15", {"etc/sysconfig/kdump": 'KDUMP_SAVEDIR="sftp://dump@collector/dumps"\n'}),
    Broken("target.unknown", "debian 12", {"proc/self/mountinfo": None, "proc/self/mountinfo/x": ""}),
    Broken("collector.missing", "rhel 10", {"usr/sbin/makedumpfile": None}, "dnf install -y makedumpfile"),
    Broken("collector.missing", "centos 7", {"usr/sbin/makedumpfile": None}, "yum install -y kexec-tools"),
    Broken("collector.old", "debian 12", {  # what Debian 12 ships, and what it says of its own kernel
        "kdump-agent-captures/makedumpfile-v": "makedumpfile: version 1.7.2 (released on 20 Oct 2022)\n",
    }, "apt-get install -y makedumpfile"),
    Broken("panic.oops-survives", "rhel 9", {"proc/sys/kernel/panic_on_oops": "0\n"}),
    Broken("panic.hang-survives", "debian 12", {
        "proc/sys/kernel/softlockup_panic": "0\n", "proc/sys/kernel/hung_task_panic": "0\n",
    }),
    Broken("mce.off", "fedora 20", {"proc/cmdline": "root=/dev/sda1 crashkernel=240M mce=off\n"}),
    Broken("mce.tolerant", "centos 7", {"sys/devices/system/machinecheck/machinecheck0/tolerant": "3\n"}),
    Broken("watchdog.short", "suse 15", {
        "sys/class/watchdog/watchdog0/state": "active\n", "sys/class/watchdog/watchdog0/timeout": "15\n",
        "sys/class/watchdog/watchdog0/identity": "iTCO_wdt\n",
    }),
    Broken("analyser.old", "fedora 20", {"kdump-agent-captures/crash-version": "\ncrash 6.0.6\n"}, "yum update -y crash"),
    Broken("vmlinux.missing", "ubuntu 24.04", {"usr/lib/debug/boot/vmlinux-6.8.0-45-generic": None},
           "apt-get install -y linux-image-$(uname -r)-dbgsym"),
    Broken("vmlinux.mismatch", "rhel 9", {f"usr/lib/debug/lib/modules/{RHEL_9}/vmlinux": vmlinux(b"\1" * 20)}),
    Broken("purge.kdump", "debian 12", {DEBIAN_SETTINGS: "USE_KDUMP=1\nKDUMP_NUM_DUMPS=3\n"}, "sed -i 's/^KDUMP_NUM_DUMPS"),
    Broken("purge.kdump", "suse 15", {"etc/sysconfig/kdump": 'KDUMP_KEEP_OLD_DUMPS="5"\n'}),
    Broken("purge.apport", "ubuntu 24.04", {"etc/cron.daily/apport": "find /var/crash/. -mtime +7 -exec rm -f {} \\;\n"}),
    Broken("purge.abrt", "centos 7", {"usr/lib/systemd/system/abrt-vmcore.service": "[Unit]\n"}),
)  # fmt: skip
