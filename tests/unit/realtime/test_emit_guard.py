"""A message for nobody is sent to nobody: python-socketio sends one for an empty list to everybody."""

from __future__ import annotations

import pytest

from supportcarr.realtime.transport import create_socketio_server


@pytest.mark.parametrize("recipients", [{}, {"to": []}, {"to": ""}, {"room": []}, {"to": None, "room": None}])
async def test_emit_and_send_without_recipients_are_refused(recipients: dict[str, object]) -> None:
    server = create_socketio_server()
    with pytest.raises(ValueError, match="every client"):
        await server.emit("rescue:status_update", {}, **recipients)
    with pytest.raises(ValueError, match="every client"):
        await server.send({}, **recipients)
    await server.emit("rescue:status_update", {}, to="a-client-that-has-left")
