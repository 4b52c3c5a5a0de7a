#!/usr/bin/env bash
# uvicorn 0.54.0 with h11 0.16.0 and with httptools 0.9.0; granian 2.8.7
#
# Input: two valid requests: one by HTTP/1.1 with its target in absolute form, which every server must take (RFC 9112,
#   3.2.2), and a header with a space behind its value, which is no part of it (RFC 9112, 5.1); and one by HTTP/1.0.
# Expected: the same scope from every server, as ASGI defines it: a path without host, ports as integers, "1.0".
# Seen: uvicorn has two parsers, and takes httptools if it is installed. With h11 the path of the first request is the
#   whole "http://example.org/rescues" (so no route is found); with httptools the header keeps its space. Granian gives
#   the client's and the server's port as text, and calls HTTP/1.0 "1".
# What follows: an installed package that no code names decides about routes and headers. Choose the parser with
#   --http, strip header values, and do not compare Granian's ports or HTTP versions with what ASGI promises.
. "$(dirname "$0")/support/common.sh"
python_with uvicorn==0.54.0 h11==0.16.0 httptools==0.9.0 granian==2.8.7
cat > app.py <<'PY'
import json


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    ports = [type(scope[side][1]).__name__ for side in ("client", "server")]
    fields = [scope["path"], headers.get("x-area"), *ports, scope["http_version"]]
    body = json.dumps(fields).encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]}
    )
    await send({"type": "http.response.body", "body": body})
PY
cat > ask.py <<'PY'
import socket
import sys

name, port = sys.argv[1], int(sys.argv[2])
for request in (
    b"GET http://example.org/rescues HTTP/1.1\r\nHost: example.org\r\nX-Area: north \r\nConnection: close\r\n\r\n",
    b"GET /rescues HTTP/1.0\r\nX-Area: north\r\n\r\n",
):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    print(name, answer.partition(b"\r\n\r\n")[2].decode())
PY
serve_and_ask() { # NAME COMMAND...
  local name=$1 port
  port=$(free_port)
  shift
  "$@" --host 127.0.0.1 --port "$port" app:app >/dev/null 2>&1 &
  started+=("$!")
  wait_for_port "$port"
  python ask.py "$name" "$port" >> seen.txt
}
serve_and_ask uvicorn-h11 uvicorn --http h11 --lifespan off
serve_and_ask uvicorn-httptools uvicorn --http httptools --lifespan off
serve_and_ask granian granian --interface asginl --http 1 --no-log

unchanged "$(cat seen.txt)" <<'END'
uvicorn-h11 ["http://example.org/rescues", "north", "int", "int", "1.1"]
uvicorn-h11 ["/rescues", "north", "int", "int", "1.0"]
uvicorn-httptools ["/rescues", "north ", "int", "int", "1.1"]
uvicorn-httptools ["/rescues", "north", "int", "int", "1.0"]
granian ["/rescues", "north", "str", "str", "1.1"]
granian ["/rescues", "north", "str", "str", "1"]
END
