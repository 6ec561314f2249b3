"""Say how bad a machine check is, and what that means for what ran.

Intel SDM vol. 3B, "Recovery of Uncorrected Recoverable (UCR) Errors", table "MC Error Classifications"; AMD APM vol. 2,
"Machine Check Architecture", and the PPR of family 17h, table "Error Scope Hierarchy".
"""

from __future__ import annotations

from dataclasses import dataclass

from . import status as bits
from .processor import Processor
from .registers import bit, field


@dataclass(frozen=True)
class Severity:
    """How bad."""

    name: str
    """"corrected", "deferred", "UCNA", "SRAO", "SRAR", "uncorrected", "fatal", or "unknown"."""
    recoverability: str
    """What it means for the software that ran, in words."""


INVALID = Severity("unknown", "the bank holds no valid error")
CORRECTED = Severity("corrected", "the hardware corrected it and nothing was lost")
FATAL = Severity("fatal", "the processor's state cannot be trusted, so nothing could go on")
SRAR = Severity("SRAR", "the data was lost and about to be used; what used it must stop")
SRAO = Severity("SRAO", "the data was lost, but found before anything used it; the system can go on")
UCNA = Severity("UCNA", "the data was lost and marked as poisoned, but nothing has used it; the system can go on")
UNDEFINED = Severity("uncorrected", "the data was lost; S=0 with AR=1 is undefined, and the kernel panics on it")
UNCORRECTED = Severity("uncorrected", "the data was lost; this processor cannot tell what may go on")
DEFERRED = Severity("deferred", "the data was lost and marked as poisoned; trouble comes when something uses it")
CONTAINED = Severity("uncorrected", "the data was lost; it was kept from spreading, and what used it must stop")
TASK_LOST = Severity("uncorrected", "the data was lost and what ran on this CPU cannot go on")
SCRUBBED = Severity("SRAO", "the patrol scrubber found lost data before anything used it, and told it as corrected")

BY_SIGNAL = {(1, 1): SRAR, (1, 0): SRAO, (0, 0): UCNA, (0, 1): UNDEFINED}
"""By S and AR."""
NO_RESTART = "what this CPU ran could not be restarted (RIPV is clear)"
CONTRADICTION = "but PCC without UC is no state of a real error: firmware may have left these bits, so update it first"
NOT_ENABLED = "but it signalled nothing, for its reporting was not enabled (EN is clear)"
OVERWRITTEN = "another error was lost when this one was recorded"
NO_ADDRESS = "the CPU did not tell where it stood, so nothing could be restarted"


def grade(status: int, mcg: int, processor: Processor, bank: int | None = None) -> Severity:
    """Return the severity of one bank's error; ``mcg`` is MCG_STATUS at that time, 0 outside an exception."""
    found = (_amd if processor.amd else _intel)(status, processor, bank)
    remarks = [found.recoverability]
    if bit(status, bits.VAL) and bit(status, bits.UC) and not bit(status, bits.EN):
        remarks.append(NOT_ENABLED)
    if bit(status, bits.VAL) and bit(status, bits.PCC) and not bit(status, bits.UC):
        remarks.append(CONTRADICTION)
    if bit(status, bits.VAL) and bit(status, bits.OVER):
        remarks.append(OVERWRITTEN)
    if bit(mcg, bits.MCIP) and not bit(mcg, bits.RIPV) and found not in (CORRECTED, FATAL):
        remarks.append(NO_RESTART if bit(mcg, bits.EIPV) else NO_ADDRESS)
    return Severity(found.name, "; ".join(remarks))


def _intel(status: int, processor: Processor, bank: int | None) -> Severity:
    if not bit(status, bits.VAL):
        return INVALID
    if not bit(status, bits.UC):
        return SCRUBBED if _told_as_corrected(status, processor, bank) else CORRECTED
    if bit(status, bits.PCC):
        return FATAL
    signal = (field(status, bits.S, bits.S), field(status, bits.AR, bits.AR))
    return BY_SIGNAL[signal] if processor.recovers or any(signal) else UNCORRECTED


def _amd(status: int, processor: Processor, _bank: int | None) -> Severity:
    if not bit(status, bits.VAL):
        return INVALID
    if bit(status, bits.UC):
        if bit(status, bits.PCC):
            return FATAL
        return TASK_LOST if processor.scalable and bit(status, bits.TCC) else CONTAINED
    deferred = bit(status, bits.DEFERRED) and (processor.family or 0x17) >= 0x15
    return DEFERRED if deferred else CORRECTED


def _told_as_corrected(status: int, processor: Processor, bank: int | None) -> bool:
    """Is it the uncorrected error of a patrol scrub that Skylake-SP, from stepping 4, may signal as a corrected one?

    Known by UC=0, MSCOD 0x0010 and MCACOD 000x'0000'1100'xxxx in a memory controller's bank; the kernel's grading of
    machine checks (arch/x86/kernel/cpu/mce/severity.c) knows it too.
    """
    return (
        (processor.vendor, processor.family, processor.model) == ("intel", 6, 0x55)
        and (processor.stepping or 0) >= 4
        and bank in range(13, 19)
        and status & 0xFFFF_EFF0 == 0x0010_00C0
    )
