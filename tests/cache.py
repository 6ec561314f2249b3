"""What takes minutes to make, kept between runs in ``$XDG_CACHE_HOME/kdump-agent-lab``, else below ``/var/cache``."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Callable

HOME = Path(os.environ.get("XDG_CACHE_HOME", "/var/cache")) / "kdump-agent-lab"


def cached(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that ``make`` has filled; it is called when there is none with this name and key.

    The folder gets its name when it is whole. What another key, or a run that was killed, left under the name goes.
    Two that ask at a time wait for each other.
    """
    HOME.mkdir(parents=True, exist_ok=True)
    folder = HOME / f"{name}-{key}"
    with (HOME / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            for old in HOME.glob(f"{name}-*"):
                shutil.rmtree(old)
            draft = Path(tempfile.mkdtemp(prefix=f"{name}-", suffix=".draft", dir=HOME))
            draft.chmod(0o755)
            make(draft)
            draft.rename(folder)
    return folder
