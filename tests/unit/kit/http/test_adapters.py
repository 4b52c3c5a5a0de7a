"""The internals of uvicorn and Granian that the adapters use exist and are all listed."""

from __future__ import annotations

import ast
import asyncio
import inspect
import tomllib
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from granian.server.embed import Server as EmbeddedGranian
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from supportcarr.kit.http import protocol, uvicorn_adapter
from supportcarr.kit.http.protocol import HttpProtocol
from supportcarr.kit.http.types import Receive, Scope, Send
from supportcarr.kit.http.uvicorn_adapter import RELIED_ON, Connection, UvicornServer

REPOSITORY = Path(__file__).parents[4]
BOUNDED = {"bullmq", "granian", "msgspec", "python-socketio", "uvicorn"}


async def app(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Transport(asyncio.Transport):
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 1) if name in ("peername", "sockname") else default

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def close(self) -> None:
        pass


async def uvicorns() -> dict[str, Any]:
    """An instance of each class of uvicorn's, after one request."""
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    connection = HttpToolsProtocol(config, state, {})
    connection.connection_made(Transport())
    connection.data_received(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    cycle, flow = connection.cycle, connection.flow
    await asyncio.gather(*state.tasks)
    return {
        "HttpToolsProtocol": connection,
        "RequestResponseCycle": cycle,
        "FlowControl": flow,
        "ServerState": state,
        "Server": uvicorn.Server(config),
    }


async def test_every_listed_name_of_uvicorn_exists() -> None:
    instances = await uvicorns()
    assert instances.keys() == RELIED_ON.keys()
    missing = {
        f"{kind}.{name}"
        for kind, names in RELIED_ON.items()
        for name in names
        if not hasattr(instances[kind], name)
        and f"self.{name} " not in inspect.getsource(type(instances[kind]))  # set by its startup
    }
    assert not missing
    assert STATUS_LINE[200] == b"HTTP/1.1 200 OK\r\n"


def names_of_self(module: Any, class_name: str) -> set[str]:
    """The attributes of ``self`` that a class uses."""
    tree = ast.parse(inspect.getsource(module))
    (found,) = (n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == class_name)
    return {
        n.attr
        for n in ast.walk(found)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }


def own_names(*classes: type) -> set[str]:
    """Members that our classes define."""
    return {name for kind in classes for name in vars(kind)}


@pytest.mark.parametrize(
    ("module", "kind", "ours", "theirs"),
    [
        (uvicorn_adapter, Connection, (Connection,), "HttpToolsProtocol"),
        (protocol, HttpProtocol, (HttpProtocol, Connection), "HttpToolsProtocol"),
        (uvicorn_adapter, UvicornServer, (UvicornServer,), "Server"),
    ],
    ids=lambda value: value.__name__.rpartition(".")[2] if hasattr(value, "__name__") else "",
)
def test_every_name_of_uvicorn_in_use_is_listed(
    module: Any, kind: type, ours: tuple[type, ...], theirs: str
) -> None:
    base = kind.__mro__[len(ours)]
    inherited = {name for name in names_of_self(module, kind.__name__) if hasattr(base, name)}
    inherited |= names_of_self(module, kind.__name__) & set(base.__init__.__code__.co_names)  # type: ignore[misc]  # of uvicorn's class
    unlisted = inherited - RELIED_ON[theirs] - own_names(*ours)
    assert not unlisted


def test_granian_accepts_the_arguments_in_use() -> None:
    parameters = inspect.signature(EmbeddedGranian.__init__).parameters
    used = {"interface", "http", "websockets", "backlog", "backpressure", "log_enabled"}
    assert used <= parameters.keys()
    assert inspect.iscoroutinefunction(EmbeddedGranian.serve)
    assert callable(EmbeddedGranian.stop)


def test_libraries_whose_internals_are_used_have_an_upper_bound() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    bounded = {name.partition(">")[0] for name in project["dependencies"] if "," in name and "<" in name}
    assert bounded >= BOUNDED
