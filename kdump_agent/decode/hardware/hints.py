"""What the kernel says around a machine check, explained.

The messages are those of the kernel's arch/x86/kernel/cpu/mce/core.c and severity.c (before 4.21 in mcheck/), from
2.6.32 on; finding them is mce.py's work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Hint:
    """A message and what it means."""

    pattern: re.Pattern[str]
    words: str
    part: str | None = None
    """What a technician looks at when this is all that is told."""
    severity: str = "fatal"


TDX = "the kernel suspects itself: it may have written to a TDX guest's private memory, which poisons it on some CPUs"
FAKE = "fake_panic was on: the kernel only played a panic"
_HUNG = "(hung, or stuck with interrupts off; that need not be a fault of the hardware)"
_TABLE: tuple[tuple[str, str, str | None, str], ...] = (
    # Who did not answer, and what the kernel panicked on.
    (r"CPUs not responding to MCE broadcast.*?: ([\d,-]{1,200})", f"CPUs {{0}} did not answer the broadcast {_HUNG}",
     "watchdog", "fatal"),
    (r"Some CPUs didn't answer in synchronization", f"some CPUs did not answer the broadcast {_HUNG}", "watchdog",
     "fatal"),
    (r"Timeout: Not all CPUs entered broadcast exception handler|Timeout synchronizing machine check over CPUs",
     "not every CPU came to the machine check handler in time, so the kernel gave up", "watchdog",
     "fatal"),
    (r"Timeout: (?:Subject CPUs unable|Monarch CPU (?:unable|did not)) ?(?:to )?finish machine check processing",
     "a CPU came to the machine check handler and did not finish in time", "watchdog", "fatal"),
    (r"[Mm]achine check from unknown source",
     "no bank held a fatal error: something outside the CPUs (chipset, board, management controller) signalled it, "
     "or a CPU hung", "unknown", "fatal"),
    (r"Fatal local machine check|Fatal machine check on current CPU",
     "the CPU that met the error could not go on", None, "fatal"),
    (r"Panicing machine check CPU died", "the CPU that handled the machine check died meanwhile", "processor", "fatal"),
    (r"CPU#\d{1,5}: Machine Check Exception: +0x *([0-9A-Fa-f]{1,16}) \(type 0x *([0-9A-Fa-f]{1,16})\)",
     "a processor without banks (Pentium, WinChip) tells address 0x{0}, type 0x{1}", "processor", "fatal"),
    (r"MCA architectural violation", "the CPU refused access to its own machine check registers", "processor", "fatal"),
    (r"Kernel panic - not syncing: .*[Mm]achine check", "the kernel panicked on a machine check", None, "fatal"),
    (r"Fake kernel panic: ", FAKE, None, "unknown"),
    # Why it was graded so: "Machine check: ..." after the last record.
    (r"Processor context corrupt|CPU context corrupt$",
     "PCC is set: the processor's registers cannot be trusted, so nothing could go on", None, "fatal"),
    (r"Machine check: Invalid", "the bank held no valid error when the kernel graded it", None, "unknown"),
    (r"Machine check: Not enabled", "reporting of this error was not enabled", None, "unknown"),
    (r"MCIP not set in MCA handler", "MCG_STATUS did not say that a machine check was in progress", None, "fatal"),
    (r"Neither restart nor error IP", "no valid address to restart from, nor one of the error", None, "fatal"),
    (r"In kernel and no restart IP", "it hit the kernel, which could not be restarted", None, "fatal"),
    (r"[Uu]nrecoverable error in kernel context", "it hit the kernel, which cannot recover from it", None, "fatal"),
    (r"Illegal combination", "the status bits (UCNA with AR=1) contradict each other", None, "fatal"),
    (r"with lost events|Overflowed uncorrected", "another uncorrected error was lost", None, "fatal"),
    (r"in error recoverable area of kernel", "the kernel loaded lost data where it can go on without", None,
     "uncorrected"),
    (r"(?:error )?in a user process", "a process, not the kernel, used lost data", None, "uncorrected"),
    (r"unaffected thread is continuable", "another thread was hit, this one can go on", None, "uncorrected"),
    (r"memory scrubbing error|Uncorrected Patrol Scrub", "the scrubber found it before anything used it", None,
     "uncorrected"),
    (r"last level cache writeback error", "lost data left the last level cache, nothing used it yet", None,
     "uncorrected"),
    (r"Uncorrected no action required", "nothing has used the lost data yet", None, "uncorrected"),
    (r"Non signaled machine check", "the bank did not signal this error as the cause", None, "unknown"),
    (r"Machine check: Corrected error", "the kernel panicked although the error was corrected", None, "unknown"),
    (r"Machine check: No match", "no rule of the kernel fits the status bits", None, "unknown"),
    (r"Data load (?:error )?in unrecoverable area of kernel", "the kernel itself loaded lost data", None, "fatal"),
    (r"Instruction fetch error in kernel", "the kernel's own code was in the lost memory", None, "fatal"),
    (r"unknown MCACOD", "the kernel does not know how to recover from this error code", None, "fatal"),
    (r"Machine check: Uncorrected", "the hardware could not correct it", None, "fatal"),
    (r"TDX private memory error", TDX, None, "fatal"),
    # Memory that was lost while the system went on.
    (r"Uncorrected hardware memory error in user-access at ([0-9a-f]{1,16})",
     "a process used lost memory at 0x{0} and was killed or spared", "memory", "uncorrected"),
    (r"Memory error not recovered", "the lost page could not be taken out of use", "memory", "uncorrected"),
)  # fmt: skip
LOGGED = "Machine check events logged"
"""All that a kernel says when it leaves the records to mcelog or rasdaemon."""
_WORTH_A_LOOK = re.compile(
    r"achine check|MCE broadcast|broadcast exception|answer in synch|Fake kernel panic|[Mm]emory error (?:not|in user)"
    r"|TDX private|MCA architectural|CPU context corrupt$|CPU#\d"
)


@lru_cache(maxsize=1)
def _hints() -> tuple[Hint, ...]:
    """Most logs have none of these, so the patterns are not made before they are asked for."""
    return tuple(Hint(re.compile(pattern), words, part, severity) for pattern, words, part, severity in _TABLE)


def explain(text: str) -> tuple[Hint, str] | None:
    """Return the hint that a line is, with its words filled in; None for any other line."""
    if LOGGED in text or not _WORTH_A_LOOK.search(text):
        return None
    for hint in _hints():
        if found := hint.pattern.search(text):
            return hint, hint.words.format(*found.groups())
    return None
