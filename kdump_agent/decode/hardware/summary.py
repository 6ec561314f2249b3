"""The one sentence that a technician acts on: what, where, how bad, what to try."""

from __future__ import annotations

from .record import HardwareError

HOW_BAD = {
    "fatal": "fatal: the processor's state is lost",
    "uncorrected": "uncorrected",
    "SRAR": "uncorrected; the software that used the data had to be stopped (SRAR)",
    "SRAO": "uncorrected, found before the data was used (SRAO)",
    "UCNA": "uncorrected, no action needed at once (UCNA)",
    "deferred": "uncorrected, deferred until the data is used",
    "corrected": "corrected by the hardware",
}
WHAT_TO_TRY = {
    "memory_controller": "reseat or replace the DIMMs of that channel, then test the memory",
    "extended_memory": "test the memory that serves as cache",
    "bus": "look at the devices and links behind that socket, and for firmware updates",
    "simple": "update firmware and microcode; when it comes back, replace the processor",
}


def summarise(record: HardwareError) -> str:
    """Return the sentence for a machine check."""
    decoded = record.decoded
    where = [f"CPU {record.cpu}", f"bank {record.bank}"]
    if record.socket is not None:
        where.insert(0, f"socket {record.socket}")
    if record.addr is not None:
        where.append(f"address {record.addr}")
    if record.injected:
        remedy = "it was injected, so no part is at fault"
    else:
        remedy = WHAT_TO_TRY.get(decoded["class"], "when it comes back, replace the processor of that socket")
    return f"{decoded['text']} ({', '.join(where)}); {HOW_BAD[decoded['severity']]}; {remedy}."
