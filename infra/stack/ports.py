"""Free TCP ports on the loopback address."""

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_FIRST_PORT = 20_000
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port nobody listens on, below the range that outgoing connections are given.

    No connection can therefore take it while its server restarts. Another server can still come
    first, so a caller that fails to start asks again.
    """
    end = int(_EPHEMERAL_RANGE.read_text().split()[0]) if _EPHEMERAL_RANGE.exists() else 32_768
    ports = range(_FIRST_PORT, max(end, _FIRST_PORT + 1_000))
    for port in random.sample(ports, k=200):
        if is_free(port):
            return port
    raise OSError("no free TCP port found")


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
