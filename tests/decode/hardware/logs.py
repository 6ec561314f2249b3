"""Logs for the tests of hardware errors. The formats are the kernel's; places, numbers and parts are made up."""

from __future__ import annotations

import re

from kdump_agent.decode.line import Line
from kdump_agent.decode.lines import split

GHES_MEMORY = """\
{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 2
{1}[Hardware Error]: It has been corrected by h/w and requires no further action
{1}[Hardware Error]: event severity: corrected
{1}[Hardware Error]:  Error 0, type: corrected
{1}[Hardware Error]:  fru_text: B2
{1}[Hardware Error]:   section_type: memory error
{1}[Hardware Error]:    error_status: Storage error in DRAM memory (0x0000000000000400)
{1}[Hardware Error]:   physical_address: 0x00000012345678c0
{1}[Hardware Error]:   node:1 card:4 module:0 rank:1 bank:3 device:14 row:58165 column:816 requestor_id:0x7
{1}[Hardware Error]:   error_type: 2, single-bit ECC
{1}[Hardware Error]:   DIMM location: P1 DIMM_B2
"""
GHES_EDAC = (
    "EDAC MC0: 1 CE single-bit ECC on P1 DIMM_B2 (node:1 card:4 module:0 rank:1 bank:3 row:58165 column:816 page:"
    "0x1234567 offset:0x8c0 grain:1 syndrome:0x0 - APEI location: node:1 card:4 status(0x0000000000000400): DRAM)\n"
)
GHES_2_6_39 = """\
[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0
[Hardware Error]: APEI generic hardware error status
[Hardware Error]: severity: 0, recoverable
[Hardware Error]: section: 0, severity: 0, recoverable
[Hardware Error]: flags: 0x01
[Hardware Error]: primary
[Hardware Error]: section_type: general processor error
[Hardware Error]: processor_type: 0, IA32/X64
[Hardware Error]: error_type: 0x01
[Hardware Error]: cache error
[Hardware Error]: operation: 1, data read
[Hardware Error]: target_address: 0x00000000abcd0000
[Hardware Error]: section: 1, severity: 3, info
[Hardware Error]: section_type: memory error
[Hardware Error]: physical_address: 0x0000000000777000
[Hardware Error]: node: 0
[Hardware Error]: card: 3
"""
GHES_PCIE = """\
{7}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 4
{7}[Hardware Error]: event severity: fatal
{7}[Hardware Error]:  imprecise tstamp: 2026-11-20 11:12:13
{7}[Hardware Error]:  Error 0, type: fatal
{7}[Hardware Error]:   section_type: PCIe error
{7}[Hardware Error]:   port_type: 4, root port
{7}[Hardware Error]:   version: 3.0
{7}[Hardware Error]:   command: 0x0547, status: 0x4010
{7}[Hardware Error]:   device_id: 0000:3a:02.0
{7}[Hardware Error]:   slot: 7
{7}[Hardware Error]:   secondary_bus: 0x3b
{7}[Hardware Error]:   vendor_id: 0x8086, device_id: 0x2032
{7}[Hardware Error]:   class_code: 060400
{7}[Hardware Error]:   aer_uncor_status: 0x00004000, aer_uncor_mask: 0x00100000
{7}[Hardware Error]:   TLP Header: 00000000 00000000 00000000 00000000
"""
GHES_ARM = """\
{2}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 9
{2}[Hardware Error]: event severity: recoverable
{2}[Hardware Error]:  Error 0, type: recoverable
{2}[Hardware Error]:   section_type: ARM processor error
{2}[Hardware Error]:   MIDR: 0x00000000481fd010
{2}[Hardware Error]:   Multiprocessor Affinity Register (MPIDR): 0x0000000081080000
{2}[Hardware Error]:   running state: 0x1
{2}[Hardware Error]:   Error info structure 0:
{2}[Hardware Error]:   num errors: 1
{2}[Hardware Error]:    error_type: 0, cache error
{2}[Hardware Error]:    error_info: 0x0000000000c20058
{2}[Hardware Error]:     transaction type: Data Access
{2}[Hardware Error]:     processor context not corrupted
{2}[Hardware Error]:    physical fault address: 0x00000000a1b2c3c0
{2}[Hardware Error]:   Error info structure 1:
{2}[Hardware Error]:    error_type: 1, TLB error
"""
GHES_X64 = """\
{4}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1
{4}[Hardware Error]: event severity: recoverable
{4}[Hardware Error]:  Error 0, type: recoverable
{4}[Hardware Error]:   section_type: IA32/X64 processor error
{4}[Hardware Error]:   Local APIC_ID: 0x2c
{4}[Hardware Error]:   CPUID Info:
{4}[Hardware Error]:   00000000: 00830f10 00000000 2c100800 00000000
{4}[Hardware Error]:   Error Information Structure 0:
{4}[Hardware Error]:    Error Structure Type: TLB error
{4}[Hardware Error]:    Check Information: 0x000000000400001f
{4}[Hardware Error]:     Processor Context Corrupt: false
"""
GHES_CXL = """\
{3}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 5
{3}[Hardware Error]: event severity: corrected
{3}[Hardware Error]:  Error 0, type: corrected
{3}[Hardware Error]:   section_type: CXL Protocol Error
{3}[Hardware Error]:    agent_type: 2, CXL Device
{3}[Hardware Error]:    agent_address: 0000:e1:00.0
{3}[Hardware Error]:    vendor_id: 0x1e98, device_id: 0x0d93
{3}[Hardware Error]:    cxl_ras_uncor_status: 0x00000000
"""
BERT = """\
BERT: Error records from previous boot:
[Hardware Error]: event severity: fatal
[Hardware Error]:  Error 0, type: fatal
[Hardware Error]:   section_type: Firmware Error Record Reference
[Hardware Error]:   Firmware Error Record Type: SOC Firmware Error Record Type2
[Hardware Error]:   Revision: 2
[Hardware Error]:   Record Identifier: 8f87f311-c998-4d9e-a0c4-6065518c4f6d
[Hardware Error]:   00000000: 0300016d 00000280 a68a3bd0 00000002  m........;......
"""
AER_NEW = """\
pcieport 0000:80:1b.4: AER: Uncorrectable (Non-Fatal) error message received from 0000:84:00.0
nvme 0000:84:00.0: PCIe Bus Error: severity=Uncorrectable (Non-Fatal), type=Transaction Layer, (Requester ID)
nvme 0000:84:00.0:   device [144d:a80a] error status/mask=00104000/00100000
nvme 0000:84:00.0:    [14] CmpltTO                (First)
nvme 0000:84:00.0: AER:   TLP Header: 0x34000000 0x00000052 0x00000000 0x00000000
nvme 0000:84:00.0: AER: can't recover (no error_detected callback)
pcieport 0000:80:1b.4: AER: device recovery failed
"""
AER_OLD = """\
pcieport 0000:00:1c.5: AER: Multiple Corrected error received: id=02a1
pcieport 0000:02:14.1: PCIe Bus Error: severity=Corrected, type=Physical Layer, id=02a1(Receiver ID)
pcieport 0000:02:14.1:   device [8086:9d15] error status/mask=00000001/00002000
pcieport 0000:02:14.1:    [ 0] Receiver Error         (First)
"""
AER_FIRMWARE = """\
pcieport 0000:3a:02.0: AER: aer_status: 0x00004000, aer_mask: 0x00100000
pcieport 0000:3a:02.0:    [14] CmpltTO                (First)
pcieport 0000:3a:02.0: AER: aer_layer=Transaction Layer, aer_agent=Requester ID
pcieport 0000:3a:02.0: AER: aer_uncor_severity: 0x00066010
"""
AER_2_6_32 = """\
+------ PCI-Express Device Error ------+
Error Severity\t\t: Uncorrected (Non-Fatal)
PCIE Bus Error type\t: Transaction Layer
Flow Control Protocol \t: Multiple
Receiver ID\t\t: 0010
VendorID=1106h, DeviceID=a238h, Bus=00h, Device=02h, Function=00h
TLP Header:
04000001 00200a03 05010000 00050100
"""
AER_TRACE = (
    "irq/24-a-424   2d..1 29198383us : aer_event: 0000:00:05.0 PCIe Bus Error: severity=Corrected, Bad TLP|RELAY_NUM "
    "Rollover, TLP Header=Not available\n"
)
MCE_TRACE_4_9 = (
    "kworker-7     1.... 12345us : mce_record: CPU: 2, MCGc/s: c09/5, MC8: be0000000001009f, IPID: 0000000000000000, "
    "ADDR/MISC/SYND: 0000000012345000/000000000000008c/0000000000000000, RIP: 10:<ffffffff8101b8a2>, TSC: 5ad4d4dd4d, "
    "PROCESSOR: 0:50654, TIME: 1576170000, SOCKET: 1, APIC: 2a\n"
)
MCE_TRACE_6_12 = (
    "kworker-7     1.... 12345us : mce_record: CPU: 2, MCGc/s: 13c/0, MC21: 9c2040000400011b, IPID: 0000009600150f00, "
    "ADDR: 0000000012345000, MISC: 0000000000000000, SYND: 5d3d00010a801203, RIP: 00:<0000000000000000>, TSC: 0, PPIN: "
    "2b0a1b2c3d4e5f6, vendor: 2, CPUID: a10f11, time: 1726170000, socket: 0, APIC: 4, microcode: a101148\n"
)
EDAC_TRACE = (
    "kworker-7     1.... 12345us : mc_event: 2 Corrected errors: memory read error on CPU_SrcID#1_MC#0_Chan#2_DIMM#0 "
    "(mc:1 location:2:0:-1 address:0x12345678c0 grain:32 syndrome:0x00000000 err_code:0x0101:0x0091 channel:2)\n"
)
DPC = """\
pcieport 0000:3c:01.0: DPC: containment event, status:0x1f01 source:0x0000
pcieport 0000:3c:01.0: DPC: unmasked uncorrectable error detected
pcieport 0000:3c:01.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Receiver ID)
pcieport 0000:3c:01.0:   device [10b5:9781] error status/mask=00000020/00000000
pcieport 0000:3c:01.0:    [ 5] SDES                   (First)
pcieport 0000:3c:01.0: AER: Device recovery successful
"""
SBRIDGE = """\
EDAC sbridge MC1: HANDLING MCE MEMORY ERROR
EDAC sbridge MC1: CPU 8: Machine Check Event: 0 Bank 11: 8c00004f000800c2
EDAC sbridge MC1: TSC 3f2a1b
EDAC sbridge MC1: ADDR ee40b1000
EDAC sbridge MC1: MISC 900040004001e8c
EDAC sbridge MC1: PROCESSOR 0:306e4 TIME 1519356497 SOCKET 1 APIC 20
EDAC MC1: 1 CE memory scrubbing error on CPU_SrcID#1_Ha#0_Chan#0_DIMM#0 (channel:0 slot:0 page:0xee40b1 offset:0x0 \
grain:32 syndrome:0x0 -  OVERFLOW area:DRAM err_code:0008:00c2 socket:1 ha:0 channel_mask:1 rank:0)
"""
MCE_AMD_17H = """\
[Hardware Error]: Corrected error, no action required.
[Hardware Error]: CPU:2 (17:71:0) MC18_STATUS[Over|CE|MiscV|AddrV|-|-|SyndV|CECC|-|-|-]: 0xdc2040000400011b
[Hardware Error]: Error Addr: 0x00000007d41b7940
[Hardware Error]: PPIN: 0x02b0a1b2c3d4e5f6
[Hardware Error]: IPID: 0x0000009600150f00, Syndrome: 0x5d3d00010a801203
[Hardware Error]: Unified Memory Controller Ext. Error Code: 0, DRAM ECC error.
[Hardware Error]: cache level: L3/GEN, tx: GEN, mem-tx: RD
"""
MCE_AMD_K8 = """\
[Hardware Error]: MC0 Error:
[Hardware Error]: Corrupted MC0 MCE info?
[Hardware Error]: Error Status: System Fatal error.
[Hardware Error]: CPU:0 (f:6b:2) MC0_STATUS[-|UE|-|PCC|-]: 0xb200000000000000
[Hardware Error]: cache level: RESV, tx: INSN
"""
MCE_K8 = """\
mce: [Hardware Error]: CPU 0: Machine Check Exception: 0 Bank 0: b200000000000000
mce: [Hardware Error]: TSC 15f2d1714af92
mce: [Hardware Error]: PROCESSOR 2:60fb2 TIME 1414547938 SOCKET 0 APIC 0 microcode 0
"""
MCE_AMD_3_0 = """\
[Hardware Error]: CPU:3\tMC4_STATUS[Over|CE|MiscV|-|AddrV|-|-|CECC]: 0xdc10410040080a13
[Hardware Error]: \tMC4_ADDR: 0x0000000123456780
[Hardware Error]: Northbridge Error (node 4): DRAM ECC error detected on the NB.
[Hardware Error]: cache level: L3/GEN, mem/io: MEM, mem-tx: RD, part-proc: RES (no timeout)
"""
MCE_AMD_2_6_32 = """\
HARDWARE ERROR
CPU 1: Machine Check Exception:                4 Bank 4: b600200108080813
TSC 1d2c3b4a5f ADDR 1234567880
PROCESSOR 2:100f42 TIME 1262304000 SOCKET 0 APIC 1
MC4_STATUS: Uncorrected error, report: yes, MiscV: invalid, CPU context corrupt: yes
 Northbridge Error, node 0, core: 1
ECC/ChipKill ECC error.
 Transaction type: generic read(mem access), no timeout, Cache Level: L3/generic, Participating Processor: local node \
originated (SRC)
This is not a software problem!
"""
MCE_AMD_2_6_36 = """\
[Hardware Error]: MC2_STATUS: Corrected error, other errors lost: yes, CPU context corrupt: no, CECC Error
[Hardware Error]: Bus Unit Error: generic read parity/ECC error during data access from L2.
[Hardware Error]: Transaction: generic read, Type: generic, Cache Level: L2
"""
SERROR = """\
SError Interrupt on CPU4, code 0x00000000be000411 -- SError
CPU: 4 PID: 1 Comm: swapper/0 Not tainted 6.1.0 #1
Kernel panic - not syncing: Asynchronous SError Interrupt
"""
ABORT = """\
Internal error: synchronous external abort: 0000000096001210 [#1] SMP
CPU: 2 UID: 0 PID: 5 Comm: kworker/2:0 Not tainted 6.12.0 #1
"""
POWER_NEW = """\
MCE: CPU3: machine check (Severe)  UE Load/Store DAR: c000000012340000 paddr: 0000000012340000 [Not recovered]
MCE: CPU3: NIP: [c00000000009f2d8] memcpy_power7+0x78/0x6b0
MCE: CPU3: Initiator CPU
MCE: CPU3: Probable Hardware error (some chance of software cause)
"""
POWER_OLD = """\
Severe Machine check interrupt [Recovered]
  NIP [d00000000f1c0140]: fault+0x40/0x80 [probe]
  Initiator: CPU
  Error type: SLB [Multihit]
    Effective address: d000000000010000
"""
S390 = "mcck: Terminating task because of machine malfunction (code 0x4000800000000000).\n"
MEMORY_FAILURE = """\
Injecting memory failure for pfn 0x7f123 at process virtual address 0x20000000
Memory failure: 0x7f123: Sending SIGBUS to a.out:4711 due to hardware memory corruption
Memory failure: 0x7f123: recovery action for dirty LRU page: Recovered
MCE 0x12345: Killing java:77 due to hardware memory corruption
MCE 0x12345: dirty LRU page recovery: Recovered
Memory failure: 0x999: already hardware poisoned
"""
RESET = (
    "x86/amd: Previous system reset reason [0x08000800]: an uncorrected error caused a data fabric sync flood event\n"
)
NMI = "NMI: PCI system error (SERR) for reason a1 on CPU 5.\n"

ACA_MI300X = """\
amdgpu 0000:1c:00.0: {1}uncorrectable hardware error(ERREVENT_ATHUB_INTERRUPT) detected!
amdgpu 0000:42:00.0: {1}[Hardware Error]: Accelerator Check Architecture events logged
amdgpu 0000:42:00.0: {1}[Hardware Error]: aca entry[00].STATUS=0x98000800003e0000
amdgpu 0000:42:00.0: {1}[Hardware Error]: aca entry[00].ADDR=0x0000000000000000
amdgpu 0000:42:00.0: {1}[Hardware Error]: aca entry[00].MISC0=0xd008000000000000
amdgpu 0000:42:00.0: {1}[Hardware Error]: aca entry[00].IPID=0x0001000138430400
amdgpu 0000:42:00.0: {1}[Hardware Error]: aca entry[00].SYND=0x0000000000000000
amdgpu 0000:1b:00.0: {1}[Hardware Error]: Accelerator Check Architecture events logged
amdgpu 0000:1b:00.0: {1}[Hardware Error]: aca entry[00].STATUS=0xbaa000000000080b
amdgpu 0000:1b:00.0: {1}[Hardware Error]: aca entry[00].IPID=0x0001d02e1f007900
amdgpu 0000:1b:00.0: {1}[Hardware Error]: aca entry[00].SYND=0x000000005d003e1b
"""
ACA_LATER = """\
amdgpu 0000:48:00.0: {1}[Hardware Error]: Accelerator Check Architecture events logged
amdgpu 0000:48:00.0: {1}[Hardware Error]: ACA[01/02].CONTROL=0x000000000000000f
amdgpu 0000:48:00.0: {1}[Hardware Error]: ACA[01/02].STATUS=0x9c2040000000011b
amdgpu 0000:48:00.0: {1}[Hardware Error]: ACA[01/02].ADDR=0x00000000016f6c00
amdgpu 0000:48:00.0: {1}[Hardware Error]: ACA[01/02].IPID=0x0000009600292f00
amdgpu 0000:48:00.0: {1}[Hardware Error]: ACA[02/02].CONTROL=0x000000000000000f
amdgpu 0000:48:00.0: {1}[Hardware Error]: ACA[02/02].STATUS=0x0000000000000000
amdgpu 0000:48:00.0: {1}[Hardware Error]: ACA[02/02].IPID=0x0000009600392f00
"""
ALL = {name: text for name, text in globals().items() if name.isupper() and isinstance(text, str)}
"""Every log above, by its name."""


def lines(text: str) -> list[Line]:
    """Cut a log as the decoder does."""
    return split(text.encode()).lines


def stamped(text: str, start: float = 100.0) -> str:
    """Give each line a time stamp, as printk does."""
    return re.sub(r"(?m)^(?=.)", lambda _: f"[{start:12.6f}] ", text)
