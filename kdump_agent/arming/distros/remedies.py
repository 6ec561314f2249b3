"""The exact commands that mend a host, for each distribution. Pure.

A release that is not named does as its parent does. What is safe changes only kdump's own state and can be done
again at any time; installing, editing settings and above all the boot loader is left to a person.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from .distribution import Distribution

PARENT = {
    "fedora41": "fedora36", "fedora36": "fedora22", "fedora22": "fedora", "fedora": "red hat",
    "rhel10": "rhel9", "rhel9": "rhel8", "rhel8": "rhel", "rhel": "red hat", "ubuntu": "debian", "debian7": "debian",
    "suse16": "suse", "ostree": "rhel9",
}  # fmt: skip
# family -> (first release of this way, its name), newest first; a rolling release is the newest
RELEASES = {
    "fedora": ((41, "fedora41"), (36, "fedora36"), (22, "fedora22"), (0, "fedora")),
    "rhel": ((10, "rhel10"), (9, "rhel9"), (8, "rhel8"), (0, "rhel")),
    "debian": ((8, "debian"), (0, "debian7")),
    "ubuntu": ((0, "ubuntu"),),
    "suse": ((16, "suse16"), (0, "suse")),
}


@dataclass(frozen=True)
class Remedy:
    """What mends a finding."""

    commands: tuple[str, ...]
    """Shell command lines in their order; the ones of a safe remedy are a program and its arguments only."""
    safe: bool = False
    """May ``check --fix --yes`` run them?"""
    reboot: bool = False
    """Do they work from the next boot on only?"""


def _grub_debian(file: str, size: str) -> tuple[str, ...]:
    """Of two such arguments the kernel obeys the last (kernel/crash_reserve.c), so the former may stay."""
    line = f'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel={size}"'
    return (f"echo '{line}' >> {file}", "update-grub")


# what is to be done -> by which way -> how
REMEDIES: dict[str, dict[str, Remedy | None]] = {
    "install": {
        "ostree": Remedy(("rpm-ostree install kdump-utils makedumpfile",), reboot=True),
        "fedora41": Remedy(("dnf install -y kdump-utils makedumpfile",)),
        "rhel10": Remedy(("dnf install -y kdump-utils makedumpfile",)),
        "fedora22": Remedy(("dnf install -y kexec-tools",)),
        "rhel8": Remedy(("dnf install -y kexec-tools",)),
        "red hat": Remedy(("yum install -y kexec-tools",)),
        "debian": Remedy(("apt-get install -y kdump-tools",)),
        "suse": Remedy(("zypper --non-interactive install kdump kexec-tools makedumpfile",)),
    },
    "reserve": {
        # grubby is not there, and kdumpctl refuses --kernel=
        "ostree": Remedy(("rpm-ostree kargs --append-if-missing=crashkernel=256M",), reboot=True),
        # kdumpctl(8) of kexec-tools 2.0.23 and later
        "fedora36": Remedy(("kdumpctl reset-crashkernel --kernel=ALL",), reboot=True),
        "rhel9": Remedy(("kdumpctl reset-crashkernel --kernel=ALL",), reboot=True),
        # Red Hat's kernels up to RHEL 8 understand "auto"; Fedora's never did
        "rhel": Remedy(("grubby --update-kernel=ALL --args=crashkernel=auto",), reboot=True),
        "red hat": Remedy(("grubby --update-kernel=ALL --args=crashkernel=256M",), reboot=True),
        "debian7": Remedy(_grub_debian("/etc/default/grub", "384M-:256M"), reboot=True),
        "debian": Remedy(_grub_debian("/etc/default/grub.d/kdump-tools.cfg", "384M-:256M"), reboot=True),
        # kdump(7) of kdump 2: the service writes the sizes that `kdumptool calibrate` finds
        "suse16": Remedy(("systemctl restart kdump-commandline.service",), reboot=True),
        "suse": Remedy(("pbl --add-option crashkernel=256M", "pbl --config"), reboot=True),
    },
    # more than too little is, and not so much that a small machine has no memory left
    "resize": {
        "ostree": Remedy(("rpm-ostree kargs --replace=crashkernel=256M",), reboot=True),
        "red hat": Remedy(("grubby --update-kernel=ALL --args=crashkernel=256M",), reboot=True),
        "debian7": Remedy(_grub_debian("/etc/default/grub", "256M"), reboot=True),
        "debian": Remedy(_grub_debian("/etc/default/grub.d/kdump-tools.cfg", "256M"), reboot=True),
        "suse": Remedy(
            ("pbl --del-option crashkernel", "pbl --add-option crashkernel=256M", "pbl --config"), reboot=True
        ),
    },
    "load": {
        "red hat": Remedy(("systemctl restart kdump.service",), safe=True),
        "debian7": Remedy(("kdump-config load",), safe=True),
        "debian": Remedy(("systemctl restart kdump-tools.service",), safe=True),
        "suse": Remedy(("systemctl restart kdump.service",), safe=True),
    },
    "enable": {
        "red hat": Remedy(("systemctl enable kdump.service",), safe=True),
        "debian7": Remedy(("update-rc.d kdump-tools enable",), safe=True),
        "debian": Remedy(("systemctl enable kdump-tools.service",), safe=True),
        "suse": Remedy(("systemctl enable kdump.service",), safe=True),
    },
    "unmask": {
        "red hat": Remedy(("systemctl unmask kdump.service", "systemctl enable --now kdump.service")),
        "debian": Remedy(("systemctl unmask kdump-tools.service", "systemctl enable --now kdump-tools.service")),
        "suse": Remedy(("systemctl unmask kdump.service", "systemctl enable --now kdump.service")),
    },
    "see": {
        "red hat": Remedy(("journalctl -b -u kdump.service",)),
        "debian7": Remedy(("kdump-config test",)),
        "debian": Remedy(("journalctl -b -u kdump-tools.service", "kdump-config test")),
        "suse": Remedy(("journalctl -b -u kdump.service",)),
    },
    "rebuild": {
        # kdumpctl(8) of kexec-tools 2.0.20 and later
        "fedora36": Remedy(("kdumpctl rebuild", "kdumpctl restart"), safe=True),
        "rhel9": Remedy(("kdumpctl rebuild", "kdumpctl restart"), safe=True),
        # mkdumprd is run again when kdump.conf is newer than the initrd
        "red hat": Remedy(("touch /etc/kdump.conf", "kdumpctl restart"), safe=True),
        "debian7": Remedy(("update-initramfs -u -k all", "kdump-config unload", "kdump-config load")),
        # kdump-config(8) builds a missing one when it loads; its "symlinks" refuses as long as one is loaded
        "debian": Remedy(
            ("rm -f /var/lib/kdump/initrd.img-$(uname -r)", "systemctl restart kdump-tools.service")
        ),
        "suse": Remedy(("mkdumprd -f", "systemctl restart kdump.service"), safe=True),
    },
    "use this kernel": {
        "red hat": Remedy(("sed -i 's/^KDUMP_KERNELVER=.*/KDUMP_KERNELVER=/' /etc/sysconfig/kdump",
                           "systemctl restart kdump.service")),
        "debian7": Remedy(("vi /etc/default/kdump-tools  # take out KDUMP_KERNEL, KDUMP_INITRD", "kdump-config load")),
        # kdump-config(8) renews its links to the running kernel whenever it loads
        "debian": Remedy(("systemctl restart kdump-tools.service",), safe=True),
        "suse": Remedy(("sed -i 's/^KDUMP_KERNELVER=.*/KDUMP_KERNELVER=/' /etc/sysconfig/kdump",
                        "systemctl restart kdump.service")),
    },
    "switch on": {
        "debian": Remedy(
            ("echo USE_KDUMP=1 >> /etc/default/kdump-tools", "systemctl restart kdump-tools.service")
        ),
        "debian7": Remedy(("echo USE_KDUMP=1 >> /etc/default/kdump-tools", "kdump-config load")),
    },
    "install collector": {
        "ostree": Remedy(("rpm-ostree install makedumpfile",), reboot=True),
        "fedora41": Remedy(("dnf install -y makedumpfile",)),
        "rhel10": Remedy(("dnf install -y makedumpfile",)),
        "fedora22": Remedy(("dnf install -y kexec-tools",)),
        "rhel8": Remedy(("dnf install -y kexec-tools",)),
        "red hat": Remedy(("yum install -y kexec-tools",)),
        "debian": Remedy(("apt-get install -y makedumpfile",)),
        "suse": Remedy(("zypper --non-interactive install makedumpfile",)),
    },
    "update collector": {
        "ostree": Remedy(("rpm-ostree upgrade",), reboot=True),
        "fedora41": Remedy(("dnf upgrade -y makedumpfile",)),
        "rhel10": Remedy(("dnf upgrade -y makedumpfile",)),
        "fedora22": Remedy(("dnf upgrade -y kexec-tools",)),
        "rhel8": Remedy(("dnf upgrade -y kexec-tools",)),
        "red hat": Remedy(("yum update -y kexec-tools",)),
        "debian": Remedy(("apt-get install -y makedumpfile",)),
        "suse": Remedy(("zypper --non-interactive update makedumpfile",)),
    },
    "update analyser": {
        "ostree": Remedy(("rpm-ostree upgrade",), reboot=True),
        "fedora22": Remedy(("dnf upgrade -y crash",)),
        "rhel8": Remedy(("dnf upgrade -y crash",)),
        "red hat": Remedy(("yum update -y crash",)),
        "debian": Remedy(("apt-get install -y crash",)),
        "suse": Remedy(("zypper --non-interactive update crash",)),
    },
    "install vmlinux": {
        "ostree": None,
        "fedora22": Remedy(("dnf debuginfo-install -y kernel-$(uname -r)",)),
        "rhel8": Remedy(("dnf debuginfo-install -y kernel-$(uname -r)",)),
        "red hat": Remedy(("debuginfo-install -y kernel-$(uname -r)",)),
        "ubuntu": Remedy(("apt-get install -y linux-image-$(uname -r)-dbgsym",)),
        "debian": Remedy(("apt-get install -y linux-image-$(uname -r)-dbg",)),
        "suse": Remedy(("zypper --non-interactive install kernel-default-debuginfo",)),
    },
    "register fadump": {
        "red hat": Remedy(("systemctl restart kdump.service",), safe=True),
        "debian": Remedy(("kdump-config load",), safe=True),
        "suse": Remedy(("systemctl restart kdump.service",), safe=True),
    },
    "keep dumps": {
        "debian": Remedy(("sed -i 's/^KDUMP_NUM_DUMPS=.*/KDUMP_NUM_DUMPS=0/' /etc/default/kdump-tools",)),
        "suse": Remedy(("sed -i 's/^KDUMP_KEEP_OLD_DUMPS=.*/KDUMP_KEEP_OLD_DUMPS=0/' /etc/sysconfig/kdump",)),
    },
    "without abrt": {"red hat": Remedy(("systemctl disable --now abrt-vmcore.service",))},
    "without apport": {"debian": Remedy(("chmod a-x /etc/cron.daily/apport",))},
    "dumps stay here": {
        "red hat": Remedy(("vi /etc/kdump.conf  # comment out the target (ssh ...), leave: path /var/crash",
                           "systemctl restart kdump.service")),
        "debian": Remedy(("vi /etc/default/kdump-tools  # comment out SSH, NFS, FTP",
                          "systemctl restart kdump-tools.service")),
        "suse": Remedy(("vi /etc/sysconfig/kdump  # KDUMP_SAVEDIR=file:///var/crash",
                        "systemctl restart kdump.service")),
    },
}  # fmt: skip

# The same everywhere; {folder} is the target's folder.
EVERYWHERE = {
    "make folder": Remedy(("mkdir -p {folder}",), safe=True),
    "make room": Remedy(("df -h {folder}", "du -xsh {folder}/*")),
    "mount": Remedy(("mount -a",)),
    "remount": Remedy(('mount -o remount,rw "$(findmnt -n -o TARGET -T {folder})"',)),
    "panic on oops": Remedy(("echo kernel.panic_on_oops=1 >> /etc/sysctl.d/60-kdump.conf", "sysctl --system")),
    "panic on hang": Remedy(
        ("printf 'kernel.%s_panic=1\\n' softlockup hung_task >> /etc/sysctl.d/60-kdump.conf", "sysctl --system")
    ),
    "allow kexec": Remedy(
        ("grep -rs kexec_load_disabled /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d  # take it out",),
        reboot=True,
    ),
    "tolerate less": Remedy(("echo 1 > /sys/devices/system/machinecheck/machinecheck0/tolerant",)),
    "look as root": Remedy(("sudo kdump-agent check",)),
}


def remedy(what: str, distribution: Distribution, folder: str) -> Remedy | None:
    """Return how ``what`` is done on this distribution; None when we do not know a way that is right there."""
    found = EVERYWHERE.get(what)
    if found is not None:
        return Remedy(
            tuple(line.format(folder=shlex.quote(folder)) for line in found.commands), found.safe, found.reboot
        )
    ways, way = REMEDIES[what], _way(distribution)
    while way is not None and way not in ways:
        way = PARENT.get(way)
    return ways[way] if way is not None else None


def _way(distribution: Distribution) -> str | None:
    if distribution.ostree:
        return "ostree"
    ways = RELEASES.get(distribution.family, ())
    major = distribution.major
    return next((way for first, way in ways if major is None or major >= first), None)
