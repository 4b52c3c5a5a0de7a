#!/usr/bin/env bash
# granian 2.8.7
#
# Input: a server with --backpressure 2, and four clients with a connection each, who ask one short question one after
#   the other and keep their connections open, as browsers do.
# Expected: four answers. The option is the "maximum number of requests to process concurrently", and there is never
#   more than one.
# Seen: an open connection counts for as long as it is open, idle or not. The third and fourth client wait until one
#   of the others hangs up.
# What follows: with a bound chosen for requests (32 helps the tail latency under load) the thirty-third browser waits.
#   Choose it as a number of connections, and limit concurrent requests in the application.
. "$(dirname "$0")/support/common.sh"
python_with granian==2.8.7
cat > app.py <<'PY'
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
PY
port=$(free_port)
granian --interface asgi --http 1 --backpressure 2 --no-log --host 127.0.0.1 --port "$port" app:app >/dev/null 2>&1 &
started+=("$!")
wait_for_port "$port"

seen=$(python - "$port" <<'PY'
import socket
import sys
import time

time.sleep(0.5)  # the connection that only looked whether the server listens is gone by then


def answer(connection: socket.socket) -> str:
    try:
        return connection.recv(1000).split(b"\r\n")[0].decode()
    except TimeoutError:
        return "no answer within a second"


clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1) for _ in range(4)]
for number, client in enumerate(clients, 1):
    client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    print(f"client {number}: {answer(client)}")
clients[0].close()
print(f"client 3, when client 1 has hung up: {answer(clients[2])}")
PY
)

unchanged "$seen" <<'END'
client 1: HTTP/1.1 200 OK
client 2: HTTP/1.1 200 OK
client 3: no answer within a second
client 4: no answer within a second
client 3, when client 1 has hung up: HTTP/1.1 200 OK
END
