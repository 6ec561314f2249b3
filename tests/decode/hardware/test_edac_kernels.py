"""Whatever AMD's EDAC decoder prints comes back whole: drivers/edac/mce_amd.c, amd_decode_mce(), of three ages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdump_agent.decode.hardware.edac_amd import find_edac_amd
from kdump_agent.decode.hardware.processor import cpuid

from .kernels import CHECKS, HW, Check
from .logs import lines

OVER, UC, MISCV, ADDRV, PCC, SYNDV, TCC, DEFERRED, POISON, SCRUB = 62, 61, 59, 58, 57, 53, 55, 44, 43, 40
CODE = "cache level: L3/GEN, mem/io: MEM, mem-tx: RD, part-proc: RES (no timeout)"
PROCESSORS = st.sampled_from((0x20F12, 0x100F42, 0x200F31, 0x300F10, 0x500F10, 0x600F12, 0x700F01))
SCALABLE = st.sampled_from((0x800F12, 0x830F10, 0x900F22, 0xA10F11, 0xB00F20))


def mark(check: Check, bit: int, word: str) -> str:
    return word if check.status >> bit & 1 else "-"


def ecc(check: Check) -> str:
    told = check.status >> 45 & 3
    return f"|{'C' if told == 2 else 'U'}ECC" if told else ""


def sentence(check: Check) -> str:
    uncorrected = "System Fatal error." if check.status >> PCC & 1 else "Uncorrected, software containable error."
    deferred = "Deferred error, no action required." if check.status >> DEFERRED & 1 else None
    return uncorrected if check.status >> UC & 1 else deferred or "Corrected error, no action required."


def kind(check: Check) -> str:
    return "UE" if check.status >> UC & 1 else "-" if check.status >> DEFERRED & 1 else "CE"


def bits(check: Check, *more: str) -> str:
    first = (mark(check, OVER, "Over"), kind(check), mark(check, MISCV, "MiscV"))
    return "|".join((*first, *more))


def of_3_0(check: Check) -> Iterator[str]:
    told = bits(check, mark(check, PCC, "PCC"), mark(check, ADDRV, "AddrV"))
    yield f"CPU:{check.cpu}\tMC{check.bank}_STATUS[{told}{ecc(check)}]: 0x{check.status:016x}"
    if check.status >> ADDRV & 1:
        yield f"\tMC{check.bank}_ADDR: 0x{check.addr:016x}"
    yield f"Northbridge Error (node {check.socket}): DRAM ECC error detected on the NB."
    yield CODE


def of_3_14(check: Check) -> Iterator[str]:
    family, model, stepping = cpuid(check.cpuid)
    yield f"MC{check.bank} Error (node {check.socket}): DRAM ECC error detected on the NB."
    yield f"Error Status: {sentence(check)}"
    told = bits(check, mark(check, PCC, "PCC"), mark(check, ADDRV, "AddrV"))
    place = f"CPU:{check.cpu} ({family:x}:{model:x}:{stepping:x}) MC{check.bank}_STATUS"
    yield f"{place}[{told}{ecc(check)}]: 0x{check.status:016x}"
    if check.status >> ADDRV & 1:
        yield f"MC{check.bank} Error Address: 0x{check.addr:016x}"
    yield CODE


def of_6(check: Check) -> Iterator[str]:
    family, model, stepping = cpuid(check.cpuid)
    yield sentence(check)
    own = (mark(check, TCC, "TCC"), mark(check, SYNDV, "SyndV"))
    last = (mark(check, DEFERRED, "Deferred"), mark(check, POISON, "Poison"), mark(check, SCRUB, "Scrub"))
    told = bits(check, mark(check, ADDRV, "AddrV"), mark(check, PCC, "PCC"), *own)
    place = f"CPU:{check.cpu} ({family:x}:{model:x}:{stepping:x}) MC{check.bank}_STATUS"
    yield f"{place}[{told}{ecc(check)}|{'|'.join(last)}]: 0x{check.status:016x}"
    if check.status >> ADDRV & 1:
        yield f"Error Addr: 0x{check.addr:016x}"
    if check.ppin:
        yield f"PPIN: 0x{check.ppin:016x}"
    syndrome = f", Syndrome: 0x{check.synd:016x}" if check.status >> SYNDV & 1 else ""
    yield f"IPID: 0x{check.ipid:016x}{syndrome}"
    yield "Unified Memory Controller Ext. Error Code: 0, DRAM ECC error."
    yield "cache level: L3/GEN, tx: GEN, mem-tx: RD"


Printer = Callable[[Check], Iterator[str]]


@pytest.mark.parametrize(
    ("printer", "processors", "tells"),
    [(of_3_0, PROCESSORS, ""), (of_3_14, PROCESSORS, "model"), (of_6, SCALABLE, "model ppin ipid synd")],
)
@given(st.data())
@settings(max_examples=100, deadline=None)
def test_edac_s_lines_come_back_whole(
    printer: Printer, processors: st.SearchStrategy[int], tells: str, data: st.DataObject
) -> None:
    checks = data.draw(st.lists(CHECKS, min_size=1, max_size=4))
    eax = data.draw(processors)
    log = "".join(f"{HW}{line}\n" for check in checks for line in printer(replace(check, cpuid=eax)))
    found = list(find_edac_amd(lines(log)))
    assert len(found) == len(checks)
    for check, record in zip(checks, found):
        assert (record.cpu, record.bank, record.status) == (check.cpu, check.bank, f"{check.status:#x}")
        assert record.addr == (f"{check.addr:#x}" if check.status >> ADDRV & 1 else None)
        if "model" in tells:
            assert (record.family, record.model, record.stepping) == cpuid(eax)
        if "ipid" in tells:
            assert record.ipid == f"{check.ipid:#x}"
            assert record.synd == (f"{check.synd:#x}" if check.status >> SYNDV & 1 else None)
            assert record.ppin == (f"{check.ppin:#x}" if check.ppin else None)
