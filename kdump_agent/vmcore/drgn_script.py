"""The kernel's log by drgn's view of a dump's memory: drgn finds the pages, our own code the log in them.

Runs as a program of its own, ``python3 -I drgn_script.py HOME VMCORE``, under whichever Python has drgn; HOME is where
our package lies. No debugging information is needed: VMCOREINFO tells where the log is. The log goes to standard
output, what is in doubt to standard error, a line each. Exit codes: 0 there is a log,
1 there is none.
"""

from __future__ import annotations

import os
import sys


def main(home: str, vmcore: str) -> int:
    """Write the log."""
    import drgn

    sys.path.insert(0, home)
    from kdump_agent.vmcore.dmesg import Log, log_of
    from kdump_agent.vmcore.header import read_header
    from kdump_agent.vmcore.kernel import Kernel
    from kdump_agent.vmcore.memory import Absent

    class Space:
        def read(self, where: int, length: int) -> bytes:
            try:
                return bytes(program.read(where, length))
            except Exception as exc:
                raise Absent(f"drgn has no memory at {where:#x}: {exc}") from exc

    try:
        program = drgn.Program()
        program.set_core_dump(vmcore)
        flags, order = program.platform.flags, drgn.PlatformFlags
        word = 8 if flags & order.IS_64_BIT else 4
        info = read_header(os.open(vmcore, os.O_RDONLY)).info
        log = log_of(Kernel(Space(), info, "<" if flags & order.IS_LITTLE_ENDIAN else ">", word))
    except Absent as exc:
        log = Log(b"", (str(exc),))
    except Exception as exc:  # noqa: BLE001  whatever drgn and libkdumpfile raise
        log = Log(b"", (f"drgn could not open it: {exc}",))
    sys.stdout.buffer.write(log.text)
    sys.stderr.write("".join(f"{ascii(doubt)[1:-1]}\n" for doubt in log.doubts))
    return 0 if log.text else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
