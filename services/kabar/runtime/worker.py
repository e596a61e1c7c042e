"""A worker process: reads chunks of messages from one pipe, answers each message on another.

Started as a fresh interpreter, so it inherits no socket and no database handle; dies with its parent; its address
space is capped, so that a hostile page ends as a ``MemoryError`` here and not as the whole machine swapping.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from importlib import import_module
from multiprocessing.connection import Connection

import msgspec
from msgspec import Struct

from kabar.contracts.message import decode_message
from kabar.errors import Poison
from kabar.runtime.attempt import run_one
from kabar.runtime.protocol import Result

READY = b"ready"
PR_SET_PDEATHSIG = 1


class Chunk(Struct, frozen=True, array_like=True):
    """Work for one worker: messages for one stage."""

    stage: str
    messages: list[bytes]


def main(arguments: list[str]) -> None:
    """Serve until the parent closes its end.

    Arguments: read fd, write fd, parent pid, memory cap in MiB, ``module:function`` that builds the stages.
    """
    inward, outward, parent, memory_mb = (int(argument) for argument in arguments[:4])
    _die_with(parent)
    _cap_memory(memory_mb)
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent's to handle; a service manager signals us all
        signal.signal(number, signal.SIG_IGN)
    serve(Connection(inward, writable=False), Connection(outward, readable=False), arguments[4])


def serve(inward: Connection, outward: Connection, factory: str) -> None:
    """Answer chunk after chunk; one reply per message, so that the parent knows which one hangs."""
    module, _, function = factory.partition(":")
    built = getattr(import_module(module), function)()
    outward.send_bytes(READY)
    while True:
        try:
            chunk = msgspec.msgpack.decode(inward.recv_bytes(), type=Chunk)
        except EOFError:
            return
        for data in chunk.messages:
            try:
                result = run_one(built, chunk.stage, decode_message(data))
            except Poison as error:
                result = Result("dead", reason=error.reason, error=str(error))
            except MemoryError:
                os._exit(1)  # the parent tries the message again, alone, in a fresh process
            outward.send_bytes(msgspec.msgpack.encode(result))


def _die_with(parent: int) -> None:
    """Linux sends us SIGKILL when the thread that started us ends, even while we are deep in a C loop."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call above
        sys.exit(0)


def _cap_memory(memory_mb: int) -> None:
    size = memory_mb * 1_048_576
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(
        resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
