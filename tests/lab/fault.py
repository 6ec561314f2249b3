"""Build the module that follows a null pointer, for the kernel of an image; kept beside it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from .image import CACHE, Image, debian, draft, locked, say
from .recipe import HERE, Recipe

SOURCE = HERE / "fault"
NAME = "lab_fault.ko"


def fault(recipe: Recipe, image: Image) -> Path:
    """Return the module, built with the compiler and headers of the guest's own Debian when it is not there yet."""
    sources = sorted(SOURCE.iterdir())
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    folder = CACHE / f"fault-{image.release}-{digest}"
    with locked(f"fault-{recipe.suite}"):
        if not folder.exists():
            with draft(folder) as new:
                _build(recipe, image, new)
    return folder / NAME


def _build(recipe: Recipe, image: Image, folder: Path) -> None:
    tree = folder / "tree"
    debian(recipe.suite, ("gcc", "make", f"linux-headers-{image.release}"), tree)
    shutil.copytree(SOURCE, tree / "fault")
    say("chroot", str(tree), "make", "-C", f"/lib/modules/{image.release}/build", "M=/fault", "modules")
    shutil.copy(tree / "fault" / NAME, folder / NAME)
    shutil.rmtree(tree)
