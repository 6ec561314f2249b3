"""Which bank of which Intel processor belongs to which unit; data only.

Intel SDM vol. 3B, chapter "Interpreting Machine Check Error Codes": each section opens with the banks of its processor.
The models' numbers: SDM vol. 4, table "CPUID Signature Values of DisplayFamily_DisplayModel". Of Knights Landing the
banks are as in the kernel's drivers/edac/sb_edac.c, of Clearwater Forest and Diamond Rapids as in Intel's patches to
mcelog.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from . import intel_diamond as diamond
from . import intel_link as link
from . import intel_memory as memory
from . import intel_place as place
from . import intel_power as power
from . import intel_xeon_mp as xeon_mp
from .registers import Reader


@dataclass(frozen=True)
class Bank:
    """What one bank reports."""

    unit: str
    part: str
    """What a technician looks at: memory, interconnect, power, processor."""
    says: tuple[Reader, ...] = ()
    """Readers of MCi_STATUS."""
    place: place.Place | None = None
    """Reader of MCi_MISC."""
    channel: int | None = None
    """The socket's memory channel that the bank is for."""
    hub_channels: int | None = None
    """Channels of one hub, where the socket has two: ``channel`` is then counted within the hub."""
    first_channel: int | None = None
    """The socket's memory channel that the error code's channel 0 stands for."""
    mirrors: bool = False
    """Does MISC tell (bits 63:62) that a mirror corrected the error?"""


@dataclass(frozen=True)
class Model:
    """One generation of processors."""

    name: str
    banks: Mapping[int, Bank] = field(default_factory=dict)
    classes: Mapping[str, Bank] = field(default_factory=dict)
    """By the class of the error code, where the unit does not follow from the bank."""


Layout = dict[int, Bank]


def _controllers(
    channels: Mapping[int, int], says: tuple[Reader, ...], where: place.Place | None = None, kind: str = ""
) -> Layout:
    unit = f"{kind} memory controller".strip()
    return {bank: Bank(unit, "memory", says, where, channel) for bank, channel in channels.items()}


def _links(banks: Iterable[int], unit: str, says: tuple[Reader, ...] = ()) -> Layout:
    return dict.fromkeys(banks, Bank(unit, "interconnect", says))


def _power(says: tuple[Reader, ...], bank: int = 4) -> Layout:
    return {bank: Bank("power control unit", "power", says)}


def _agents(
    first_channels: Mapping[int, int | None], unit: str, says: tuple[Reader, ...] = (), *, mirrors: bool = False
) -> Layout:
    return {
        bank: Bank(unit, "memory", says, first_channel=first, mirrors=mirrors) for bank, first in first_channels.items()
    }


def _count(first_bank: int, number: int) -> dict[int, int]:
    """Bank by bank, channel by channel."""
    return {first_bank + channel: channel for channel in range(number)}


_QPI, _UPI = "QPI link", "UPI link"
_MESH = "mesh to memory (M2M)"
_HASWELL_QPI = _links((5, 20, 21), _QPI, link.QPI)
_ICE_LAKE_CHANNELS = {13 + 4 * controller + n: 3 * controller + n for controller in range(4) for n in range(3)}
_SKYLAKE_CHANNELS = {13: 0, 14: 1, 17: 2, 15: 3, 16: 4, 18: 5}

CORE = Model("Core 2", classes={"bus": Bank("front side bus", "interconnect", link.FRONT_SIDE_BUS_CORE)})
P6 = Model("P6", classes={"bus": Bank("front side bus", "interconnect", link.FRONT_SIDE_BUS_P6)})
DUNNINGTON = Model(
    "Dunnington",
    classes={
        "bus": Bank("front side bus", "interconnect", xeon_mp.DUNNINGTON_BUS),
        "simple": Bank("cache bus controller", "processor", xeon_mp.DUNNINGTON_CONTROLLER),
    },
)
TULSA = Model(
    "Tulsa",
    classes={
        "bus": Bank("front side bus", "interconnect", xeon_mp.TULSA_BUS),
        "simple": Bank("cache bus controller", "processor", xeon_mp.TULSA_CONTROLLER),
    },
)
PENTIUM_4 = Model("Pentium 4", classes={"bus": Bank("front side bus", "interconnect", link.FRONT_SIDE_BUS_PENTIUM_4)})
NEHALEM = Model(
    "Nehalem, Westmere",
    classes={
        "bus": Bank("QPI link", "interconnect", link.QPI_NEHALEM, place.QPI_NEHALEM),
        "memory_controller": Bank("memory controller", "memory", memory.NEHALEM, place.NEHALEM),
        "simple": Bank("processor", "processor", memory.NEHALEM_INTERNAL),
    },
)
NEHALEM_EX = Model(
    "Nehalem-EX, Westmere-EX", classes={"simple": Bank("processor", "processor", memory.NEHALEM_INTERNAL)}
)
SANDY_BRIDGE = Model("Sandy Bridge", _power(power.SANDY_BRIDGE))
SANDY_BRIDGE_EP = Model(
    "Sandy Bridge-EP",
    {
        **_power(power.SANDY_BRIDGE), **_links((6, 7), _QPI),
        **_controllers(_count(8, 4), memory.SANDY_BRIDGE, place.FAILING_RANKS),
    },
)  # fmt: skip
IVY_BRIDGE_EP = Model(
    "Ivy Bridge-EP",
    {
        **_power(power.IVY_BRIDGE), **_links((5,), _QPI),
        **_controllers(_count(9, 8), memory.IVY_BRIDGE, place.FAILING_RANKS),
    },
)  # fmt: skip
HASWELL_EP = Model(
    "Haswell-EP",
    {
        **_power(power.HASWELL), **_HASWELL_QPI, **_agents({7: 0, 8: 4}, "home agent"),
        **_controllers(_count(9, 8), memory.HASWELL, place.FAILING_RANKS),
    },
)  # fmt: skip
BROADWELL_EP = Model(
    "Broadwell-EP",
    {
        **_power(power.HASWELL), **_HASWELL_QPI, **_agents({7: 0, 8: 4}, "home agent", mirrors=True),
        **_controllers(_count(9, 8), memory.BROADWELL, place.FAILING_RANKS),
    },
)  # fmt: skip
BROADWELL_DE = Model(
    "Broadwell-DE",
    {**_power(power.BROADWELL_DE), **_controllers(_count(9, 2), memory.BROADWELL_DE, place.FAILING_RANKS)},
)
SKYLAKE_SP = Model(
    "Skylake-SP, Cascade Lake",
    {
        **_power(power.SKYLAKE), **_links((5, 12, 19), _UPI, link.UPI_SKYLAKE),
        **_agents({7: 0, 8: 3}, _MESH, memory.M2M_SKYLAKE, mirrors=True),
        **_controllers(_SKYLAKE_CHANNELS, memory.SKYLAKE, place.FAILING_RANKS),
    },
)  # fmt: skip
_KNIGHTS_FIRST_CHANNELS = {15: 3, 16: 0}
KNIGHTS_LANDING = Model(
    "Knights Landing, Knights Mill",
    {
        5: Bank("UBOX", "processor", power.UBOX),
        **_controllers(_count(7, 8), memory.KNIGHTS_LANDING, place.FAILING_RANKS, "MCDRAM"),
        **{
            bank: Bank("memory controller", "memory", memory.KNIGHTS_LANDING, place.FAILING_RANKS, first_channel=first)
            for bank, first in _KNIGHTS_FIRST_CHANNELS.items()
        },
    },
)  # fmt: skip
DENVERTON = Model("Denverton", _controllers(_count(6, 2), memory.DENVERTON))
ICE_LAKE_SP = Model(
    "Ice Lake-SP",
    {
        **_power(power.ICE_LAKE), **_links((5, 7, 8), _UPI, link.UPI_ICE_LAKE),
        **_agents({12: 0, 16: 3, 20: 6, 24: 9}, _MESH, memory.M2M_SKYLAKE, mirrors=True),
        **_controllers(_ICE_LAKE_CHANNELS, memory.ICE_LAKE, place.ICE_LAKE),
    },
)  # fmt: skip
SAPPHIRE_RAPIDS = Model(
    "Sapphire Rapids, Emerald Rapids",
    {
        **_power(power.SAPPHIRE), **_links((5,), _UPI, link.UPI_SAPPHIRE),
        **_agents({12: None}, _MESH, memory.M2M_SAPPHIRE),
        **_controllers(_count(13, 8), memory.SAPPHIRE, place.SAPPHIRE),
        **_agents({29: None}, f"HBM {_MESH}", memory.M2M_SAPPHIRE),
        **_controllers({30: 8, 31: 9}, memory.SAPPHIRE, place.SAPPHIRE_HBM, "HBM"),
    },
)  # fmt: skip
GRANITE_RAPIDS = Model(
    "Granite Rapids, Sierra Forest, Clearwater Forest",
    {
        **_links((5,), _UPI, link.UPI_GRANITE), **_power(power.GRANITE, 6),
        **_agents({12: None}, "mesh to memory (B2CMI)", memory.B2CMI),
        **_controllers(_count(13, 12), memory.GRANITE, place.GRANITE),
    },
)  # fmt: skip
DIAMOND_RAPIDS = Model(
    "Diamond Rapids",
    {
        **_power(diamond.COMPUTE), **_power(diamond.HUB, 11), **_links((18,), _UPI, link.UPI_DIAMOND),
        **{
            bank: Bank("memory controller", "memory", memory.DIAMOND, place.DIAMOND, channel, hub_channels=8)
            for bank, channel in _count(19, 8).items()
        },
    },
)  # fmt: skip

FAMILY_6: Mapping[int, Model] = {
    **dict.fromkeys(range(0x0F), P6), **dict.fromkeys((0x0F, 0x17), CORE), 0x1D: DUNNINGTON,
    **dict.fromkeys((0x1A, 0x1E, 0x1F, 0x25, 0x2C), NEHALEM), **dict.fromkeys((0x2E, 0x2F), NEHALEM_EX),
    0x2A: SANDY_BRIDGE, 0x2D: SANDY_BRIDGE_EP,
    0x3E: IVY_BRIDGE_EP, 0x3F: HASWELL_EP, 0x4F: BROADWELL_EP, 0x56: BROADWELL_DE, 0x55: SKYLAKE_SP, 0x5F: DENVERTON,
    **dict.fromkeys((0x6A, 0x6C, 0x86), ICE_LAKE_SP), **dict.fromkeys((0x8F, 0xCF), SAPPHIRE_RAPIDS),
    **dict.fromkeys((0xAD, 0xAE, 0xAF, 0xDD), GRANITE_RAPIDS), **dict.fromkeys((0x57, 0x85), KNIGHTS_LANDING),
}  # fmt: skip
FAMILY_15: Mapping[int, Model] = {**dict.fromkeys(range(6), PENTIUM_4), 6: TULSA}
FAMILY_19: Mapping[int, Model] = {0x01: DIAMOND_RAPIDS}
MODELS: Mapping[int, Mapping[int, Model]] = {6: FAMILY_6, 15: FAMILY_15, 19: FAMILY_19}
"""By family, then by model."""
