"""Listening sockets, taken before anything else starts so that a taken port is told at once."""

from __future__ import annotations

import contextlib
import errno
import socket

from ecopick.server.errors import StartError

LOOPBACK = "localhost"


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on `port`; `localhost` means IPv4 and, where there is one, IPv6.

    Raises StartError when the port is taken or not ours to use.
    """
    addresses = ["127.0.0.1", "::1"] if host == LOOPBACK else [host]
    taken: list[socket.socket] = []
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            each = socket.socket(family, socket.SOCK_STREAM)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            each.bind((address, port))
            each.listen(1024)
        except OSError as error:
            with contextlib.suppress(UnboundLocalError):
                each.close()
            if taken and error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                continue
            for other in taken:
                other.close()
            raise StartError(_sentence(host, port, error)) from error
        taken.append(each)
    return taken


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is already in use; stop what runs there, or set PORT to another one."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this account; set PORT to one above 1023."
    return f"Ecopick cannot listen on {host}, port {port}: {error.strerror}."


def free_port() -> socket.socket:
    """A listening loopback socket on a port that the system chose."""
    return listen("127.0.0.1", 0)[0]
