"""The addresses that the platform listens on: whether they can be used, and how they are reached."""

from __future__ import annotations

import errno
import ipaddress
import socket

import click

from supportcarr.bootstrap.settings import ServerSettings
from supportcarr.kit.runtime.settings import PREFIX


def reachable_host(host: str) -> str:
    """The host of a URL that reaches a server on this machine which listens on *host*."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return host if address.version == 4 else f"[{host}]"


def refuse_unusable_ports(servers: ServerSettings) -> None:
    """Raise ``click.ClickException`` with the reason if the platform cannot listen on one of its ports."""
    ports = {
        f"{PREFIX}PORT": servers.port,
        f"{PREFIX}REALTIME_PORT": servers.realtime_port,
        f"{PREFIX}SANDBOX_PORT": servers.sandbox_port,
    }
    processes = servers.worker_processes + servers.realtime_processes + servers.api_processes
    metrics = (
        range(servers.metrics_port, servers.metrics_port + processes) if servers.metrics_port else range(0)
    )
    if metrics.stop > 65_536:
        raise click.ClickException(
            f"{PREFIX}METRICS_PORT is too high: {processes} processes need a port each."
        )
    for name, port in ports.items():
        same = [other for other, others in ports.items() if other != name and others == port]
        if same:
            raise click.ClickException(
                f"{name} and {same[0]} are both {port}: each server needs its own port."
            )
        if port in metrics:
            raise click.ClickException(
                f"{name} is {port}, which {PREFIX}METRICS_PORT ({metrics.start} to {metrics.stop - 1}) needs."
            )
        _bind(servers.host, port, name)


def _bind(host: str, port: int, name: str) -> None:
    try:
        (family, _, _, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise click.ClickException(
            f"{PREFIX}HOST is {host}, which is not an address: {error.strerror}."
        ) from None
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise click.ClickException(_problem(error, host, port, name)) from None


def _problem(error: OSError, host: str, port: int, name: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken. Choose another: make demo PORT=9000, or --port 9000 "
            f"(the next two ports are used as well), or {name}."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{PREFIX}HOST is {host}, which is not an address of this machine."
    if error.errno == errno.EACCES:
        return f"Port {port} ({name}) may not be used by this user: ports below 1024 need privileges."
    return f"Port {port} of {host} cannot be used: {error.strerror}."
