"""The generated AsyncAPI document follows the rules of the 3.0 specification."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from supportcarr.realtime.asyncapi import render
from supportcarr.realtime.messages import SOCKET_EVENTS

KEY = re.compile(r"^[A-Za-z0-9._-]+$")


class OfferView(msgspec.Struct):
    id: str
    pay_minor: int


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return render({"offer:new": OfferView})


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document: dict[str, Any], reference: str) -> Any:
    assert reference.startswith("#/")
    node: Any = document
    for part in reference[2:].split("/"):
        node = node[part]
    return node


def test_the_document_is_version_3_and_complete(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(document["info"])
    assert set(document) >= {"servers", "channels", "operations", "components"}
    for server in document["servers"].values():
        assert {"host", "protocol"} <= set(server)
        assert "/" not in server["host"]
    assert json.loads(json.dumps(document)) == document


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    found = list(references(document))
    assert found
    for reference in found:
        assert resolve(document, reference) is not None


def test_keys_of_components_use_allowed_characters(document: dict[str, Any]) -> None:
    for kind in document["components"].values():
        assert all(KEY.match(key) for key in kind)


def test_every_event_has_a_message_and_an_operation(
    document: dict[str, Any],
) -> None:
    operations = document["operations"]
    assert len(operations) == len(SOCKET_EVENTS)
    by_name = {}
    for operation in operations.values():
        assert operation["action"] in ("send", "receive")
        assert operation["channel"] == {"$ref": "#/channels/socket"}
        (message,) = operation["messages"]
        # The specification: an operation names its messages through its own channel.
        assert message["$ref"].startswith("#/channels/socket/messages/")
        target = resolve(document, resolve(document, message["$ref"])["$ref"])
        by_name[target["name"]] = operation
    for event in SOCKET_EVENTS:
        action = "send" if event.sender == "server" else "receive"
        assert by_name[event.name]["action"] == action
        assert ("reply" in by_name[event.name]) == (event.ack is not None)


def test_events_of_streams_have_an_envelope(document: dict[str, Any]) -> None:
    messages = document["components"]["messages"]
    envelope, own = messages["rescue.status_update"]["payload"]["allOf"]
    assert resolve(document, envelope["$ref"])["required"] == ["id", "stream", "cursor", "at", "data"]
    assert own["properties"]["data"] == {"$ref": "#/components/schemas/StatusUpdate"}
    assert messages["driver.location_update"]["payload"] == {"$ref": "#/components/schemas/LocationUpdate"}


def test_payload_types_of_other_parts_are_included(document: dict[str, Any]) -> None:
    _, own = document["components"]["messages"]["offer.new"]["payload"]["allOf"]
    assert resolve(document, own["properties"]["data"]["$ref"])["properties"]["pay_minor"]


def test_a_payload_type_for_an_unknown_event_is_refused() -> None:
    with pytest.raises(ValueError, match="offer:old"):
        render({"offer:old": OfferView})


def test_the_server_has_the_given_address() -> None:
    (server,) = render(url="https://live.example.org")["servers"].values()
    assert (server["protocol"], server["host"], server["pathname"]) == (
        "wss",
        "live.example.org",
        "/socket.io",
    )
