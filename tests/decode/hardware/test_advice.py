"""What a technician is told to do: the part that the record proves, and no other.

The logs are of real machines: from bug reports, mailing lists and forums, cut to the lines that matter.
"""

from __future__ import annotations

import pytest

from kdump_agent.decode import part
from kdump_agent.decode.hardware.find import find
from kdump_agent.decode.hardware.record import HardwareError
from kdump_agent.decode.hardware.sentence import HARMLESS

from .checks import check
from .logs import lines

VAL, UC, EN, MISCV, PCC, POISON = 1 << 63, 1 << 61, 1 << 60, 1 << 59, 1 << 57, 1 << 43


def only(log: str) -> HardwareError:
    (record,) = find(lines(log))
    return record


POISON_ZEN3 = """\
mce: [Hardware Error]: CPU 6: Machine Check Exception: 4 Bank 1: bc800800060c0859
mce: [Hardware Error]: TSC 98830989a3dde ADDR 103ec1fa40 MISC d01a000000000000 IPID 100b000000000
mce: [Hardware Error]: PROCESSOR 2:a20f12 TIME 1755581242 SOCKET 1 APIC c microcode a201210
"""
GUEST_ZEN1 = """\
mce: [Hardware Error]: CPU 0: Machine Check Exception: 5 Bank 1: a000000000000000
mce: [Hardware Error]: RIP !INEXACT! 10:<ffffffff81e8f6ff> {pv_native_safe_halt+0xf/0x20}
mce: [Hardware Error]: TSC 3d39402bdc
mce: [Hardware Error]: PROCESSOR 2:800f12 TIME 1693515449 SOCKET 0 APIC 0 microcode 800126e
"""
LOGGED = "[  299.949355] mce: [Hardware Error]: Machine check events logged\n"
SKYLAKE = """\
EDAC skx MC2: HANDLING MCE MEMORY ERROR
EDAC skx MC2: CPU 10: Machine Check Event: 0 Bank 7: 9c00004001010090
EDAC skx MC2: TSC 21f39e41532e626
EDAC skx MC2: ADDR 175321bec0
EDAC skx MC2: MISC 200001c080801086
EDAC skx MC2: PROCESSOR 0:50657 TIME 1681297434 SOCKET 1 APIC 20
EDAC MC2: 1 CE memory read error on CPU_SrcID#1_MC#0_Chan#0_DIMM#0 (channel:0 slot:0 page:0x175321b offset:0xec0 \
grain:32 syndrome:0x0 -  err_code:0101:0090 socket:1 imc:0 rank:0 bg:1 ba:2 row:d4d1 col:3f8)
"""
NAPLES = """\
[Hardware Error]: Deferred error, no action required.
[Hardware Error]: CPU:0 (17:1:1) MC15_STATUS[Over|-|MiscV|AddrV|-|-|SyndV|UECC|Deferred|-|-]: 0xdc2030000000011b
[Hardware Error]: Error Addr: 0x00000003aeb64240
[Hardware Error]: IPID: 0x0000009600050f00, Syndrome: 0x000060600b404000
[Hardware Error]: Unified Memory Controller Ext. Error Code: 0, DRAM ECC error.
EDAC MC0: 1 UE on mc#0csrow#0channel#0 (csrow:0 channel:0 page:0x79d6c8 offset:0x440 grain:64)
[Hardware Error]: cache level: L3/GEN, tx: GEN, mem-tx: RD
mce: [Hardware Error]: Machine check events logged
[Hardware Error]: Uncorrected, software restartable error.
[Hardware Error]: CPU:7 (17:1:1) MC0_STATUS[-|UE|MiscV|AddrV|-|-|-|UECC|-|Poison|-]: 0xbc002800000c0135
[Hardware Error]: Error Addr: 0x000000079d6c8440
[Hardware Error]: IPID: 0x000000b000000000
[Hardware Error]: Load Store Unit Ext. Error Code: 12, DC Data error type 1 and poison consumption.
[Hardware Error]: cache level: L1, tx: DATA, mem-tx: DRD
"""
FIRMWARE = """\
{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1
{1}[Hardware Error]: event severity: recoverable
{1}[Hardware Error]:  Error 0, type: recoverable
"""
ZEN_BERT = """\
BERT: Error records from previous boot:
[Hardware Error]: event severity: fatal
[Hardware Error]:  Error 0, type: fatal
[Hardware Error]:  fru_text: ProcessorError
[Hardware Error]:   section_type: IA32/X64 processor error
[Hardware Error]:   Local APIC_ID: 0x34
[Hardware Error]:   Error Information Structure 0:
[Hardware Error]:    Error Structure Type: cache error
mce: [Hardware Error]: Machine check events logged
mce: [Hardware Error]: CPU 26: Machine Check: 0 Bank 5: bea0000001000108
mce: [Hardware Error]: TSC 0 ADDR 1ffffaa3a8c58 MISC d012000100000000 SYND 4d000000 IPID 500b000000000
mce: [Hardware Error]: PROCESSOR 2:a00f11 TIME 1783974570 SOCKET 0 APIC 34 microcode a0011d5
"""


def test_the_socket_of_a_cpu_that_met_lost_data_is_not_taken_for_the_memorys() -> None:
    record = only(POISON_ZEN3)
    assert "find the DIMM that holds address 0x103ec1fa40" in record.summary
    assert "of socket" not in record.summary
    assert "the CPU did not tell where it stood" in record.summary


def test_the_socket_of_a_cpu_that_passed_on_what_firmware_told_is_not_taken_for_the_memorys() -> None:
    record = check(VAL | UC | EN | 0x009F, bank=255)
    assert "the DIMMs that hold address 0x12345000" in record.summary
    assert "of socket" not in record.summary


def test_an_error_that_a_hypervisor_made_up_is_not_given_an_extended_code() -> None:
    record = only(GUEST_ZEN1)
    assert record.decoded["details"] == []
    assert record.summary.startswith("Instruction fetch unit: uncorrected error of which the bank tells no code")


@pytest.mark.parametrize(
    ("extended", "want"),
    [(0, "memory"), (4, "memory"), (1, "unknown"), (2, "processor"), (6, "processor"), (0xC, "unknown")],
)
def test_only_errors_at_the_dram_blame_a_dimm(extended: int, want: str) -> None:
    record = check(VAL | EN | extended << 16, bank=15, processor="2:a40f41", registers="TSC 1 IPID 9600050f00")
    assert record.decoded["part"] == want
    assert ("DIMM" in record.summary) == (want == "memory")


def test_an_error_that_no_manual_names_is_not_called_no_error() -> None:
    record = check(VAL | EN | 0xC_0000, bank=15, processor="2:a40f41", registers="TSC 1 IPID 9600050f00")
    assert record.summary.startswith("Unified memory controller: error 0xc, which the manuals do not name")


@pytest.mark.parametrize(
    ("processor", "bank", "registers"),
    [("0:806f8", 30, "TSC 1"), ("0:50671", 7, "TSC 1"), ("2:a90f01", 20, "TSC 1 IPID 9600090f00")],
)
def test_memory_in_the_processors_package_has_no_dimm(processor: str, bank: int, registers: str) -> None:
    code = 0x011B if processor.startswith("2:") else 0x0090
    summary = check(VAL | UC | EN | PCC | code, bank=bank, processor=processor, registers=registers).summary
    assert "DIMM" not in summary
    assert "replace the processor of socket 1 or accelerator" in summary


def test_a_channel_of_which_each_die_has_one_is_told_with_the_die() -> None:
    naples, milan = (
        check(VAL | EN | 0x011B, bank=15, processor=each, registers="TSC 1 IPID 9600050f00").summary
        for each in ("2:800f12", "2:a00f11")
    )
    assert "the DIMMs of channel 0 of CPU 3's die of socket 1" in naples
    assert "the DIMMs of channel 0 of socket 1" in milan


def test_a_channel_that_the_error_code_counts_is_told_with_its_controller() -> None:
    summary = check(VAL | UC | EN | PCC | 0x0091, bank=9, processor="0:b0671").summary
    assert "the DIMMs of channel 1 of the memory controller behind bank 9 of socket 1" in summary


def test_a_bank_is_not_believed_to_report_what_it_cannot() -> None:
    record = check(VAL | UC | EN | 0x00C0, bank=4)  # an injected memory error in the power control unit's bank
    assert (record.decoded["part"], record.decoded.get("unit")) == ("memory", None)


def test_a_bus_error_of_an_unknown_maker_blames_no_link() -> None:
    old = "CPU 0: Machine Check Exception: 0000000000000004\nBank 4: b604a00100000813 at 000000007e4f2f68\n"
    assert "reseat" not in only(old).summary


def test_events_that_edac_or_firmware_tell_are_not_called_untold() -> None:
    for log in (LOGGED + SKYLAKE, FIRMWARE + LOGGED):
        assert [record.decoded["class"] for record in find(lines(log))] != []
        assert "no_bank" not in {record.decoded["class"] for record in find(lines(log))}


def test_the_dimm_that_edac_names_is_the_part_although_events_were_logged() -> None:
    assert part.signature(find(lines(LOGGED + SKYLAKE))) == "1:memory:socket 1:dimm CPU_SrcID#1_MC#0_Chan#0_DIMM#0"


def test_a_name_that_only_the_driver_knows_is_not_all_the_advice() -> None:
    assert "the board's manual" in only(SKYLAKE).summary
    assert "the board's manual" not in only(SKYLAKE.replace("CPU_SrcID#1_MC#0_Chan#0_DIMM#0", "P1-DIMMA1")).summary


def test_registers_that_follow_each_other_are_two_errors() -> None:
    cpu = "EDAC skx MC4: CPU {}: Machine Check Event: 0x0 Bank 13: 0x8c00014200800090\n"
    assert [record.cpu for record in find(lines(cpu.format(40) + cpu.format(121)))] == [40, 121]


def test_where_poison_was_met_points_back_at_where_it_was_lost() -> None:
    lost, located, met = find(lines(NAPLES))
    assert lost.decoded["address_mode"] == "normalized"
    assert met.decoded["see_line"] == located.line
    assert "see_line" not in located.decoded


@pytest.mark.parametrize(
    ("place", "want", "never"),
    [
        ("DIMM location: P1 DIMM_B2", "reseat or replace that DIMM", "find"),
        ("node:0 card:6 module:0 rank:1", "the DIMM at that node, card and module", "find"),
        ("physical_address: 0x00000040a0602400", "find the DIMM that holds this address", "that DIMM"),
        ("error_type: 2, single-bit ECC", "read the management controller's event log for the DIMM", "that DIMM"),
    ],
)
def test_firmware_that_names_no_dimm_blames_none(place: str, want: str, never: str) -> None:
    section = "{1}[Hardware Error]:   section_type: memory error\n{1}[Hardware Error]:   "
    summary = only(f"{FIRMWARE}{section}{place}\n").summary
    assert want in summary
    assert never not in summary


def test_what_amds_firmware_writes_for_a_name_is_none() -> None:
    text = "{1}[Hardware Error]:  fru_text: MemoryError\n{1}[Hardware Error]:   section_type: memory error\n"
    record = only(FIRMWARE + text)
    assert "that DIMM" not in record.summary
    assert "MemoryError" not in record.summary
    assert part.signature([record]) == "1:memory"


def test_a_corrected_pcie_error_of_firmware_is_named_and_blames_the_link() -> None:
    record = only(
        "[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 514\n"
        "[Hardware Error]: event severity: corrected\n"
        "[Hardware Error]:  Error 0, type: corrected\n"
        "[Hardware Error]:   section_type: PCIe error\n"
        "[Hardware Error]:   port_type: 0, PCIe end point\n"
        "[Hardware Error]:   device_id: 0000:01:00.0\n"
        "[Hardware Error]:   aer_cor_status: 0x00000001, aer_cor_mask: 0x00000000\n"
        "[Hardware Error]:   aer_uncor_status: 0x00000000, aer_uncor_mask: 0x00100000\n"
    )
    assert record.decoded["errors"] == ["receiver error"]
    assert "reseat the card" in record.summary


@pytest.mark.parametrize("port", ["root port", "PCIe end point"])
def test_what_is_behind_a_port_is_looked_at_and_not_the_port(port: str) -> None:
    firmware = only(
        f"{FIRMWARE}{{1}}[Hardware Error]:   section_type: PCIe error\n"
        f"{{1}}[Hardware Error]:   port_type: 4, {port}\n{{1}}[Hardware Error]:   device_id: 0000:c0:01.1\n"
        "{1}[Hardware Error]:   aer_uncor_status: 0x00004000, aer_uncor_mask: 0x00000000\n"
    )
    driver = "pcieport" if port == "root port" else "nvme"
    kernel = only(
        f"{driver} 0000:c0:01.1: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Requester ID)\n"
        f"{driver} 0000:c0:01.1:   device [1022:1483] error status/mask=00004000/07a10000\n"
    )
    for record in (firmware, kernel):
        assert ("device behind that port" in record.summary) == (port == "root port")


def test_an_arm_processor_that_met_lost_memory_is_not_the_first_to_be_replaced() -> None:
    record = only(
        f"{FIRMWARE}{{1}}[Hardware Error]:   section_type: ARM processor error\n"
        "{1}[Hardware Error]:    error_type: 0x02: cache error\n"
        "{1}[Hardware Error]:    physical fault address: 0x0000001000093c00\n"
    )
    assert record.summary.startswith("ARM processor error: cache error, told by firmware")
    assert "look for the record of that memory first" in record.summary


def test_what_firmware_and_the_kernel_tell_of_one_processor_is_one_event() -> None:
    bert, mce = find(lines(ZEN_BERT))
    assert mce.decoded["see_line"] == bert.line


@pytest.mark.parametrize(
    "log",
    [
        "EDAC MC0: {} CE memory read error on DIMM_A1 (channel:0 slot:0 page:0x175321b offset:0xec0 grain:32)",
        "EDAC DEVICE0: CE: cpu_cache instance: L2_0 block: L2_data count: {} 'ECC'",
    ],
)
def test_one_corrected_error_needs_nothing_and_many_do(log: str) -> None:
    assert HARMLESS in only(log.format(1)).summary
    assert HARMLESS not in only(log.format(262)).summary


def test_a_count_of_corrected_errors_in_the_bank_tells_that_they_go_on() -> None:
    one, many = (check(VAL | EN | number << 38 | 0x0091, bank=7).summary for number in (1, 166))
    assert HARMLESS in one
    assert HARMLESS not in many


def test_an_unknown_kind_of_firmwares_record_is_said_to_be_one() -> None:
    record = only(f"{FIRMWARE}{{1}}[Hardware Error]:   section type: unknown, 81212a96-09ed-4996-9471-8d729c8e69ed\n")
    assert record.summary.startswith("Error of a kind that the kernel does not know, 81212a96")


INJECTED_AER = """\
pcieport 0000:0c:00.0: aer_inject: Injecting errors 00000000/00400000 into device 0000:0c:00.0
pcieport 0000:0c:00.0: AER: Uncorrectable (Fatal) error message received from 0000:0c:00.0
pcieport 0000:0c:00.0: CXL Bus Error: severity=Uncorrectable (Fatal), type=Transaction Layer, (Receiver ID)
pcieport 0000:0d:00.0: AER: Uncorrectable (Fatal) error message received from 0000:0d:00.0
"""


def test_a_pcie_error_that_was_injected_blames_no_part() -> None:
    made, real = find(lines(INJECTED_AER))
    assert made.injected is not None
    assert "aer_inject" in made.injected
    assert made.summary.endswith("it was injected on purpose, so no part is at fault.")
    assert real.injected is None


def test_a_time_out_that_follows_an_injection_blames_no_part() -> None:
    log = (
        "mce: Triggering MCE exception on CPU 0\n"
        "Kernel panic - not syncing: Timeout: Not all CPUs entered broadcast exception handler\n"
    )
    assert only(log).injected
    assert not only(log.partition("\n")[2]).injected


@pytest.mark.parametrize(
    ("words", "sender"),
    [
        ("status:0x0005 source:0x3400", "0000:34:00.0"),
        ("status:0x000d, ERR_FATAL received from 0000:02:00.0", "0000:02:00.0"),
        ("status:0x1f01 source:0x3400", None),
        ("status:0x0009: unmasked uncorrectable error detected", None),
    ],
)
def test_a_shut_port_tells_whose_message_shut_it(words: str, sender: str | None) -> None:
    record = only(f"pci 0000:30:03.0: DPC: containment event, {words}\n")
    assert record.decoded.get("received_from") == sender
    assert (f"on a message from {sender}" in record.summary) == (sender is not None)
    assert "the device behind that port" in record.summary


def test_what_the_kernel_thinks_to_be_its_own_bug_blames_no_part() -> None:
    log = (
        "mce: [Hardware Error]: CPU 147: Machine Check Exception: f Bank 1: bd80000000100134\n"
        "mce: [Hardware Error]: TSC 411a93533ed ADDR 346a8730040 MISC 86\n"
        "mce: [Hardware Error]: PROCESSOR 0:806f8 TIME 1706000767 SOCKET 1 APIC 211 microcode 80001490\n"
        "mce: [Hardware Error]: Machine check: Data load in unrecoverable area of kernel\n"
        "mce: [Hardware Error]: Machine check: TDX private memory error. Possible kernel bug.\n"
    )
    assert "DIMM" not in only(log).summary
    assert "report the bug" in only(log).summary


def test_an_old_channel_is_told_with_its_node() -> None:
    log = (
        "[Hardware Error]: MC4 Error (node 1): DRAM ECC error detected on the NB.\n"
        "[Hardware Error]: CPU:6 (10:8:0) MC4_STATUS[-|CE|MiscV|-|AddrV|CECC]: 0x9c414000a0080813\n"
        "[Hardware Error]: cache level: L3/GEN, mem/io: MEM, mem-tx: RD, part-proc: SRC (no timeout)\n"
    )
    assert "the DIMMs of channel 0 of node 1" in only(log).summary


def test_an_unknown_unit_of_amds_blames_no_link() -> None:
    record = check(VAL | EN | 0x0813, bank=4, processor="2:800f12", registers="TSC 1 IPID 0")
    assert record.decoded["part"] == "unknown"


def test_an_error_whose_reporting_was_not_enabled_is_said_to_have_signalled_nothing() -> None:
    assert "it signalled nothing" in check(VAL | UC | PCC | 0x0002_0408, bank=4, processor="0:706a1", mcg=0).summary
    assert "it signalled nothing" not in check(VAL | UC | EN | PCC | 0x0002_0408, bank=4, processor="0:706a1").summary


LOST_PAGE = f"""\
{FIRMWARE}{{1}}[Hardware Error]:   section_type: memory error
{{1}}[Hardware Error]:   physical_address: 0x00000007e025e400
{{1}}[Hardware Error]:   DIMM location: NODE 3 CPU0_DIMM_G1
Memory failure: 0x7e025e: recovery action for unknown page: Ignored
EDAC MC3: 1 UE memory read error on CPU_SrcID#0_MC#3_Chan#0_DIMM#0 (channel:0 slot:0 page:0x7e025e offset:0x400)
mce: [Hardware Error]: CPU 120: Machine Check Exception: f Bank 1: bd80000000100134
mce: [Hardware Error]: TSC 63d3fa6181b69 ADDR 7e025e400 MISC 86
mce: [Hardware Error]: PROCESSOR 0:606a6 TIME 1647365323 SOCKET 1 APIC 8d microcode d0002e0
"""


def test_who_met_lost_memory_is_told_which_dimm_another_record_names() -> None:
    cper, page, edac, met = find(lines(LOST_PAGE))
    for record in (page, met):
        assert record.summary.endswith("; firmware names DIMM NODE 3 CPU0_DIMM_G1.")
    for record in (cper, edac):
        assert "names DIMM" not in record.summary
    assert "names DIMM" not in find(lines(LOST_PAGE.replace("ADDR 7e025e400", "ADDR 7e025f400")))[-1].summary


def test_the_memory_that_firmware_names_is_the_part_and_not_the_cpu_that_was_refused_it() -> None:
    abort = "Internal error: synchronous external abort: 96000410 [#1] PREEMPT SMP\n"
    section = "{1}[Hardware Error]:   section_type: memory error\n{1}[Hardware Error]:   DIMM location: A1 P2\n"
    assert part.signature(find(lines(FIRMWARE + section + abort))) == "1:memory:dimm A1 P2"
    assert part.signature(find(lines(abort))) == "1:arm:arm:abort"


@pytest.mark.parametrize("where", ["Host", "Guest"])
def test_memory_that_power_lost_is_not_taken_for_its_processor(where: str) -> None:
    record = only(f"MCE: CPU0: machine check (Severe) {where} UE Load/Store [Not recovered]\n")
    assert (record.decoded["class"], record.decoded["severity"]) == ("memory", "fatal")
    assert "service processor" in record.summary


@pytest.mark.parametrize("status", [0x9400_0000_0000_009F, 0xB400_0000_0000_009F, 0xB600_0000_0000_009F])
def test_what_firmware_told_an_old_kernel_is_not_taken_for_a_bank_of_the_cpu(status: int) -> None:
    made_up, real = check(status, bank=1, mcg=0), check(status | 1 << 38, bank=1, mcg=0)
    assert made_up.decoded.get("made_up")
    assert made_up.summary.startswith("Firmware (APEI): memory controller read error")
    assert "of socket" not in made_up.summary
    assert not real.decoded.get("made_up")


@pytest.mark.parametrize(
    ("corrected", "lost"),
    [
        ("EDAC skx MC4: CPU 40: Machine Check Event: 0x0 Bank 13: 0x8c0001{:010x}\n", "Bank 13: 0xac00000200a00090\n"),
        ("amdgpu 0000:42:00.0: {{1}}[Hardware Error]: aca entry[00].STATUS=0x980000800{:07x}\n",
         "aca entry[00].STATUS=0xbaa000000000080b\n"),
    ],
)  # fmt: skip
def test_an_uncorrected_error_is_kept_among_any_number_of_corrected_ones(corrected: str, lost: str) -> None:
    flood = "".join(map(corrected.format, range(2500)))
    before = corrected.format(0).partition("Bank" if "Bank" in corrected else "aca entry")[0]
    records = find(lines(f"{flood}{before}{lost}{flood}"))
    assert len(records) == 256
    assert sum("UC" in record.decoded["flags"] for record in records) == 1


def test_poison_without_a_loss_blames_no_memory() -> None:
    left = check(VAL | PCC | POISON, bank=14, processor="2:a50f00", registers="TSC 1 IPID 700b040000000", mcg=0)
    assert left.decoded.get("consumed") is None
    assert "firmware may have left these bits" in left.summary
    assert "DIMM" not in left.summary


def test_an_address_that_is_no_memory_of_the_kernels_is_looked_for_among_the_devices() -> None:
    record = only("Memory failure: 0xe8ac0: memory outside kernel control\n")
    assert "/proc/iomem" in record.summary
    assert "DIMM" not in record.summary


def test_a_dimm_that_firmware_does_not_know_is_none() -> None:
    text = "{1}[Hardware Error]:  fru_text: DIMM ??\n{1}[Hardware Error]:   section_type: memory error\n"
    record = only(FIRMWARE + text)
    assert "that DIMM" not in record.summary
    assert part.signature([record]) == "1:memory"


def test_zen_5_has_the_first_load_store_unit_again() -> None:
    zen5, zen4 = (
        check(VAL | EN | 0xD_0175, bank=0, processor=each, registers="TSC 1").decoded["details"]
        for each in ("2:b40f40", "2:a60f12")
    )
    assert zen5 == ["data cache data error type 2"]
    assert zen4 == ["miss address buffer parity"]


def test_a_memory_controller_tells_a_physical_address_where_its_status_says_so() -> None:
    own, physical = (
        check(VAL | EN | bit | 0x011B, bank=17, processor="2:a00f11", registers="TSC 1 ADDR 12345000 IPID 9600050f00")
        for bit in (0, 1 << 54)
    )
    assert "normalized address 0x12345000" in own.summary
    assert ", address 0x12345000" in physical.summary


@pytest.mark.parametrize("name", ["KVM", "VMware", "Microsoft Hyper-V", "Microsoft HyperV"])
def test_what_a_virtual_machine_tells_is_no_place_in_a_real_one(name: str) -> None:
    record = only(f"[    0.000000] Hypervisor detected: {name}\n" + GUEST_ZEN1)
    assert record.decoded["guest"] == name
    assert record.summary.endswith(f"; seen in a virtual machine ({name}): its host's log tells the real place.")


@pytest.mark.parametrize(
    "start",
    ["Hypervisor detected: Xen PV\n", "Hypervisor detected: Microsoft Hyper-V\nHyper-V: running as root partition\n"],
)
def test_the_kernel_that_owns_the_hardware_is_no_guest(start: str) -> None:
    assert "guest" not in only(start + GUEST_ZEN1).decoded
