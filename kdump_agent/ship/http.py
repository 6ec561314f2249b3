"""HTTP for an endpoint that may lie, hang or drip: one request, one bounded answer, every failure told apart.

Nothing comes from the environment (proxies, netrc, CA bundles), no redirect is followed, TLS is 1.2 or newer and the
host name is always checked. A request that makes no progress for a while is ended, however it is kept alive.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Callable

import requests
import urllib3
from requests.adapters import HTTPAdapter

from kdump_agent import __version__
from kdump_agent.deadline import Deadline
from kdump_agent.errors import AgentError, Gone, Permanent, Retryable

from .throttle import Slice

CONNECT_SECONDS, READ_SECONDS = 20.0, 60.0
IDLE_SECONDS = 90.0
"""How long a request may go on without a block of its body being taken; the whole answer has as long."""
ANSWER_BYTES = 64 << 10

_LATER = {408, 423, 425, 429}
_HINTS = {
    401: "the token is wrong or missing; see endpoint.token_file (a credential of systemd's: restart the service)",
    403: "this host may not write here; check the token's rights",
    404: "there is no such endpoint; check endpoint.url",
    405: "no tus server answers here, or a proxy before it lets no PATCH through; check endpoint.url",
    413: "the endpoint, or a proxy before it, takes nothing of this size; raise its limit",
}
_OUT_OF_TIME = {9, 10, 11, 12}
"""A certificate or a revocation list that is not yet or no longer valid: OpenSSL, x509_vfy.h, X509_V_ERR_*."""
_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
_GARBLED = {"DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "SSLV3_ALERT_BAD_RECORD_MAC", "TLSV1_ALERT_INTERNAL_ERROR"}
"""What a faulty line, or a server in trouble of its own, makes of a TLS connection: OpenSSL, sslerr.h, SSL_R_*."""


@dataclass(frozen=True)
class Trust:
    """By what the two sides know each other; each a PEM file."""

    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None


class _Adapter(HTTPAdapter):
    """Speaks TLS 1.2 or newer, with our certificate authorities when some are set."""

    def __init__(self, trust: Trust) -> None:
        for path in filter(None, (trust.ca_file, trust.client_cert, trust.client_key)):
            path.open("rb").close()  # ssl does not say which of them is missing
        if trust.client_key and not trust.client_cert:
            raise ValueError("client_key is set, and client_cert is not")
        self._context = ssl.create_default_context(cafile=str(trust.ca_file) if trust.ca_file else None)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        if urllib3.__version__.startswith("1."):  # type: ignore[attr-defined, unused-ignore]
            # It leaves an address out of the handshake, which the context would refuse, and compares the certificate
            # with name or address itself where the context does not (urllib3 1.26, connection.py).
            self._context.check_hostname = False
        if trust.client_cert:
            self._context.load_cert_chain(str(trust.client_cert), str(trust.client_key) if trust.client_key else None)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return super().proxy_manager_for(*args, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, *_settings: Any) -> None:
        """Leave it to the context: requests would load its own certificate authorities besides ours."""
        conn.cert_reqs = "CERT_REQUIRED"


@dataclass(frozen=True)
class Answer:
    """A bounded answer."""

    status: int
    headers: Mapping[str, str]


class Http:
    """Sends requests to one endpoint. Raises Permanent when what it is to trust cannot be read."""

    def __init__(self, token: Callable[[], str | None], trust: Trust, proxy: str | None) -> None:
        self._token, self._trust, self._proxy = token, trust, proxy
        self.idle_seconds = IDLE_SECONDS
        _adapter(trust)  # what cannot be used is said before anything is sent

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Slice | None = None,
        *,
        gone: tuple[int, ...] = (),
    ) -> Answer:
        """Send one request on a connection of its own and return its successful answer.

        Raises Gone for a status in ``gone``, Retryable or Permanent for every other failure.
        """
        with self._session() as session:
            try:
                answer = self._exchange(session, method, url, headers, body)
            except requests.exceptions.SSLError as exc:
                raise _of_tls(exc, url, body) from None
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as exc:
                raise _cut(exc, url, body) from None
        _judge(answer.status_code, answer.headers, url, gone)
        return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()})

    def _exchange(
        self, session: requests.Session, method: str, url: str, headers: Mapping[str, str], body: Slice | None
    ) -> requests.Response:
        with Deadline(self.idle_seconds) as deadline:
            if body is not None:
                body.progress = deadline.extend
            answer = session.request(
                method, url, headers={**session.headers, **headers}, data=body, stream=True, allow_redirects=False,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
            )  # fmt: skip
            _read_out(answer)
            return answer

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.headers.clear()
        session.headers.update({"User-Agent": f"kdump-agent/{__version__}", "Accept-Encoding": "identity"})
        if self._proxy:
            session.proxies = {"http": self._proxy, "https": self._proxy}
        session.mount("https://", _adapter(self._trust))
        session.auth = _Bearer(self._token())
        return session


def _adapter(trust: Trust) -> _Adapter:
    try:
        return _Adapter(trust)
    except (OSError, ValueError) as exc:
        raise Permanent(f"endpoint: ca_file, client_cert or client_key cannot be used: {_reason(exc)}") from None


class _Bearer(requests.auth.AuthBase):
    """Carries the token where no repr, log or traceback shows it."""

    def __init__(self, token: str | None) -> None:
        self.__token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.__token is not None:
            request.headers["Authorization"] = f"Bearer {self.__token}"
        return request

    def __repr__(self) -> str:
        return "<token>"


def _read_out(answer: requests.Response) -> None:
    """Read a body to its end or to our patience's; nothing in it matters, nor whether it can be read."""
    read = 0
    with contextlib.closing(answer), contextlib.suppress(urllib3.exceptions.HTTPError, OSError):
        while read <= ANSWER_BYTES and (block := answer.raw.read(4096)):
            read += len(block)


def _judge(status: int, headers: Mapping[str, str], url: str, gone: tuple[int, ...]) -> None:
    if 200 <= status < 300:
        return
    if status in gone:
        raise Gone(f"{url}: the endpoint no longer knows this upload (HTTP {status})")
    if 300 <= status < 400:
        where = ascii(headers.get("Location", ""))[:200]
        raise Permanent(f"{url}: redirects (HTTP {status}) to {where}, not followed; set endpoint.url to where it ends")
    if status in _LATER or status >= 500:
        raise Retryable(f"{url}: not now (HTTP {status})", after=retry_after(headers.get("Retry-After"), time.time()))
    raise Permanent(f"{url}: refused (HTTP {status}): {_HINTS.get(status, 'see the endpoint and its log')}")


def retry_after(text: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After asks for (RFC 9110, 10.2.3: a number or a date), or None."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _of_tls(exc: BaseException, url: str, body: Slice | None) -> AgentError:
    """Tell a failure of TLS that time mends from one for a person."""
    found = next((each for each in _chain(exc) if isinstance(each, ssl.SSLError)), None)
    if getattr(found, "verify_code", None) in _OUT_OF_TIME:
        hint = "check this host's clock and the server's certificate"
        return Retryable(f"{url}: TLS was refused: {_reason(exc)}; {hint}")
    if isinstance(found, _CUT) or getattr(found, "reason", None) in _GARBLED:
        return _cut(exc, url, body)
    return Permanent(f"{url}: TLS was refused: {_reason(exc)}; check endpoint.url, ca_file and client_cert")


def _cut(exc: BaseException, url: str, body: Slice | None) -> Retryable:
    """Say how far it came: who closes in the middle may have refused, and his answer was lost with the connection."""
    if body is None or not body.taken:
        return Retryable(f"{url}: cannot be reached: {_reason(exc)}")
    hint = (
        "if that comes again, see the log of the endpoint and of a proxy before it: a limit of size or time does that"
    )
    return Retryable(f"{url}: cut off after {body.taken} bytes: {_reason(exc)}; {hint}")


def _reason(exc: BaseException) -> str:
    """The innermost words of a failure, short and harmless."""
    *_, innermost = _chain(exc)
    return ascii(str(innermost) or type(innermost).__name__)[1:-1][:200]


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """Yield a failure and what it was raised for, step by step."""
    seen: object = exc
    while isinstance(seen, BaseException):
        yield seen
        inner = _behind(seen)
        seen = None if inner is seen else inner


def _behind(exc: BaseException) -> object:
    """What a failure was raised for; one that was raised "from None" hides what came before it."""
    raised_for = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
    return raised_for or getattr(exc, "reason", None) or next(iter(exc.args), None)
