"""Render the AsyncAPI 3.0 document of the Socket.IO API from ``messages.SOCKET_EVENTS``.

Specification: https://www.asyncapi.com/docs/reference/specification/v3.0.0.  Operations are described
from the server's side: it *sends* what clients listen to and *receives* what they emit; a Socket.IO
acknowledgement is the operation's reply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from supportcarr.realtime.messages import SOCKET_EVENTS, Credentials, SocketEvent, StreamEnvelope

_SCHEMAS = "#/components/schemas/{name}"
_MESSAGES = "#/components/messages/"
_CHANNEL = "socket"


def render(
    payload_types: Mapping[str, Any] | None = None,
    *,
    version: str = "0.1.0",
    url: str = "http://127.0.0.1:8001",
) -> dict[str, Any]:
    """The document, ready for JSON.

    *payload_types* gives, by event name, the types of the payloads that other parts own (the offer, the
    message, the notification); *url* is where clients reach the server.  Raises ``ValueError`` for an
    event that is not declared.
    """
    given = dict(payload_types or {})
    unknown = set(given) - {event.name for event in SOCKET_EVENTS}
    if unknown:
        raise ValueError(f"no such socket events: {', '.join(sorted(unknown))}")
    payloads = {event.name: given.get(event.name, event.payload) for event in SOCKET_EVENTS}
    acks = {event.ack for event in SOCKET_EVENTS if event.ack}
    types = [*payloads.values(), *acks, StreamEnvelope, Credentials]
    schemas, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    by_type = dict(zip(map(_hashable, types), schemas, strict=True))
    messages = {_key(e.name): _message(e, by_type[_hashable(payloads[e.name])]) for e in SOCKET_EVENTS}
    replies = {f"{_key(e.name)}.ack": _reply(e, by_type[e.ack]) for e in SOCKET_EVENTS if e.ack}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "SupportCarr real time",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"realtime": _server(url)},
        "channels": {
            _CHANNEL: {
                "address": "/",
                "title": "The Socket.IO namespace",
                "servers": [{"$ref": "#/servers/realtime"}],
                "messages": {key: {"$ref": _MESSAGES + key} for key in (messages | replies)},
            }
        },
        "operations": {_key(e.name): _operation(e) for e in SOCKET_EVENTS},
        "components": {
            "messages": messages | replies,
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token, in auth.token of the Socket.IO connection",
                }
            },
        },
    }


_DESCRIPTION = """\
Socket.IO 5 (Engine.IO 4), WebSocket only, path `/socket.io`, `auth: {token, since?}`.

Clients do not subscribe to streams: each receives `user:ID`, and operators also `ops:AREA` of every
area.  `stream:heads` comes first; load the state by REST, then apply events.  Each event of a stream
carries its position in `cursor` (`epoch:offset`); the offset increases by one per event.  Drop an event
that you already have, and send `stream:sync` when a position shows that one is missing.  Reconnect with
`since` to receive the events in between.
"""


def _hashable(type_: Any) -> Any:
    return type_ if isinstance(type_, type) else repr(type_)


def _key(name: str) -> str:
    """A key for components, which may not contain a colon."""
    return name.replace(":", ".")


def _server(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "host": parts.netloc,
        "pathname": "/socket.io",
        "protocol": "wss" if parts.scheme == "https" else "ws",
        "description": "Socket.IO over WebSocket",
        "security": [{"$ref": "#/components/securitySchemes/token"}],
    }


def _message(event: SocketEvent, schema: dict[str, Any]) -> dict[str, Any]:
    payload = schema
    if event.stream:
        envelope = {"$ref": _SCHEMAS.format(name=StreamEnvelope.__name__)}
        payload = {"allOf": [envelope, {"type": "object", "properties": {"data": schema}}]}
    return {"name": event.name, "summary": event.summary, "payload": payload}


def _reply(event: SocketEvent, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{event.name} acknowledgement",
        "summary": f"The acknowledgement of {event.name}",
        "payload": schema,
    }


def _operation(event: SocketEvent) -> dict[str, Any]:
    channel = f"#/channels/{_CHANNEL}"
    operation: dict[str, Any] = {
        "action": "send" if event.sender == "server" else "receive",
        "channel": {"$ref": channel},
        "summary": event.summary,
        "tags": [{"name": role} for role in event.audience],
        "messages": [{"$ref": f"{channel}/messages/{_key(event.name)}"}],
    }
    if event.ack:
        operation["reply"] = {
            "channel": {"$ref": channel},
            "messages": [{"$ref": f"{channel}/messages/{_key(event.name)}.ack"}],
        }
    return operation
