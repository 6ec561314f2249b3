"""Every path of the host, under one root.

Tests and ``--root`` give another root; nothing else in the program spells an absolute path of the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HostPaths:
    """Where a host keeps what the agent looks at."""

    root: Path = Path("/")

    @property
    def config(self) -> Path:
        """Our own settings; ``config.d/*.toml`` beside it is read after it."""
        return self.root / "etc/kdump-agent/config.toml"

    @property
    def decoder(self) -> Path:
        """The socket of our own sandboxed decoder (systemd/kdump-agent-decoder.socket)."""
        return self.root / "run/kdump-agent/decoder"

    @property
    def os_release(self) -> Path:
        return self.root / "etc/os-release"

    @property
    def ostree_booted(self) -> Path:
        """Is there where the system is an image of OSTree (ostree-prepare-root(1))."""
        return self.root / "run/ostree-booted"

    @property
    def container_marks(self) -> tuple[Path, ...]:
        """Files that only a container has: systemd's own and Podman's. Docker's /.dockerenv stays in an image that
        becomes a virtual machine's."""
        return tuple(self.root / mark for mark in ("run/systemd/container", "run/.containerenv"))

    @property
    def machine_id(self) -> Path:
        return self.root / "etc/machine-id"

    @property
    def hostname(self) -> Path:
        return self.root / "proc/sys/kernel/hostname"

    @property
    def boot_id(self) -> Path:
        return self.root / "proc/sys/kernel/random/boot_id"

    @property
    def uptime(self) -> Path:
        return self.root / "proc/uptime"

    @property
    def mountinfo(self) -> Path:
        return self.root / "proc/self/mountinfo"

    @property
    def udev_records(self) -> Path:
        """What udev remembers of each device; that of block device 8:1 is named ``b8:1``."""
        return self.root / "run/udev/data"

    @property
    def block_devices(self) -> Path:
        """Links from each block device's number to its place, whose name is the kernel's."""
        return self.root / "sys/dev/block"

    @property
    def block_names(self) -> Path:
        """A folder for each block device, by the kernel's name."""
        return self.root / "sys/class/block"

    @property
    def crash_keys(self) -> Path:
        """How many keys of dm-crypt the crash kernel is given (Documentation/admin-guide/kdump/kdump.rst)."""
        return self.root / "sys/kernel/config/crash_dm_crypt_keys/count"

    @property
    def kdump_conf(self) -> Path:
        """Fedora, RHEL, CentOS: kdump.conf(5)."""
        return self.root / "etc/kdump.conf"

    @property
    def sysconfig_kdump(self) -> Path:
        """Fedora, RHEL, CentOS (command line) and SUSE (everything)."""
        return self.root / "etc/sysconfig/kdump"

    @property
    def default_kdump_tools(self) -> Path:
        """Debian, Ubuntu."""
        return self.root / "etc/default/kdump-tools"

    @property
    def command_line(self) -> Path:
        return self.root / "proc/cmdline"

    @property
    def kernel_release(self) -> Path:
        return self.root / "proc/sys/kernel/osrelease"

    @property
    def iomem(self) -> Path:
        """Has the crash kernel's real range; zeros for anybody but root."""
        return self.root / "proc/iomem"

    @property
    def meminfo(self) -> Path:
        return self.root / "proc/meminfo"

    @property
    def sysctls(self) -> Path:
        return self.root / "proc/sys/kernel"

    @property
    def kexec(self) -> tuple[Path, Path]:
        """The two places of the kexec ABI, the newer first: ``crash_loaded`` is ``kexec/crash_loaded`` since Linux
        6.19 and ``kexec_crash_loaded`` before (Documentation/ABI/testing and obsolete, sysfs-kernel-kexec-kdump)."""
        return self.root / "sys/kernel/kexec", self.root / "sys/kernel"

    @property
    def fadump(self) -> tuple[Path, Path]:
        """Firmware-assisted dump on POWER; the newer place first (ABI/testing/sysfs-kernel-fadump)."""
        return self.root / "sys/kernel/fadump", self.root / "sys/kernel"

    @property
    def kernel_notes(self) -> Path:
        """The ELF notes of the running kernel, its build-id among them."""
        return self.root / "sys/kernel/notes"

    @property
    def lockdown(self) -> Path:
        return self.root / "sys/kernel/security/lockdown"

    @property
    def secure_boot(self) -> Path:
        """The UEFI variable SecureBoot: four bytes of attributes, then 0 or 1 (UEFI 2.10, section 3.3)."""
        return self.root / "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

    @property
    def machine_check_tolerant(self) -> Path:
        return self.root / "sys/devices/system/machinecheck/machinecheck0/tolerant"

    @property
    def watchdogs(self) -> Path:
        return self.root / "sys/class/watchdog"

    @property
    def pstores(self) -> tuple[Path, Path]:
        """Where the kernel shows what it kept over a reset, and where systemd-pstore(8) moves it."""
        return self.root / "sys/fs/pstore", self.root / "var/lib/systemd/pstore"

    @property
    def boot_errors(self) -> Path:
        """ACPI's boot error region (ABI/testing/sysfs-firmware-acpi)."""
        return self.root / "sys/firmware/acpi/tables/data/BERT"

    @property
    def wtmp(self) -> tuple[Path, Path]:
        """wtmp(5): the one before the last rotation, and the present one."""
        return self.root / "var/log/wtmp.1", self.root / "var/log/wtmp"

    @property
    def dmesg(self) -> Path:
        """This boot's kernel log, as SysV init and older distributions leave it."""
        return self.root / "var/log/dmesg"

    @property
    def init_scripts(self) -> Path:
        return self.root / "etc/init.d"

    @property
    def start_links(self) -> Path:
        """The links of the usual run level that start services at boot, before systemd."""
        return self.root / "etc/rc2.d"

    @property
    def unit_links(self) -> tuple[Path, ...]:
        """The folders that change when a unit is enabled, disabled or masked."""
        units = self.root / "etc/systemd/system"
        return units, *(units / f"{target}.target.wants" for target in ("multi-user", "basic", "sysinit"))

    @property
    def apport(self) -> Path:
        """Ubuntu's daily clean-up of the crash folder."""
        return self.root / "etc/cron.daily/apport"

    @property
    def abrt_vmcore(self) -> tuple[Path, ...]:
        """ABRT's service that takes dumps away at boot."""
        return tuple(
            self.root / place / "abrt-vmcore.service" for place in ("usr/lib/systemd/system", "lib/systemd/system")
        )

    def vmlinuxes(self, release: str) -> tuple[Path, ...]:
        """Where kernel-debuginfo (Fedora, RHEL), linux-image-dbg (Debian), -dbgsym (Ubuntu) and
        kernel-default-debuginfo (SUSE) put the vmlinux, and where one that was built here lies."""
        places = (
            "usr/lib/debug/lib/modules/{}/vmlinux", "usr/lib/debug/boot/vmlinux-{}", "usr/lib/debug/vmlinux-{}",
            "usr/lib/debug/boot/vmlinux-{}.debug", "usr/lib/debug/usr/lib/modules/{}/vmlinux.debug",
        )  # fmt: skip
        return tuple(self.root / place.format(release) for place in places)

    def boot_vmlinuxes(self, release: str) -> tuple[Path, ...]:
        """Where a kernel that somebody built has its own, perhaps packed."""
        packed = (f"boot/vmlinux-{release}{ending}" for ending in ("", ".gz", ".bz2", ".xz", ".zst", ".lz4"))
        return tuple(self.root / place for place in packed)

    def by_build_id(self, build_id: str) -> Path:
        """Where distributions link debugging information by the build-id of what it is of."""
        return self.root / "usr/lib/debug/.build-id" / build_id[:2] / f"{build_id[2:]}.debug"

    def module_debug(self, release: str) -> tuple[Path, ...]:
        """The folders with debugging information of a release's modules."""
        return tuple(self.root / f"usr/lib/debug/{usr}lib/modules/{release}" for usr in ("", "usr/"))

    @property
    def program_folders(self) -> tuple[Path, ...]:
        return tuple(
            self.root / place for place in ("usr/bin", "usr/sbin", "bin", "sbin", "usr/local/bin", "usr/local/sbin")
        )

    @property
    def captures(self) -> Path:
        """What programs of a host said, when ``root`` is a copy of that host: one file for each question."""
        return self.root / "kdump-agent-captures"
