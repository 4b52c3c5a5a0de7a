"""The generated AsyncAPI document: its structure, by the rules of the 3.0 specification."""

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


def test_it_is_a_document_of_version_3_with_all_its_parts(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(document["info"])
    assert set(document) >= {"servers", "channels", "operations", "components"}
    for server in document["servers"].values():
        assert {"host", "protocol"} <= set(server)
        assert "/" not in server["host"]
    assert json.loads(json.dumps(document)) == document


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = list(references(document))
    assert found
    for reference in found:
        assert resolve(document, reference) is not None


def test_keys_of_components_have_the_characters_that_are_allowed(document: dict[str, Any]) -> None:
    for kind in document["components"].values():
        assert all(KEY.match(key) for key in kind)


def test_every_declared_event_has_a_message_and_an_operation_from_the_server_s_side(
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
    for declared in SOCKET_EVENTS:
        action = "send" if declared.sender == "server" else "receive"
        assert by_name[declared.name]["action"] == action
        assert ("reply" in by_name[declared.name]) == (declared.ack is not None)


def test_what_counts_arrives_in_its_envelope(document: dict[str, Any]) -> None:
    messages = document["components"]["messages"]
    envelope, own = messages["rescue.status_update"]["payload"]["allOf"]
    assert resolve(document, envelope["$ref"])["required"] == ["id", "stream", "cursor", "at", "data"]
    assert own["properties"]["data"] == {"$ref": "#/components/schemas/StatusUpdate"}
    assert messages["driver.location_update"]["payload"] == {"$ref": "#/components/schemas/LocationUpdate"}


def test_shapes_of_other_parts_are_taken_in(document: dict[str, Any]) -> None:
    _, own = document["components"]["messages"]["offer.new"]["payload"]["allOf"]
    assert resolve(document, own["properties"]["data"]["$ref"])["properties"]["pay_minor"]


def test_a_shape_for_an_event_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="offer:old"):
        render({"offer:old": OfferView})


def test_the_server_is_where_the_edge_is() -> None:
    (server,) = render(url="https://live.example.org")["servers"].values()
    assert (server["protocol"], server["host"], server["pathname"]) == (
        "wss",
        "live.example.org",
        "/socket.io",
    )
