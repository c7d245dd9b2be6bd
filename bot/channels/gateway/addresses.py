"""Which addresses are on the public internet, and where a host is: a name is resolved before anything is sent to it."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_TRANSLATED: Final = IPv6Network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address


class PrivateAddress(Exception):
    """A host is, or resolves to, an address that is not on the public internet; the message says which."""


def private(address: str) -> bool:
    """Whether an IP address is loopback, private, link-local, shared, reserved or a group: anything but one public machine."""
    at: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(at, IPv6Address):
        if at.ipv4_mapped or at in _TRANSLATED:
            at = at.ipv4_mapped or IPv4Address(int(at) & 0xFFFFFFFF)
        elif at.sixtofour or at.teredo:
            return True  # tunnels, given up by the internet, that end wherever the address says
    return not at.is_global or at.is_multicast


def literal(host: str) -> str:
    """The IP address that a host is without being looked up, "" for a name. `localhost` is one; so are 127.1 and 0x7f000001."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(bare.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except (OSError, UnicodeEncodeError):
        return ""


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host, each of them public. Raises PrivateAddress, and OSError where it has none."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for address in addresses:
        if private(address):
            raise PrivateAddress(f"{host} is at {address}, which is not on the public internet")
    return addresses
