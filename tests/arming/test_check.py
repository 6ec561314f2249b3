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

from .hosts import BROKEN, HOSTS, NO_ARGUMENT, UNLOADED, Broken, Newer, build, show
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


def test_a_target_on_the_network_is_not_asked_and_that_is_said(tmp_path: Path) -> None:
    mounts = "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n60 22 0:44 / /var/crash rw shared:9 - nfs4 nas:/crash rw\n"
    facts = gather(build(tmp_path, {**HOSTS["debian 12"], "proc/self/mountinfo": mounts}))
    assert facts.target.bytes_free is None
    assert "nfs4" in facts.doubts["target"]
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
     ({"sys/kernel/kexec_crash_loaded": "perhaps"}, "unknown"),
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


def test_loading_is_not_proposed_while_nothing_is_reserved(tmp_path: Path) -> None:
    found = judge(gather(build(tmp_path, {**HOSTS["rhel 9"], **NO_ARGUMENT}))).findings
    assert [finding.remedy for finding in found if finding.code == "kdump.not-loaded"] == [None]


def test_no_safe_remedy_touches_a_boot_loader_or_needs_a_shell() -> None:
    every = [way for ways in REMEDIES.values() for way in ways.values()] + list(EVERYWHERE.values())
    lines = [line for found in every if found.safe for line in found.commands]
    assert lines
    assert not [line for line in lines if re.search(r"grub|pbl|reset-crashkernel|install|\brm\b|[$|;&><*'\"#]", line)]


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
