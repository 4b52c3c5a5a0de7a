"""The program of a process that makes the copies of images: ``python -m supportcarr.kit.images.worker``.

It reads requests from its standard input and writes replies to its standard output, one at a time (see
``messages.py``), and ends when the input does.  It has no secret in its environment, can open few
files and write none, its memory and the time for each image are limited, and others go first.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from supportcarr.kit.images.derive import derive
from supportcarr.kit.images.errors import UnusableImage, too_complex
from supportcarr.kit.images.messages import LENGTH_BYTES, Refusal, Reply, Request, decode_length, frame

NICENESS = 10  # as the hashing of passwords: a tenth of the weight of an event loop
MEMORY_BYTES = 1024**3  # of addresses; 50 megapixels turned on their side need about half of it
CPU_SECONDS = 20  # for one image
WALL_SECONDS = 180  # for one image; ends this process if the one that asked is gone
OPEN_FILES = 32


def limit() -> None:
    """Limit what this process may use."""
    os.nice(NICENESS)
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _limit_next_image() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, most))
    signal.alarm(WALL_SECONDS)


def answer(request: Request) -> Reply:
    """The copies, or why the image is refused."""
    try:
        return derive(request.data, request.content_type)
    except UnusableImage as refused:
        return Refusal(refused.code, refused.sentence)
    except MemoryError:
        costly = too_complex()
        return Refusal(costly.code, costly.sentence)


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until there are no more."""
    while len(header := requests.read(LENGTH_BYTES)) == LENGTH_BYTES:
        _limit_next_image()
        encoded = requests.read(decode_length(header))
        request = msgspec.msgpack.decode(encoded, type=Request)
        del encoded
        reply = answer(request)
        del request
        replies.write(frame(reply))
        replies.flush()
        del reply
        signal.alarm(0)
        gc.collect()


if __name__ == "__main__":
    limit()
    serve(sys.stdin.buffer, sys.stdout.buffer)
