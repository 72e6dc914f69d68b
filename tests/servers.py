"""A loopback HTTP server that answers each request as its script says, faults included."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived: names of headers in lower case, `at` by the monotonic clock."""

    line: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    connection: int


@dataclass(slots=True)
class Wire:
    """The server's end of one connection, as an answer sees it."""

    socket: socket.socket
    stopped: threading.Event

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, pieces: Iterable[bytes], every: float) -> None:
        """One piece each `every` seconds, until the server stops."""
        for piece in pieces:
            self.send(piece)
            if self.stopped.wait(every):
                return

    def hold(self) -> None:
        """Keep the connection open and silent until the other side or the server ends it."""
        with suppress(TimeoutError):
            self.socket.recv(1)


Answer = Callable[[Wire], bool | None]  # True keeps the connection for another request


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def reply(
    body: bytes = b"", status: int = 200, length: int | None = None, **headers: str
) -> Answer:
    """A plain answer; `length` is what Content-Length claims. `retry_after=` is Retry-After."""
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    if status != 304:
        named["content-length"] = str(len(body) if length is None else length)

    def answer(wire: Wire) -> bool:
        wire.send(head(status, named) + body)
        return length is None

    return answer


def chunked(*chunks: bytes, cut: bool = False, **headers: str) -> Answer:
    """A body in chunks; `cut` leaves out the last, empty one."""

    def answer(wire: Wire) -> bool:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        wire.send(head(200, named | {"transfer-encoding": "chunked"}))
        for chunk in chunks:
            wire.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        if not cut:
            wire.send(b"0\r\n\r\n")
        return not cut

    return answer


def raw(data: bytes) -> Answer:
    """These bytes, then the end of the connection."""

    def answer(wire: Wire) -> None:
        wire.send(data)

    return answer


def silent(wire: Wire) -> None:
    wire.hold()


def dripping(before: bytes, piece: bytes, every: float) -> Answer:
    """A start, then the same few bytes again and again."""

    def answer(wire: Wire) -> None:
        wire.send(before)
        wire.drip(iter(lambda: piece, None), every)

    return answer


def flood(before: bytes, pieces: Callable[[], Iterator[bytes]]) -> Answer:
    """Bytes without end, as fast as the other side takes them."""

    def answer(wire: Wire) -> None:
        wire.send(before)
        for piece in pieces():
            wire.send(piece)

    return answer


def bomb(megabytes: int) -> bytes:
    """A small gzip of many zero bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(2**20)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


@contextmanager
def listening(
    handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """The URL of a server of the standard library on loopback that uses this handler."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass(slots=True)
class Site:
    """The server. Requests take the answers in turn; the last one answers all that follow."""

    answers: list[Answer]
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    port: int = 0  # known from the start of the server
    _socket: socket.socket = field(init=False)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _open: set[socket.socket] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Hang up on everybody, close the port, wait for the threads."""
        self._stopped.set()
        for each in (self._socket, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._socket.close()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        for number in range(2**31):
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            self._open.add(accepted)
            self._start(self._serve, accepted, number)

    def _serve(self, accepted: socket.socket, number: int) -> None:
        # Errors of the connection are the test's subject, not the server's.
        with accepted, suppress(OSError):
            if self.tls is None:
                self._talk(accepted, number)
                return
            with self.tls.wrap_socket(accepted, server_side=True) as wrapped:
                self._open.add(wrapped)
                self._talk(wrapped, number)
                self._open.discard(wrapped)

    def _talk(self, link: socket.socket, number: int) -> None:
        with link.makefile("rb") as stream:
            while line := stream.readline():
                headers = {}
                while (header := stream.readline()) not in (b"\r\n", b""):
                    name, _, value = header.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                told = line.decode("latin-1").strip()
                self.seen.append(Seen(told, headers, body, time.monotonic(), number))
                turn = min(len(self.seen), len(self.answers)) - 1
                if not self.answers[turn](Wire(link, self._stopped)):
                    return


def authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """The PEM of a new private authority, and a server's side with its word for 127.0.0.1."""
    ec = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    for command in (
        f"req -x509 {ec} -days 2 -subj /CN=Authority -keyout ca.key -out ca.pem",
        f"req {ec} -subj /CN=portal -keyout key.pem -out request.pem",
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext"
        " -out cert.pem",
    ):
        try:
            words = ["openssl", *command.split()]
            subprocess.run(words, cwd=folder, check=True, capture_output=True)
        except FileNotFoundError:
            pytest.skip("there is no openssl to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "ca.pem", context
