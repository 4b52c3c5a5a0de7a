#!/usr/bin/env bash
# stripe 16.1.0 (Python), stripe 23.1.0 (Node), against a server of this script that fails twice and then succeeds
#
# Input: one POST /v1/payment_intents, with nothing set for retries. The server answers 500, 500, 200; or 429, 429, 200.
# Expected: stripe.max_network_retries is 2, so all of Stripe's clients try three times and succeed. A 429 (too many
#   requests) is what retries with a growing pause are for.
# Seen: Node's client and Python's older module interface do so for 500. Python's StripeClient, which replaces that
#   interface, ignores the module's setting and tries once. None of them repeats a 429 by itself (only if a header of
#   the answer asks for it).
# What follows: set StripeClient(max_network_retries=...), or retry yourself with one idempotency key. In either case
#   retry 429 yourself.
. "$(dirname "$0")/support/common.sh"
python_with stripe==16.1.0
node_with stripe@23.1.0

cat > retries.py <<'PY'
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

attempts = 0
failure = 500


class Server(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        global attempts
        attempts += 1
        self.rfile.read(int(self.headers["content-length"]))
        failed = {"error": {"type": "api_error", "message": "try again"}}
        body = json.dumps(failed if attempts < 3 else {"id": "pi_1", "object": "payment_intent"}).encode()
        self.send_response(failure if attempts < 3 else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
port = server.server_address[1]
address = f"http://127.0.0.1:{port}"
charge = {"amount": 1000, "currency": "cad"}


def by_module() -> None:
    stripe.api_key, stripe.api_base = "sk_test_1", address
    stripe.PaymentIntent.create(**charge)


def by_client() -> None:
    stripe.StripeClient("sk_test_1", base_addresses={"api": address}).v1.payment_intents.create(charge)


def by_node() -> None:
    program = f"""
    const {{ default: Stripe }} = await import("stripe");
    await new Stripe("sk_test_1", {{ host: "127.0.0.1", port: {port}, protocol: "http" }})
      .paymentIntents.create({json.dumps(charge)});
    """
    subprocess.run(["node", "--input-type=module", "-e", program], check=True, stderr=subprocess.DEVNULL)


print("stripe.max_network_retries:", stripe.max_network_retries)
for failure in (500, 429):
    for name, call in (("Python, module", by_module), ("Python, StripeClient", by_client), ("Node", by_node)):
        attempts = 0
        try:
            call()
            outcome = "success"
        except (stripe.StripeError, subprocess.CalledProcessError):
            outcome = "an error"
        print(f"{failure}: {name}: {outcome} after {attempts} of at most 3 requests")
PY
seen=$(python retries.py)

unchanged "$seen" <<'END'
stripe.max_network_retries: 2
500: Python, module: success after 3 of at most 3 requests
500: Python, StripeClient: an error after 1 of at most 3 requests
500: Node: success after 3 of at most 3 requests
429: Python, module: an error after 1 of at most 3 requests
429: Python, StripeClient: an error after 1 of at most 3 requests
429: Node: an error after 1 of at most 3 requests
END
