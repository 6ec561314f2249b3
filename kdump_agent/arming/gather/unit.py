"""The state of the service that loads the crash kernel: systemd's word, else the links of SysV init."""

from __future__ import annotations

import re

from kdump_agent.arming.distros.distribution import Distribution
from kdump_agent.arming.facts import Unit
from kdump_agent.look import Look

# In the order in which they are tried; a family that is not named has its own tried first.
SERVICES = {"debian": "kdump-tools", "ubuntu": "kdump-tools"}
PROPERTIES = (
    "LoadState", "ActiveState", "SubState", "Result", "ConditionResult", "ConditionTimestamp", "UnitFileState",
    "ActiveEnterTimestamp",
)  # fmt: skip


def kdump_unit(look: Look, distribution: Distribution) -> Unit | None:
    """Return the unit that loads the crash kernel, None when there is none or when nobody can be asked."""
    return unit(look, "unit", SERVICES.get(distribution.family, "kdump"))


def unit(look: Look, topic: str, service: str) -> Unit | None:
    """Return one service's unit, None when there is none of its name or when nobody can be asked."""
    name = f"{service}.service"
    question = ("systemctl", "show", f"--property={','.join(PROPERTIES)}", "--", name)
    said = look.ask(topic, f"systemctl-show-{name}", question)
    if said is None:
        return _init_script(look, topic, service)
    words = dict(re.findall(r"^(\w+)=(.*)$", said, re.MULTILINE))
    if words.get("LoadState") == "not-found":
        return None
    return Unit(
        name=name,
        load=words.get("LoadState", ""),
        active=words.get("ActiveState", ""),
        sub=words.get("SubState", ""),
        result=words.get("Result", ""),
        condition_met=words.get("ConditionResult") == "yes" if words.get("ConditionTimestamp") else None,
        enabled=words.get("UnitFileState", ""),
        since=words.get("ActiveEnterTimestamp", ""),
    )


def _init_script(look: Look, topic: str, service: str) -> Unit | None:
    """A SysV script has no state but this: is it there, and does the usual run level start it?"""
    if not (look.paths.init_scripts / service).is_file():
        return None
    look.doubts.pop(topic, None)
    links = look.names(topic, look.paths.start_links)
    starts = any(re.fullmatch(rf"S[0-9][0-9]{re.escape(service)}", link) for link in links)
    return Unit(name=service, load="loaded", enabled="enabled" if starts else "disabled")
