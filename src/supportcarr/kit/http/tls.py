"""TLS 1.3 at our own servers, for platforms without a proxy that ends it.

asyncio tells a protocol of a TLS connection only when the handshake is done, and allows it a minute.  Until
then the connection would have no place in the table of connections, so anybody could open any number.  Hence
a connection is accepted as a plain one, with a place that it may lose to others, and is then upgraded.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import structlog

from supportcarr.kit.http.connections import ConnectionTable
from supportcarr.kit.http.eager import Suspended, run_eagerly
from supportcarr.kit.http.settings import TlsSettings
from supportcarr.kit.runtime.settings import PREFIX, SettingsError

HANDSHAKE_SECONDS = 10.0
LOOK_SECONDS = 60.0  # how often the files are compared with those that are in use
SPREAD_SECONDS = 3600.0  # processes that must end for a new certificate do so within, not all at once

log = structlog.get_logger(__name__)


def server_context(settings: TlsSettings) -> ssl.SSLContext | None:
    """TLS 1.3 with the certificate of the settings; ``None`` if they name none.  Raises ``SettingsError``."""
    if not settings.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(
            f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY cannot be used together: "
            f"{getattr(error, 'reason', None) or error}."
        ) from None
    return context


def load_again(context: ssl.SSLContext, settings: TlsSettings) -> None:
    """Show the certificate that is in the files now, to connections that are made from now on."""
    context.load_cert_chain(settings.certificate, settings.key)


async def follow_renewals(settings: TlsSettings, renewed: Callable[[], object]) -> None:
    """Call *renewed* whenever the files hold another certificate that fits its key.  Returns never.

    Certificates are renewed while processes run: one that was read at the start alone would end with its
    last day, and nobody could connect any more.
    """
    seen = _contents(settings)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = _contents(settings)
        if now is None or now == seen:
            continue
        try:
            server_context(settings)
            renewed()
        except (SettingsError, ssl.SSLError, OSError) as error:  # half written, perhaps: the next look tells
            log.warning("certificate_refused", error=str(error))
            continue
        seen = now
        log.info("certificate_renewed")


def _contents(settings: TlsSettings) -> tuple[bytes, bytes] | None:
    """What the files hold; ``None`` if one of them cannot be read."""
    try:
        return Path(settings.certificate).read_bytes(), Path(settings.key).read_bytes()
    except OSError:
        return None


class TlsAcceptor(asyncio.Protocol):
    """A connection until its handshake is done; then *make_connection()* takes it over.

    It has a place in the *table*: closed first, like any connection that has sent no request.
    """

    has_asked = False
    rests = False

    def __init__(
        self, make_connection: Callable[[], asyncio.Protocol], context: ssl.SSLContext, table: ConnectionTable
    ) -> None:
        self._make_connection = make_connection
        self._context = context
        self._table = table
        self._transport: asyncio.Transport | None = None
        self._handshake: asyncio.Task[None] | None = None
        self._early = bytearray()  # what came with the last bytes of the handshake
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = plain = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it
        peer = plain.get_extra_info("peername")
        if self._table.add(self, peer[0] if peer else None):
            plain.abort()  # there is no way to say why
            return
        # Begun at once: uvloop reads the first bytes, which are the handshake's, right after this call.
        loop = asyncio.get_running_loop()
        begun = run_eagerly(self._shake_hands(plain), loop)
        self._handshake = begun.to_task(loop) if isinstance(begun, Suspended) else None

    def data_received(self, data: bytes) -> None:
        self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._table.remove(self)

    def make_room(self) -> None:
        """Close: another connection takes the place."""
        if self._transport is not None:
            self._transport.abort()

    async def _shake_hands(self, plain: asyncio.Transport) -> None:
        try:
            secure = await asyncio.get_running_loop().start_tls(
                plain,
                self,
                self._context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        except (OSError, ssl.SSLError, TimeoutError):  # not TLS, or not 1.3, or too slow: the client's fault
            plain.abort()
            return
        finally:
            self._table.remove(self)
        if secure is None or self._lost or plain.is_closing():  # uvloop reports no error then
            return
        connection = self._make_connection()
        secure.set_protocol(connection)
        connection.connection_made(secure)
        if self._early:
            connection.data_received(bytes(self._early))


def accepting_tls(
    connection: Callable[..., asyncio.Protocol], context: ssl.SSLContext, table: ConnectionTable
) -> Callable[..., Any]:
    """*connection*, a factory as uvicorn calls it, behind a ``TlsAcceptor``."""

    def accept(*arguments: Any, **named: Any) -> TlsAcceptor:
        return TlsAcceptor(lambda: connection(*arguments, **named), context, table)

    return accept
