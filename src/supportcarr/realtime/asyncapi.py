"""The AsyncAPI 3.0 document of the Socket.IO edge, generated from ``messages.DECLARED``.

Specification: https://www.asyncapi.com/docs/reference/specification/v3.0.0.  Operations are told from
the server's side: it *sends* what clients listen to and *receives* what they emit; a Socket.IO
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
    shapes: Mapping[str, Any] | None = None,
    *,
    version: str = "0.1.0",
    url: str = "http://127.0.0.1:8001",
) -> dict[str, Any]:
    """The document, ready for JSON.

    *shapes* gives, by event name, the types of the payloads that other parts own (the offer, the
    message, the notification); *url* is where clients reach the edge.
    """
    given = dict(shapes or {})
    unknown = set(given) - {declared.name for declared in SOCKET_EVENTS}
    if unknown:
        raise ValueError(f"no such socket events: {', '.join(sorted(unknown))}")
    payloads = {declared.name: given.get(declared.name, declared.payload) for declared in SOCKET_EVENTS}
    acks = {declared.ack for declared in SOCKET_EVENTS if declared.ack}
    types = [*payloads.values(), *acks, StreamEnvelope, Credentials]
    schemas, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    by_type = dict(zip(map(_hashable, types), schemas, strict=True))
    messages = {_key(d.name): _message(d, by_type[_hashable(payloads[d.name])]) for d in SOCKET_EVENTS}
    replies = {f"{_key(d.name)}.ack": _reply(d, by_type[d.ack]) for d in SOCKET_EVENTS if d.ack}
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
        "operations": {_key(d.name): _operation(d) for d in SOCKET_EVENTS},
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

A client joins nothing by itself: it is given `user:ID`, and operators `ops:AREA` of every area.
`stream:heads` comes first; load by REST, then apply events.  Each event of a stream carries
`cursor` = `epoch:seq`, `seq` up by one; drop one that you have, and ask by `stream:sync` when a head
shows that one is missing.  Connect again with `since` to get what came meanwhile.
"""


def _hashable(type_: Any) -> Any:
    return type_ if isinstance(type_, type) else repr(type_)


def _key(name: str) -> str:
    """Keys of components may not have a colon."""
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


def _message(declared: SocketEvent, schema: dict[str, Any]) -> dict[str, Any]:
    payload = schema
    if declared.stream:
        envelope = {"$ref": _SCHEMAS.format(name=StreamEnvelope.__name__)}
        payload = {"allOf": [envelope, {"type": "object", "properties": {"data": schema}}]}
    return {"name": declared.name, "summary": declared.summary, "payload": payload}


def _reply(declared: SocketEvent, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{declared.name} acknowledgement",
        "summary": f"The acknowledgement of {declared.name}",
        "payload": schema,
    }


def _operation(declared: SocketEvent) -> dict[str, Any]:
    channel = f"#/channels/{_CHANNEL}"
    operation: dict[str, Any] = {
        "action": "send" if declared.sender == "server" else "receive",
        "channel": {"$ref": channel},
        "summary": declared.summary,
        "tags": [{"name": role} for role in declared.audience],
        "messages": [{"$ref": f"{channel}/messages/{_key(declared.name)}"}],
    }
    if declared.ack:
        operation["reply"] = {
            "channel": {"$ref": channel},
            "messages": [{"$ref": f"{channel}/messages/{_key(declared.name)}.ack"}],
        }
    return operation
