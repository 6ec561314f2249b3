"""Open the endpoint that an address names."""

from __future__ import annotations

from pathlib import Path
from typing import Callable
from urllib.parse import unquote, urlsplit

from kdump_agent.errors import ConfigError

from .directory import Directory
from .endpoint import Endpoint
from .throttle import Throttle


def open_endpoint(
    url: str, *, token: Callable[[], str | None] = lambda: None, ca_file: Path | None = None,
    client_cert: Path | None = None, client_key: Path | None = None, proxy: str | None = None,
    bandwidth: int | None = None,
) -> Endpoint:  # fmt: skip
    """Return the endpoint at ``file:///folder``, ``tus+https://host/path/`` or ``tus+http://host/path/``.

    ``token`` is asked for at each connection; ``bandwidth`` is in bytes a second. Nothing is reached yet.
    Raises ConfigError for another address.
    """
    scheme = urlsplit(url).scheme
    throttle = Throttle(bandwidth)
    if scheme == "file":
        return Directory(Path(unquote(urlsplit(url).path)), throttle)
    if scheme in ("tus+https", "tus+http"):
        from .tus import Trust, Tus

        return Tus(url[len("tus+") :], token, Trust(ca_file, client_cert, client_key), proxy, throttle)
    raise ConfigError(f"endpoint.url: want file:, tus+https: or tus+http:; got {scheme!a}")
