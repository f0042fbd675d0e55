"""Sends one request to an address of the world outside, and to nothing inside.

The name is resolved here, every address it has is checked, and the connection goes to the very address that was
checked: a name that changes its mind in between reaches nothing else. No redirect is followed, no proxy asked.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from byhand.webhooks.errors import Unreachable

SECONDS, MOST_ANSWER = 10.0, 4096
# These carry an IPv4 address inside: through a gateway they would lead to where that one leads.
_CARRIERS = [
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    took_ms: int


def url_problems(url: str) -> list[str]:
    """Return why nothing can be sent to this address; what its name resolves to is checked at each delivery."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ["url: not an address."]
    problems = []
    loopback = settings.WEBHOOKS_ALLOW_LOOPBACK and parts.hostname in {"localhost", "127.0.0.1"}
    if parts.scheme != "https" and not (loopback and parts.scheme == "http"):
        problems.append("url: only https.")
    if not parts.hostname or any(not (33 <= ord(character) <= 126) for character in url):
        problems.append("url: a host name in plain letters is needed; write other letters in punycode.")
    if parts.username or parts.password or "@" in parts.netloc:
        problems.append("url: no name and no password in it; deliveries are signed instead.")
    if parts.fragment:
        problems.append("url: no part behind #.")
    if port is not None and not 1 <= port <= 65535:
        problems.append("url: no such port.")
    if len(url) > 500:
        problems.append("url: at most 500 characters.")
    literal = _literal(parts.hostname or "")
    if literal is not None and not allowed(literal):
        problems.append("url: this address is not in the world outside.")
    return problems


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def allowed(address: Address) -> bool:
    """Whether we connect to `address`: public unicast only."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback and settings.WEBHOOKS_ALLOW_LOOPBACK:
        return True
    carried = isinstance(address, ipaddress.IPv6Address) and any(address in net for net in _CARRIERS)
    return address.is_global and not address.is_multicast and not carried


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send `body`; raises Unreachable where no answer comes. Any answer is an answer, a redirect too."""
    began = time.monotonic()
    parts = urlsplit(url)
    if problems := url_problems(url):
        raise Unreachable(problems[0])
    host, https = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if https else 80)
    connection = _Pinned(host, port, _resolve(host, port), https)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        said = _read(answer, began + SECONDS)
        return Answer(answer.status, said, int((time.monotonic() - began) * 1000))
    except TimeoutError as error:
        raise Unreachable(f"No answer within {SECONDS:.0f} s.") from error
    except ssl.SSLError as error:
        raise Unreachable(f"The certificate or the connection is not sound: {error.reason}.") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"The connection failed: {type(error).__name__}.") from error
    finally:
        connection.close()


def _resolve(host: str, port: int) -> str:
    """Return the one address that is connected to. One bad address among several refuses them all."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("The name is not known.") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not addresses or not all(allowed(ipaddress.ip_address(address)) for address in addresses):
        raise Unreachable("The name leads to an address that is not in the world outside.")
    return addresses[0]


class _Pinned(http.client.HTTPConnection):
    """Connects to an address that was checked, and asks it for the certificate of the name."""

    def __init__(self, host: str, port: int, address: str, https: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self._address, self._https = address, https
        self.default_port = 443 if https else 80

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), timeout=SECONDS)
        if self._https:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _read(answer: http.client.HTTPResponse, until: float) -> str:
    """Return the beginning of the answer; a body that drips is left where it is."""
    parts: list[bytes] = []
    while sum(map(len, parts)) < MOST_ANSWER and time.monotonic() < until:
        part = answer.read1(MOST_ANSWER)
        if not part:
            break
        parts.append(part)
    return b"".join(parts)[:MOST_ANSWER].decode("utf-8", "replace").replace("\x00", "\ufffd")
