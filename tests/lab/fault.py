"""Build the module that follows a null pointer, for the kernel of an image."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path

from tests.cache import cached
from tests.debian import bootstrap, say

from .image import Image
from .recipe import HERE, Recipe

SOURCE = HERE / "fault"
NAME = "lab_fault.ko"


def fault(recipe: Recipe, image: Image) -> Path:
    """Return the module, built with the compiler and headers of the guest's own Debian."""
    sources = sorted(SOURCE.iterdir())
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    make = partial(_build, recipe.suite, image.release)
    return cached(f"fault-{recipe.suite}", f"{image.release}-{digest}", make) / NAME


def _build(suite: str, release: str, folder: Path) -> None:
    tree = folder / "tree"
    tree.mkdir()
    bootstrap(suite, ("gcc", "make", f"linux-headers-{release}"), tree)
    shutil.copytree(SOURCE, tree / "fault")
    say("chroot", str(tree), "make", "-C", f"/lib/modules/{release}/build", "M=/fault", "modules")
    shutil.copy(tree / "fault" / NAME, folder / NAME)
    shutil.rmtree(tree)
