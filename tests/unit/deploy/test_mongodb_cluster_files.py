"""The compose file of the sharded MongoDB and the script that sets it up agree."""

from __future__ import annotations

import shlex
from argparse import Namespace
from typing import Any

import pytest
import yaml

from support.mongo.cluster import COMPOSE, direct_url, service_of
from supportcarr.kit.store.mongo.cluster import parse_arguments
from supportcarr.rescues.collections import RESCUES

SCRIPT = COMPOSE.with_name("cluster")
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]


def argument(service: str, name: str) -> str | None:
    command: list[str] = SERVICES[service]["command"]
    return command[command.index(name) + 1] if name in command else None


def members(replica_set: str) -> list[str]:
    """The members of a replica set in the compose file."""
    return [
        f"{service}:{argument(service, '--port')}"
        for service in SERVICES
        if argument(service, "--replSet") == replica_set
    ]


def given() -> list[Namespace]:
    """The script's calls of ``mongo_cluster``, in order."""
    script = SCRIPT.read_text().replace("$router", "mongodb://r/").replace("${DATABASE:-supportcarr}", "city")
    lines = [line.strip() for line in script.splitlines()]
    return [parse_arguments(shlex.split(line)[1:]) for line in lines if line.startswith("setup mongodb://")]


@pytest.mark.parametrize("service", SERVICES)
def test_each_server_publishes_its_port_on_the_loopback_interface_only(service: str) -> None:
    port = argument(service, "--port")
    assert SERVICES[service]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"/{port}" in SERVICES[service]["healthcheck"]["test"][-1]
    assert direct_url(f"{service}:{port}").startswith(f"mongodb://127.0.0.1:{port}/")
    assert service_of(f"{service}:{port}") == service


def test_servers_have_different_ports() -> None:
    ports = [argument(service, "--port") for service in SERVICES]
    assert len(set(ports)) == len(ports)


def test_the_script_initiates_every_replica_set_and_adds_every_shard() -> None:
    made = {arguments.name: arguments for arguments in given() if arguments.command == "replica-set"}
    assert {name: arguments.members for name, arguments in made.items()} == {
        name: members(name) for name in ("config", "east", "west")
    }
    assert {name: arguments.config_servers for name, arguments in made.items()} == {
        "config": True,
        "east": False,
        "west": False,
    }
    assert len(members("east")) == 3
    [joined] = [arguments.shards for arguments in given() if arguments.command == "shards"]
    assert joined == [f"{name}/{','.join(members(name))}" for name in ("east", "west")]
    assert argument("router", "--configdb") == f"config/{members('config')[0]}"


def test_regions_are_pinned_before_collections_are_sharded() -> None:
    last = given()[-1]
    assert (last.command, last.collection, last.field) == (
        "regions",
        f"city.{RESCUES.name}",
        RESCUES.sharded_by,
    )
    assert dict(last.regions) == {"qc": "east", "on": "west"}


def test_docker_does_not_restart_killed_servers() -> None:
    assert {service["restart"] for service in SERVICES.values()} == {"no"}
