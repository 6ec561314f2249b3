"""Speaks as crash does in batch: reads commands, answers each, and does what a test wants it to do.

The real one needs half a gigabyte of vmlinux; test_real.py asks that the same things.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

PLAN = Path(__file__).resolve().parent
SAYS = {
    "bt -a": 'PID: 7  TASK: ffff8ed981262100  CPU: 0  COMMAND: "sh"\n'
    " #0 [ffffffffb4603e90] bar_read+16 at ffffffffc064e8cb [bar_fs]\n",
    "dis -l (foo+16) 1": "fs/foo.c: 52\n0xffffffffb364e8cb <foo+16>:\tsti\n",
    "sys": "   CPUS: 2\n  TASKS: 90\nRELEASE: 6.1.0\n",
    "ps": " 2 0 0 ffff8ed981262100  IN   0.0 0 0 [kthreadd]\n",
}


def main() -> None:
    plan = (PLAN / "plan").read_text().split("\n")
    with (PLAN / "starts").open("a") as file:
        file.write(" ".join(sys.argv[1:-2]) + "\n")
    if any(f"refuse {option}".strip() in plan for option in set(sys.argv[1:-2]) & {"--zero_excluded", "--minimal"}):
        sys.exit(1)
    if "refuse plain" in plan and not set(sys.argv) & {"--zero_excluded", "--minimal"}:
        print("\n".join(line[4:] for line in plan if line.startswith("say ")), flush=True)
        sys.exit(1)
    for line in sys.stdin:
        with (PLAN / "asked").open("a") as file:
            file.write(line)
        answer(line.strip(), plan)


def answer(command: str, plan: list[str]) -> None:
    verb, _, rest = command.partition(" ")
    if verb == "eval":
        number = int(rest)
        print(
            f"hexadecimal: {number:x}  \n    decimal: {number}  \n      octal: {number:o}\n     binary: {number:064b}"
        )
    elif f"hang {command}" in plan:
        print("began", flush=True)
        time.sleep(1000)
    elif f"die {command}" in plan:
        print("began", flush=True)
        os.abort()
    elif f"flood {command}" in plan:
        for number in range(200_000):
            print(f"line {number:060}")
    elif f"forge {command}" in plan:
        print("hexadecimal: 1\n    decimal: 1\n      octal: 1\n     binary: 1\nafter")
    elif "--minimal" in sys.argv and command != "log":
        print(f"crash: {verb}: command not available in minimal mode")
    else:
        print(SAYS.get(command, f"said {command}"))
    sys.stdout.flush()


main()
