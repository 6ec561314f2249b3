"""An endpoint that speaks tus 1.0, the open protocol for resumable uploads (https://tus.io/protocols/resumable-upload).

Creation gives an upload its address, HEAD tells how much of it the server holds, PATCH adds to it. The server is not
believed: an answer counts only when it says exactly what we expect, and the end is confirmed by one more HEAD.
"""

from __future__ import annotations

import base64
import secrets
from typing import Callable
from urllib.parse import urljoin, urlsplit, urlunsplit

from kdump_agent.errors import ConfigError, Gone, Permanent, Retryable

from .endpoint import Item
from .http import Answer, Http, Trust
from .throttle import Slice, Throttle

__all__ = ["Trust", "Tus"]

VERSION = {"Tus-Resumable": "1.0.0"}
TYPES = {"json": "application/json", "txt": "text/plain", "zst": "application/zstd"}
"""By a name's end. The protocol asks for no metadata, but browsers' clients send a name and a type, and some servers
refuse an upload without them."""
GONE = tuple(set(range(400, 500)) - {401, 407, 408, 423, 425, 429})
"""Answers to HEAD after which an upload is begun anew, as browsers' clients do: whatever the server has against this
one, asking again would not mend it, and what it has against us it says to the next creation."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Tus:
    """The tus server at ``url`` (http or https, ending in the folder of uploads)."""

    def __init__(
        self, url: str, token: Callable[[], str | None] = lambda: None, trust: Trust | None = None,
        proxy: str | None = None, throttle: Throttle | None = None,
    ) -> None:  # fmt: skip
        refuse_token_in_the_clear(url, has_token=token() is not None, proxy=proxy)
        self._url, self._throttle = url, throttle or Throttle(None)
        self._http = Http(token, trust or Trust(), proxy)

    def begin(self, item: Item) -> str:
        """Create the upload; its address is the handle."""
        kind = TYPES.get(item.key.rpartition(".")[2], "application/octet-stream")
        usual = {"filename": _unique_name(item.key), "filetype": kind}
        facts = {"key": item.key, "sha256": item.sha256, **usual, **item.metadata}
        metadata = ",".join(f"{name} {_base64(value)}" for name, value in facts.items())
        headers = {**VERSION, "Upload-Length": str(item.size), "Upload-Metadata": metadata, "Content-Length": "0"}
        answer = self._http.send("POST", self._url, headers)
        if answer.status != 201 and "tus-resumable" not in answer.headers:
            raise Retryable(f"{self._url}: answered HTTP {answer.status} to a creation; want 201: is it a tus server?")
        return self._own_address(answer)

    def offset(self, item: Item, handle: str) -> int:
        """Ask with HEAD. Raises Gone also for an upload of another server, or of another length: it is not ours."""
        self._refuse_another_server(handle)
        answer = self._http.send("HEAD", handle, VERSION, gone=GONE)
        offset = _number(answer, "upload-offset", handle)
        length = answer.headers.get("upload-length", str(item.size))
        if length != str(item.size) or offset > item.size:
            raise Gone(f"{handle}: holds {offset} of {length!a} bytes; the file has {item.size}: it is another upload")
        return offset

    def append(
        self, item: Item, handle: str, offset: int, source: int, length: int, tell: Callable[[int], None]
    ) -> int:
        """Send with PATCH; an answer that names another offset than the one reached is not believed.

        One that names none is no answer; HEAD tells then.
        """
        self._refuse_another_server(handle)
        length = min(length, item.size - offset)
        body = Slice(source, offset, length, self._throttle, tell)
        headers = {
            **VERSION,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(length),
        }
        try:
            answer = self._http.send("PATCH", handle, headers, body, gone=(404, 410, 460))
        except EOFError as exc:
            raise Retryable(f"{item.key}: the source changed while it was sent: {exc}") from exc
        except Permanent as exc:
            if "HTTP 409" in str(exc):
                raise Retryable(f"{handle}: holds another number of bytes than we thought; asked again") from exc
            raise
        told = "upload-offset" in answer.headers
        reached = _number(answer, "upload-offset", handle) if told else self.offset(item, handle)
        if reached != offset + length:
            raise Retryable(f"{handle}: answered HTTP {answer.status}, offset {reached}; want {offset + length}")
        return reached

    def finish(self, item: Item, handle: str, beat: Callable[[], None]) -> None:
        """Ask once more; tus has nothing to publish."""
        beat()
        try:
            held = self.offset(item, handle)
        except Gone as exc:
            why = "took the last byte and knows the upload no more, so that nothing tells whether it is kept"
            raise Permanent(f"{handle}: {why}; use a tus server that answers for what is complete") from exc
        if held != item.size:
            raise Retryable(f"{handle}: holds {held} of {item.size} bytes")

    def _own_address(self, answer: Answer) -> str:
        """Take the path from Location, and everything else from our settings: the token goes nowhere else."""
        ours = urlsplit(self._url)
        try:
            theirs = urlsplit(urljoin(self._url, answer.headers.get("location", "")))
            foreign = theirs.hostname != ours.hostname
        except ValueError:
            foreign, theirs = True, ours
        if foreign or not theirs.path or (theirs.path, theirs.query) == (ours.path, ours.query):
            where = ascii(answer.headers.get("location", ""))[:200]
            raise Permanent(f"{self._url}: sends the upload elsewhere, to {where}; check the server's public address")
        return urlunsplit((ours.scheme, ours.netloc, theirs.path, theirs.query, ""))

    def _refuse_another_server(self, handle: str) -> None:
        """Raise Gone for an upload begun when endpoint.url was another: the token goes nowhere else."""
        ours, theirs = urlsplit(self._url), urlsplit(handle)
        if (theirs.scheme, theirs.netloc) != (ours.scheme, ours.netloc):
            raise Gone(f"{handle}: was begun at another endpoint than {self._url}")


def refuse_token_in_the_clear(url: str, *, has_token: bool, proxy: str | None = None) -> None:
    """Raise ConfigError when a token would cross a network unencrypted."""
    parts = urlsplit(url)
    if has_token and parts.scheme == "http" and (proxy or parts.hostname not in LOOPBACK):
        raise ConfigError(f"endpoint.url: want tus+https: when there is a token; got {url}")


def _unique_name(key: str) -> str:
    """Return a file name that no other upload has, not even an earlier one of the same item.

    There are servers that keep an upload under the name it tells, and write a second one of that name over the first,
    or behind it: tus-php, flask-tus.
    """
    folder, _, name = key.partition("/")[2].replace("/", "-").rpartition("-")
    return f"{folder}-{secrets.token_hex(4)}-{name}"[-255:]


def _number(answer: Answer, name: str, handle: str) -> int:
    text = answer.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Retryable(f"{handle}: answered HTTP {answer.status} with {name} {text[:40]!a}; want a number")
    return int(text)


def _base64(text: str) -> str:
    """Encode any text, also the undecodable bytes of a file name."""
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
