"""Where a URL from outside may lead: its origin, and which IP addresses are public. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from bot.errors import FetchError

PORTS = {"http": 80, "https": 443}

# A host and a port, and nothing that two parsers could read differently. No `@`, no `%`.
AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(?::(?P<port>[0-9]{1,5})?)?")
# RFC 1123, and the underscore that some real hosts have.
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# A last label like these makes resolvers read the whole name as an IPv4 number: `127.1`, `0x7f.1`.
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# `is_global` calls these global, and yet they answer only inside a cloud: the first holds Oracle's
# metadata service, the second is Azure's host agent.
CLOUD = (IPv4Network("192.0.0.0/24"), IPv4Network("168.63.129.16/32"))
UNICAST = IPv6Network("2000::/3")  # all that IANA has given out as global unicast
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case; IPv6 in its short form without brackets) and port of a URL."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The `Host` header: the port is left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS.get(self.scheme) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def origin(url: str) -> Origin:
    """The origin of an http or https URL; FetchError where it is anything else or ambiguous.

    Refused: other schemes, user names, control characters, backslashes, host names that are not
    ASCII (their `xn--` form is accepted), and numbers that only a resolver takes for an address.
    """
    where = shown(url)
    if not url.isprintable() or "\\" in url or url != url.strip():
        raise FetchError(f"{where}: the address holds a blank, a backslash or a control character")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise FetchError(f"{where}: the address cannot be read") from None
    if parts.scheme not in PORTS:
        raise FetchError(f"{where}: only http and https addresses are fetched")
    if "@" in parts.netloc:
        raise FetchError(f"{where}: an address with a user name in it is not fetched")
    found = AUTHORITY.fullmatch(parts.netloc)
    host = _host(found["host"].lower()) if found else None
    if found is None or host is None:
        raise FetchError(f"{where}: the host is not a plain name or IP address")
    port = int(found["port"] or PORTS[parts.scheme])
    if not 0 < port < 65536:
        raise FetchError(f"{where}: there is no port {port}")
    return Origin(parts.scheme, host, port)


def _host(text: str) -> str | None:
    """A host in its canonical form, None where it is none."""
    bare = text.strip("[]")
    labels = text.split(".")
    if text.startswith("[") or NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv6Address(bare) if text.startswith("[") else IPv4Address(bare))
        except ValueError:
            return None
    return text if len(text) < 254 and all(map(LABEL.fullmatch, labels)) else None


def shown(url: str) -> str:
    """A URL for errors and logs: scheme, host, port and path, never user, query or fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(an unreadable address)"
    authority = parts.netloc.rpartition("@")[2]
    # Without a host the "path" is the content: of `data:`, `javascript:`, `mailto:`.
    rest = f"//{authority}{parts.path}" if AUTHORITY.fullmatch(authority) else "…"
    return "".join(c if c.isprintable() else "?" for c in f"{parts.scheme}:{rest}")[:200]


def is_public(address: str) -> bool:
    """Whether a resolved IP address is one of the open internet; text that is none is not.

    An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is judged as itself.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in NAT64:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is None:
            return found.is_global and found in UNICAST
        found = inner
    return found.is_global and not found.is_multicast and not any(found in net for net in CLOUD)


def checked(wanted: Origin, addresses: Iterable[str]) -> tuple[str, ...]:
    """The resolved addresses of a host, each once; FetchError unless every one is public."""
    found = tuple(dict.fromkeys(addresses))
    if not found:
        raise FetchError(f"{wanted}: the host has no address")
    for address in found:
        if not is_public(address):
            raise FetchError(
                f"{wanted}: refused, for it leads to {address}, which is not a public address"
                " (only the host written in a source's base_url or url may be one)"
            )
    return found
