"""Where the bearer token comes from: a file that only we may read, or a systemd credential.

The token is read anew for each connection, so that a new one needs no restart, and it is kept nowhere.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from kdump_agent import files
from kdump_agent.errors import Permanent, Refused, Retryable

CREDENTIAL = "token"
NO_TOKEN = "none"  # noqa: S105 (what the unit sets when no token was given)
_LONGEST = 8192


def read_token(token_file: Path | None) -> str | None:
    """Return the token, or None when none is set.

    Raises Permanent, without a word of the token, when it cannot be read, others may read it, or it is no token;
    Retryable when it is missing or empty, as it may be for a moment while somebody puts a new one there.
    """
    path = token_file or _credential()
    if path is None:
        return None
    owners = frozenset({0, os.geteuid()})
    try:
        with files.open_plain(path.parent, (path.name,), owners=owners) as fd:
            private = token_file is None or not stat.S_IMODE(os.fstat(fd).st_mode) & 0o077
            content = os.read(fd, _LONGEST + 1)
    except FileNotFoundError as exc:
        raise Retryable(f"{path}: there is no token; check endpoint.token_file") from exc
    except Refused as exc:
        raise Permanent(f"{path}: the token is not read: {exc}; want a plain file of root's") from exc
    except OSError as exc:
        raise Permanent(f"{path}: the token cannot be read: {exc.strerror}; check endpoint.token_file") from exc
    if not private:
        raise Permanent(f"{path}: others may read the token; chmod 0600 {path}")
    token = content.decode("ascii", "replace").strip()
    if not token:
        raise Retryable(f"{path}: is empty; want one line with the token")
    if len(content) > _LONGEST or any(not "!" <= letter <= "~" for letter in token):
        raise Permanent(f"{path}: holds no token: want one line of printable ASCII without blanks")
    return None if path == _credential() and token == NO_TOKEN else token


def _credential() -> Path | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder, CREDENTIAL) if folder else None
    return path if path and path.exists() else None
