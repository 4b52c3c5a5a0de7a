"""An emulator of AWS KMS: Encrypt, Decrypt and GenerateDataKey over HTTP (JSON 1.1), in a thread.

    with KmsEmulator() as kms:
        kms.add_key("arn:aws:kms:ca-central-1:111122223333:key/first")
        settings = {"KEYSET_KMS_ENDPOINT": kms.url, ...}

Signatures are not verified.  As in AWS, a ciphertext names its key, and the encryption context must be that
of the encryption.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_DATA_KEY_BYTES = {"AES_256": 32, "AES_128": 16}


class KmsError(Exception):
    """An error of KMS, by its code."""


class KmsEmulator:
    """Keys by ARN; ``calls`` counts the operations, ``fails`` is a code with which all of them fail."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}
        self.disabled: set[str] = set()
        self.calls: list[str] = []
        self.fails: str | None = None
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def add_key(self, arn: str) -> None:
        self._keys[arn] = AESGCM.generate_key(256)

    def start(self) -> None:
        """Listen, at the same port as before."""
        emulator = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                operation = self.headers["x-amz-target"].rpartition(".")[2]
                try:
                    status, answer = 200, emulator.answer(operation, body)
                except KmsError as error:
                    status, answer = 400, {"__type": str(error), "message": str(error)}
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/x-amz-json-1.1")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def __enter__(self) -> KmsEmulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- operations ---------------------------------------------------------------------------

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to one operation.  Raises ``KmsError``."""
        self.calls.append(operation)
        if self.fails is not None:
            raise KmsError(self.fails)
        context = json.dumps(body.get("EncryptionContext", {}), sort_keys=True).encode()
        if operation == "Encrypt":
            sealed = self._encrypt(body["KeyId"], base64.b64decode(body["Plaintext"]), context)
            return {"KeyId": body["KeyId"], "CiphertextBlob": sealed}
        if operation == "GenerateDataKey":
            data_key = os.urandom(_DATA_KEY_BYTES[body.get("KeySpec", "AES_256")])
            sealed = self._encrypt(body["KeyId"], data_key, context)
            plain = base64.b64encode(data_key).decode()
            return {"KeyId": body["KeyId"], "CiphertextBlob": sealed, "Plaintext": plain}
        if operation == "Decrypt":
            arn, plain = self._decrypt(base64.b64decode(body["CiphertextBlob"]), context)
            if body.get("KeyId", arn) != arn:
                raise KmsError("IncorrectKeyException")
            return {"KeyId": arn, "Plaintext": plain}
        raise KmsError("UnknownOperationException")

    def _key(self, arn: str) -> AESGCM:
        if arn not in self._keys:
            raise KmsError("NotFoundException")
        if arn in self.disabled:
            raise KmsError("DisabledException")
        return AESGCM(self._keys[arn])

    def _encrypt(self, arn: str, plain: bytes, context: bytes) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        name = arn.encode()
        sealed = nonce + self._key(arn).encrypt(nonce, plain, context)
        return base64.b64encode(len(name).to_bytes(2, "big") + name + sealed).decode()

    def _decrypt(self, blob: bytes, context: bytes) -> tuple[str, str]:
        size = int.from_bytes(blob[:2], "big")
        arn, sealed = blob[2 : 2 + size].decode(errors="replace"), blob[2 + size :]
        try:
            plain = self._key(arn).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise KmsError("InvalidCiphertextException") from None
        return arn, base64.b64encode(plain).decode()
