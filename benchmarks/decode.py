"""How long decoding takes, in units of a peer that was measured in the same run.

    python benchmarks/decode.py [LOG]

The log, by default each of tests/data/dmesg, is repeated to its size, so that it holds many crashes and all of them
are looked at. The peer of decoding is the least that any reader of logs in Python does: split the text into lines and
match one regular expression, that of a time stamp, on each. The peer of the start is Python's own. Exit code 1 where a
ratio is worse than wanted. On a busy machine of two cores 1 MB took 60 to 100 ms of CPU, and a start 150.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Callable

from kdump_agent.decode.log import decode

REPOSITORY = Path(__file__).resolve().parent.parent
LOGS = sorted((REPOSITORY / "tests/data/dmesg").glob("*.txt"))
ROUNDS = 5
MOST_OF_A_PEER = 30.0
"""How many times the peer's time decoding may take."""
MOST_OF_LINEAR = 1.5
"""How many times the time of 1 MB each MB of 20 may take."""
MOST_OF_A_START = 20.0
"""How many times an empty Python's time the start may take."""
STAMP = re.compile(r"\[ *(\d+\.\d+)\] (.*)")


def main(argv: Sequence[str]) -> int:
    worst = 0
    for log in map(Path, argv[1:] or LOGS):
        one, twenty = of_size(log.read_bytes(), 1), of_size(log.read_bytes(), 20)
        ours, peer = best(decode, one), best(peer_of_decoding, one)
        long = best(decode, twenty) / 20
        worst |= ours > MOST_OF_A_PEER * peer or long > MOST_OF_LINEAR * ours
        print(
            f"{log.name:28} 1 MB {ours * 1000:4.0f} ms of CPU, {ours / peer:4.1f} times splitting and matching;"
            f" 20 MB {long / ours:4.2f} times that a MB"
        )
    ours, peer = start("-m", "kdump_agent", "decode", "--brief", str(LOGS[0])), start("-c", "pass")
    print(f"start {ours * 1000:.0f} ms of CPU, {ours / peer:.1f} times an empty Python's")
    return int(worst or ours > MOST_OF_A_START * peer)


def of_size(content: bytes, megabytes: int) -> bytes:
    """Return a log repeated to so many million bytes."""
    return (content * (megabytes * 1_000_000 // len(content) + 1))[: megabytes * 1_000_000]


def peer_of_decoding(log: bytes) -> int:
    """Split and match."""
    return sum(STAMP.match(line) is not None for line in log.decode("utf-8", "replace").split("\n"))


def best(work: Callable[[bytes], object], log: bytes) -> float:
    """Return the CPU seconds of the fastest of some rounds: the others were disturbed."""
    spent = []
    for _ in range(ROUNDS if len(log) < 10_000_000 else 1):
        begun = time.process_time()
        work(log)
        spent.append(time.process_time() - begun)
    return min(spent)


def start(*words: str) -> float:
    """Return the CPU seconds of the fastest of some starts."""
    spent = []
    for _ in range(ROUNDS):
        begun = children()
        subprocess.run([sys.executable, *words], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
        spent.append(children() - begun)
    return min(spent)


def children() -> float:
    """Return the CPU seconds of all children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv))
