from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from kdump_agent.arming.distros.remedies import EVERYWHERE, REMEDIES, remedy
from kdump_agent.arming.document import document, schema
from kdump_agent.arming.gather import gather
from kdump_agent.arming.rules import RULES
from kdump_agent.arming.verdict import STATES, judge
from kdump_agent.paths import HostPaths

from .hosts import (
    BROKEN,
    HOSTS,
    LUKS,
    NO_ARGUMENT,
    NOTHING_RESERVED,
    OWN_DISK,
    RHEL_9,
    UNLOADED,
    Broken,
    Content,
    Newer,
    Tree,
    build,
    show,
    vmlinuz,
)
from .ways import ways

DOCS = Path(__file__).parents[2] / "docs/arming.md"


@pytest.mark.parametrize("name", HOSTS)
def test_an_armed_host_of_each_distribution_is_armed_without_a_word(tmp_path: Path, name: str) -> None:
    verdict = judge(gather(build(tmp_path, HOSTS[name])))
    assert (verdict.state, verdict.findings) == ("armed", ())


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case.code}: {case.host}")
def test_each_broken_way_is_found_and_mended_as_that_distribution_does_it(tmp_path: Path, case: Broken) -> None:
    verdict = judge(gather(build(tmp_path, {**HOSTS[case.host], **case.change})))
    found = {finding.code: finding for finding in verdict.findings}
    assert case.code in found
    mended_by = found[case.code].remedy
    if case.remedy is not None:
        assert mended_by is not None
        assert mended_by.commands[0].startswith(case.remedy)
    assert verdict.state == STATES[verdict.findings[0].severity]


@pytest.mark.parametrize(
    ("name", "code"), [(name, code) for name in HOSTS for code, _ in ways(name)], ids=lambda word: str(word)
)
def test_each_host_can_be_broken_in_each_way_and_a_remedy_is_known_there(tmp_path: Path, name: str, code: str) -> None:
    change = dict(ways(name))[code]
    verdict = judge(gather(build(tmp_path, {**HOSTS[name], **change})))
    found = {finding.code: finding for finding in verdict.findings}
    assert code in found
    assert verdict.state == STATES[verdict.findings[0].severity]
    wanted = {rule.mend is not None for rule in RULES if rule.code == code and rule.severity == found[code].severity}
    assert (found[code].remedy is not None) in wanted


def test_a_makedumpfile_is_called_old_only_where_that_is_sure(tmp_path: Path) -> None:
    def found(version: str) -> bool:
        capture = {"kdump-agent-captures/makedumpfile-v": f"makedumpfile: version {version} (released ...)\n"}
        facts = gather(build(tmp_path, {**HOSTS["debian 13"], **capture}))
        return "collector.old" in {finding.code for finding in judge(facts).findings}

    assert [found(version) for version in ("1.6.8", "1.7.6", "1.7.7", "1.8.0", "nonsense")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_the_reservation_is_taken_from_iomem_where_sysfs_does_not_tell(tmp_path: Path) -> None:
    facts = gather(build(tmp_path, {**HOSTS["debian 12"], "sys/kernel/kexec_crash_size": None}))
    assert facts.reservation.reserved == 0x2CFFFFFF - 0x1E000000 + 1


@pytest.mark.parametrize("kind", ["nfs4", "autofs"])
def test_a_target_on_the_network_is_not_asked_and_that_is_said(tmp_path: Path, kind: str) -> None:
    mounts = (
        f"22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n60 22 0:44 / /var/crash rw shared:9 - {kind} nas:/crash rw\n"
    )
    facts = gather(build(tmp_path, {**HOSTS["debian 12"], "proc/self/mountinfo": mounts}))
    assert facts.target.bytes_free is None
    assert kind in facts.doubts["target"]
    assert judge(facts).state == "armed"


def test_settings_that_are_no_part_of_the_initrd_do_not_make_it_stale(tmp_path: Path) -> None:
    change = {"etc/sysconfig/kdump": Newer('KDUMP_IMG="vmlinuz"\n')}
    assert judge(gather(build(tmp_path, {**HOSTS["rhel 9"], **change}))).findings == ()


def test_every_rule_is_raised_by_a_fixture() -> None:
    codes = {rule.code for rule in RULES}
    assert codes == {case.code for case in BROKEN}
    assert codes == {code for name in HOSTS for code, _ in ways(name)}


def test_the_docs_explain_every_code_and_no_other() -> None:
    explained = re.findall(r"^### `([a-z.-]+)`$", DOCS.read_text(), re.MULTILINE)
    assert sorted(explained) == sorted({rule.code for rule in RULES})


def test_a_remedy_is_known_wherever_a_rule_names_one() -> None:
    assert {rule.mend for rule in RULES if rule.mend} == {*REMEDIES, *EVERYWHERE}


@pytest.mark.parametrize(
    ("change", "state"),
    [({}, "armed"), (UNLOADED, "not armed"), ({"proc/sys/kernel/panic_on_oops": "0\n"}, "degraded"),
     ({"sys/kernel/kexec_crash_loaded": "perhaps"}, "unknown"), ({"run/systemd/container": "lxc\n"}, "unknown"),
     ({"etc/cron.daily/apport": "rm /var/crash/x"}, "armed")],
)  # fmt: skip
def test_the_worst_finding_decides_the_state(tmp_path: Path, change: dict[str, str], state: str) -> None:
    assert judge(gather(build(tmp_path, {**HOSTS["debian 12"], **change}))).state == state


def test_the_worst_finding_comes_first(tmp_path: Path) -> None:
    change = {**NO_ARGUMENT, "etc/cron.daily/apport": "rm /var/crash/x", "proc/sys/kernel/panic_on_oops": "0\n"}
    found = judge(gather(build(tmp_path, {**HOSTS["ubuntu 24.04"], **change}))).findings
    assert [finding.severity for finding in found] == ["fatal", "fatal", "warning", "note"]


def test_a_registered_fadump_is_armed_without_a_crash_kernel(tmp_path: Path) -> None:
    power = {
        "sys/kernel/kexec_crash_loaded": "0\n",
        "sys/kernel/fadump/enabled": "1\n",
        "sys/kernel/fadump/registered": "1\n",
    }
    assert judge(gather(build(tmp_path, {**HOSTS["rhel 9"], **power}))).state == "armed"


HEALTHY: dict[str, tuple[str, dict[str, Content | Newer]]] = {
    "DKMS, akmods or a KMP wrote modules.dep anew": (
        "debian 12", {"lib/modules/6.1.0-26-amd64/modules.dep": Newer("")}),
    "the same on Red Hat": ("rhel 9", {f"lib/modules/{RHEL_9}/modules.dep": Newer("")}),
    "OSTree: kernel and initrd in a folder of the deployment": ("rhel 9", {
        "run/ostree-booted": "", f"boot/vmlinuz-{RHEL_9}": None, f"boot/initramfs-{RHEL_9}kdump.img": None,
        f"lib/modules/{RHEL_9}/vmlinuz": vmlinuz(signed=True),
    }),
    "a unified kernel image": ("rhel 10", {
        "boot/vmlinuz-6.12.0-55.el10.x86_64": None, "boot/initramfs-6.12.0-55.el10.x86_64kdump.img": None,
        "lib/modules/6.12.0-55.el10.x86_64/vmlinuz-virt.efi": vmlinuz(signed=True),
    }),
    "firmware-assisted dump, whose initrd is the usual one": ("rhel 9", {
        "sys/kernel/kexec_crash_loaded": "0\n", "sys/kernel/fadump/enabled": "1\n",
        "sys/kernel/fadump/registered": "1\n", f"boot/initramfs-{RHEL_9}kdump.img": None,
        "etc/kdump.conf": Newer("path /var/crash\n"),
    }),
    "half a terabyte of huge pages, and room for what a dump holds": ("rhel 9", {
        "proc/meminfo": "MemTotal: 536870912 kB\nMemFree: 8388608 kB\nHugetlb: 503316480 kB\nAnonPages: 4194304 kB\n",
        "kdump-agent-captures/stat-f-target": "10200300 4096 3200100\n",
    }),
    "a level that keeps user memory, on a host that is nearly idle": ("rhel 9", {
        "etc/kdump.conf": "core_collector makedumpfile -l -d 17\n",
        "proc/meminfo": "MemTotal: 536870912 kB\nMemFree: 520093696 kB\n",
        "kdump-agent-captures/stat-f-target": "10200300 4096 3200100\n",
    }),
    "a dump that kdump itself takes out of its raw partition": ("rhel 9", {"etc/kdump.conf": "raw /dev/sda9\n"}),
    "the crash kernel is given the key": (
        "rhel 10", {**LUKS, "sys/kernel/config/crash_dm_crypt_keys/count": "1\n"}),
    "the root is encrypted, and dumps have a disk of their own": ("rhel 9", {
        **LUKS, "proc/self/mountinfo": OWN_DISK,
    }),
    "a verified root is not an encrypted one": ("rhel 9", {
        **LUKS, "sys/class/block/dm-0/dm/uuid": "CRYPT-VERITY-5f3c0e2f8a474a3c8a0f0bd1f0f0b1c2-root\n",
    }),
    "SUSE's sizes above and below 4 GiB, of which the kernel tells the one above": ("suse 15", {
        "proc/cmdline": "root=/dev/sda1 crashkernel=109M,high crashkernel=72M,low\n", "proc/iomem": None,
        "sys/kernel/kexec_crash_size": f"{109 << 20}\n", "proc/meminfo": "MemTotal: 8388608 kB\nMemFree: 7000000 kB\n",
    }),
    "the copy of a host on btrfs, which counts no inodes": ("suse 15", {
        "proc/self/mountinfo": "22 1 0:20 /@ / rw,relatime shared:1 - btrfs /dev/sda2 rw,subvol=/@\n",
        "kdump-agent-captures/stat-f-target": "10200300 4096 0\n",
    }),
    "a virtual machine whose image was a container's": ("debian 12", {".dockerenv": ""}),
    "kexec was locked after kdump had loaded": ("debian 13", {"proc/sys/kernel/kexec_load_disabled": "1\n"}),
    "nothing about memory on the command line, and a crash kernel is loaded": ("debian 13", {
        "proc/cmdline": "root=/dev/sda1 ro\n", "sys/kernel/kexec_crash_size": None, "proc/iomem": None,
    }),
    "another kernel that SUSE's settings name by its path": ("suse 15", {
        "etc/sysconfig/kdump": "KDUMP_KERNELVER=/boot/Image-mine\n", "boot/Image-mine": vmlinuz(signed=True),
    }),
}  # fmt: skip


@pytest.mark.parametrize("why", HEALTHY)
def test_a_healthy_host_that_differs_is_called_armed_without_a_word(tmp_path: Path, why: str) -> None:
    name, change = HEALTHY[why]
    verdict = judge(gather(build(tmp_path, {**HOSTS[name], **change})))
    assert [(finding.code, finding.fact) for finding in verdict.findings] == []


def test_without_lockdown_secure_boot_is_not_blamed(tmp_path: Path) -> None:
    change: Tree = {
        **UNLOADED, "var/lib/kdump/vmlinuz": vmlinuz(signed=False),
        "sys/kernel/security/lockdown": "[none] integrity confidentiality\n",
        "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": b"\x06\0\0\0\x01",
    }  # fmt: skip
    found = judge(gather(build(tmp_path, {**HOSTS["debian 12"], **change}))).findings
    assert [finding.code for finding in found] == ["kdump.not-loaded"]


def test_a_reservation_that_failed_is_told_with_all_that_was_asked_for(tmp_path: Path) -> None:
    asked = {**NOTHING_RESERVED, "proc/cmdline": "root=/dev/sda1 crashkernel=900G,high crashkernel=72M,low\n"}
    found = judge(gather(build(tmp_path, {**HOSTS["suse 15"], **asked}))).findings
    assert found[0].fact.startswith("crashkernel=900G,high crashkernel=72M,low is on the command line")


@pytest.mark.parametrize("value", ["no", "off", "00", '""', "'0'"])
def test_what_debians_script_takes_for_off_is_off(tmp_path: Path, value: str) -> None:
    off = {**UNLOADED, "etc/default/kdump-tools": f"USE_KDUMP={value}\n"}
    found = judge(gather(build(tmp_path, {**HOSTS["debian 12"], **off}))).findings
    assert "kdump.switched-off" in {finding.code for finding in found}


def test_on_an_image_of_ostree_nothing_is_asked_of_dnf_and_grubby(tmp_path: Path) -> None:
    for code, change in ways("fedora 43"):
        root = tmp_path / code
        found = judge(gather(build(root, {**HOSTS["fedora 43"], **change, "run/ostree-booted": ""}))).findings
        commands = [line for finding in found if finding.remedy is not None for line in finding.remedy.commands]
        assert not [line for line in commands if re.match("dnf|yum|grubby|debuginfo|kdumpctl reset", line)], code


def test_where_kexec_is_disabled_no_loading_is_proposed(tmp_path: Path) -> None:
    change = {**UNLOADED, "proc/sys/kernel/kexec_load_disabled": "1\n"}
    found = judge(gather(build(tmp_path, {**HOSTS["rhel 9"], **change}))).findings
    assert [finding.code for finding in found] == ["kernel.kexec-disabled", "kdump.not-loaded"]
    assert found[1].remedy is None


def test_loading_is_not_proposed_while_nothing_is_reserved(tmp_path: Path) -> None:
    found = judge(gather(build(tmp_path, {**HOSTS["rhel 9"], **NO_ARGUMENT}))).findings
    assert [finding.remedy for finding in found if finding.code == "kdump.not-loaded"] == [None]


def test_no_safe_remedy_touches_a_boot_loader_or_needs_a_shell() -> None:
    every = [way for ways in REMEDIES.values() for way in ways.values()] + list(EVERYWHERE.values())
    lines = [line for found in every if found is not None and found.safe for line in found.commands]
    assert lines
    assert not [
        line for line in lines if re.search(r"grub|pbl|initramfs|reset-crashkernel|install|\brm\b|[$|;&><*'\"#]", line)
    ]


def test_a_hostile_folder_name_is_quoted_in_a_remedy(tmp_path: Path) -> None:
    change = {"etc/sysconfig/kdump": "KDUMP_SAVEDIR='/srv/a;reboot'\n"}
    facts = gather(build(tmp_path, {**HOSTS["suse 15"], **change}))
    mend = remedy("make folder", facts.distribution, facts.target.folder)
    assert mend is not None
    assert mend.commands == ("mkdir -p '/srv/a;reboot'",)


@pytest.mark.parametrize("name", ["fedora 20", "debian 7", "suse 15"])
def test_the_document_keeps_to_its_published_schema(tmp_path: Path, name: str) -> None:
    facts = gather(build(tmp_path, {**HOSTS[name], **NO_ARGUMENT}))
    said = json.loads(json.dumps(document(judge(facts), facts)))
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(said, schema())
    assert said["state"] == "not armed"


def test_the_document_tells_the_services_that_load_kernels_with_their_whole_state(tmp_path: Path) -> None:
    facts = gather(
        build(tmp_path, {**HOSTS["debian 12"], **show("kexec-load", ActiveState="failed", Result="timeout")})
    )
    kdump, kexec_load = document(judge(facts), facts)["units"]
    assert kdump == {
        "name": "kdump-tools.service", "load": "loaded", "active": "active", "sub": "exited", "result": "success",
        "condition_met": True, "enabled": "enabled", "since": "Tue 2014-10-28 09:12:11 CET",
    }  # fmt: skip
    assert (kexec_load["name"], kexec_load["active"], kexec_load["result"]) == (
        "kexec-load.service",
        "failed",
        "timeout",
    )
    assert judge(facts).state == "armed"  # it loads a kernel for a fast reboot, and none for a crash


def test_an_empty_root_is_unknown_and_never_armed(tmp_path: Path) -> None:
    verdict = judge(gather(HostPaths(tmp_path)))
    assert verdict.state != "armed"
    assert "kdump.unknown" in {finding.code for finding in verdict.findings}


def test_this_very_machine_is_judged_without_failing_and_its_kernel_is_believed() -> None:
    facts = gather(HostPaths())
    loaded = [path for path in ("kexec/crash_loaded", "kexec_crash_loaded") if Path("/sys/kernel", path).exists()]
    truth = Path("/sys/kernel", loaded[0]).read_text().strip() == "1" if loaded else None
    assert facts.reservation.loaded is truth
    assert (judge(facts).state in ("armed", "degraded")) <= bool(truth)


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 5000, b"\0" * 70, b"-1\n", b"9" * 5000, b"MZ" + b"\xff" * 62, b"[" * 999]
)
def test_no_content_of_any_file_makes_a_look_fail(tmp_path: Path, content: bytes) -> None:
    facts = gather(build(tmp_path, dict.fromkeys(HOSTS["rhel 9"], content)))
    assert judge(facts).state in set(STATES.values())
