"""A real Debian in QEMU that is there to be crashed. Its disk is thrown away; the image stays clean.

The guest has a folder of this host at /host, and reaches this host's loopback, and nothing else, as 10.0.2.2.
No KVM is needed or used: emulation is the same on every machine.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .hand import Answer, Hand
from .image import Image, image
from .monitor import Monitor
from .recipe import Recipe

INTEL = "qemu64,vendor=GenuineIntel,family=6,model=85,+mce,+mca"
"""A processor whose machine checks the kernel reads as Intel's."""
KERNEL_ARGUMENTS = "root=/dev/vda rw console=ttyS0 crashkernel=256M"
PATIENCE = 900.0
"""Seconds after which a guest that says nothing counts as hung; a busy machine needs a third of that at worst."""


class Guest:
    """A running guest."""

    def __init__(self, image: Image, share: Path, hand: Hand, monitor: Monitor) -> None:
        self.image, self.share, self.monitor, self._hand = image, share, monitor, hand
        self.boot_id = ""

    @property
    def console(self) -> str:
        """What the guest's kernels have said so far."""
        return (self.share.parent / "console.log").read_bytes().decode("utf-8", "replace")

    def run(self, script: str, *, check: bool = True, within: float = PATIENCE) -> str:
        """Run a shell script as root and return what it said.

        Raises AssertionError when it fails, and TimeoutError.
        """
        answer = self.ask(script, within=within)
        assert answer.status == 0 or not check, f"{script}: status {answer.status}\n{answer.text}"
        return answer.text

    def ask(self, script: str, *, within: float = PATIENCE) -> Answer:
        """Run a shell script as root and return what it said and how it ended."""
        with self._blame_console():
            return self._hand.run(script, within)

    def wait_for_boot(self) -> None:
        """Wait until the guest has come up, for the first time or again."""
        with self._blame_console():
            self.boot_id = self._hand.wait_until_ready(PATIENCE)
        self.run("systemctl is-system-running --wait", check=False)

    def crash(self, script: str) -> None:
        """Begin what never returns, and wait through panic, crash kernel, dump and the next boot."""
        self._hand.start(f"sync; {script}")
        self.wait_for_boot()

    def put(self, source: Path) -> str:
        """Copy a file into the shared folder; return where the guest finds it."""
        shutil.copy(source, self.share / source.name)
        return f"/host/{source.name}"

    @contextlib.contextmanager
    def _blame_console(self) -> Iterator[None]:
        try:
            yield
        except (TimeoutError, ConnectionError) as exc:
            last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.console)[-4000:]
            raise AssertionError(f"the guest does not answer: {exc}; its console ends:\n{last}") from exc


@contextlib.contextmanager
def guest(recipe: Recipe, home: Path, *, memory: int = 1024, arguments: str = "") -> Iterator[Guest]:
    """Yield a guest that has come up; on leaving its power is gone.

    ``home`` is an empty folder for its console.log and the shared folder, ``memory`` is in MiB, ``arguments`` are
    the kernel's, beyond KERNEL_ARGUMENTS.
    """
    built = image(recipe)
    share = home / "share"
    share.mkdir(parents=True)
    with _qemu(built, home, share, memory, arguments) as (hand, monitor):
        machine = Guest(built, share, hand, monitor)
        machine.wait_for_boot()
        yield machine


@contextlib.contextmanager
def _qemu(built: Image, home: Path, share: Path, memory: int, arguments: str) -> Iterator[tuple[Hand, Monitor]]:
    ours, theirs = zip(*(socket.socketpair() for _ in range(2)))
    argv = [
        "qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-user-config",
        "-machine", "q35,sata=off,smbus=off", "-accel", "tcg,thread=multi",
        "-cpu", INTEL, "-smp", "2", "-m", str(memory),
        "-kernel", str(built.kernel), "-initrd", str(built.initrd), "-append", f"{KERNEL_ARGUMENTS} {arguments}",
        # "snapshot" puts what the guest writes into a file that nobody else sees
        "-drive", f"file={built.disk},format=raw,if=virtio,cache=unsafe,snapshot=on",
        "-virtfs", f"local,path={share},mount_tag=host,security_model=none",
        "-nic", "user,model=virtio-net-pci",
        "-serial", f"file:{home / 'console.log'}",
        "-chardev", f"socket,id=hand,fd={theirs[0].fileno()}",
        "-device", "virtio-serial", "-device", "virtserialport,chardev=hand,name=lab",
        "-chardev", f"socket,id=monitor,fd={theirs[1].fileno()}", "-mon", "chardev=monitor,mode=control",
    ]  # fmt: skip
    with (home / "qemu.log").open("wb") as log:
        numbers = [each.fileno() for each in theirs]
        qemu = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=numbers)
    for each in theirs:
        each.close()
    try:
        with contextlib.closing(Hand(ours[0])) as hand, contextlib.closing(Monitor(ours[1])) as monitor:
            yield hand, monitor
    finally:
        qemu.kill()
        qemu.wait()
