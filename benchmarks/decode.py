"""How long decoding takes: a log of 1 MB, the same twenty times as long, and the start of ``kdump-agent decode``.

    python benchmarks/decode.py [LOG]

The log, by default a real one of tests/data/dmesg, is repeated to its size, so that it holds many crashes and all of
them are looked at; then lines that nearly are what the decoder looks for. Wanted: less than 100 ms of CPU for 1 MB, a
time in proportion to the size for all, and a start below 0.3 s.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from kdump_agent.decode.log import decode

REPOSITORY = Path(__file__).resolve().parent.parent
LOG = REPOSITORY / "tests/data/dmesg/debian12-null.txt"
ROUNDS = 5
HOSTILE = {  # lines that nearly are what the decoder looks for
    "half a date": b"Nov 23 20:47:11 " + b"h" * 250 + b" " + b"k" * 250 + b"\n",
    "half a clock": b"[" + b"M" * 16 + b" " + b"N" * 16 + b" 23 20:47:11" + b"x" * 39 + b"\n",
    "half a place": b"kernel BUG at a.c:1!\n" + b"a+0x1/" * 600 + b"\n",
    "half an arm frame": b"kernel BUG at a.c:1!\n" + (b"a" * 200 + b"+0x1/0x2 from ") * 10 + b"\n",
    "half a file list": b"kernel BUG at a.c:1!\nfoo (" + b"a:1 " * 140 + b"\n",
    "half a task": b"kernel BUG at a.c:1!\nCPU: 1 PID: 1 Comm: " + b"a " * 40 + b"Taint\n",
    "crash upon crash": b"kernel BUG at a.c:1!\nCall Trace:\n foo+0x1/0x2\n",
    "colours": b"\x1b[1;31mx\x1b[0m\r\n",
}


def main(argv: list[str]) -> None:
    log = Path(argv[1]) if len(argv) > 1 else LOG
    content = log.read_bytes()
    for megabytes in (1, 5, 20):
        repeated = (content * (megabytes * 1_000_000 // len(content) + 1))[: megabytes * 1_000_000]
        spent = best(repeated)
        print(f"{megabytes:3} MB   {spent * 1000:7.0f} ms of CPU   {spent * 1000 / megabytes:5.0f} ms a MB")
    for name, line in HOSTILE.items():
        half, whole = (best(line * (size // len(line))) for size in (1_000_000, 2_000_000))
        print(f"{name:>20} {whole * 500:5.0f} ms a MB   twice as long takes {whole / half:.1f} times as long")
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "kdump_agent", "decode", "--brief", str(log)], cwd=REPOSITORY, check=True)
    print(f"start    {(time.perf_counter() - begun) * 1000:7.0f} ms for one log of {len(content) // 1000} KB")


def best(log: bytes) -> float:
    """Return the CPU seconds of the fastest of some rounds: the others were disturbed."""
    spent = []
    for _ in range(ROUNDS if len(log) < 10_000_000 else 1):
        begun = time.process_time()
        decode(log)
        spent.append(time.process_time() - begun)
    return min(spent)


if __name__ == "__main__":
    main(sys.argv)
