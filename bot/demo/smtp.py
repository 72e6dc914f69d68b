"""A stand-in of an SMTP server that keeps every mail; listens on a port of loopback."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Literal

# Where in a session a fault may stand: the greeting, a command, the mail after its first
# lines ("middle"), or the answer to the whole of it ("body").
Stage = Literal[
    "greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "middle", "body", "RSET"
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What the stand-in says once at a stage of a session, or that it hangs up there.

    An `answer` of "" hangs up; if `silent`, not before the other side does. At "body" with
    `kept`, the mail was taken before that.
    """

    stage: Stage
    answer: str = ""
    kept: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was taken."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    encrypted: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        """The mail as the standard library reads it."""
        return message_from_bytes(self.data, policy=default)


class Smtp:
    """The stand-in, running from construction until `stop`; a context manager."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        accounts: dict[str, str] | None = None,
        size: int = 0,
    ) -> None:
        """`tls` offers STARTTLS, or with `implicit` speaks TLS from the start; `size` in bytes."""
        self.tls, self.implicit, self.accounts, self.size = tls, implicit, accounts or {}, size
        self.faults: deque[Fault] = deque()
        self.received: list[Mail] = []
        self.sessions = 0
        self.heard: list[str] = []  # the commands of all sessions, without their arguments
        self._lock = threading.Lock()
        self._server = _Server((host, 0), _Session)
        self._server.smtp = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.port = int(self._server.server_address[1])
        self.url = f"smtp{'s' if implicit else ''}://{host}:{self.port}"

    def __enter__(self) -> Smtp:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and wait for the sessions."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fault(self, stage: Stage) -> Fault | None:
        """The first fault of the queue, if it stands at this stage."""
        with self._lock:
            if self.faults and self.faults[0].stage == stage:
                return self.faults.popleft()
            return None

    def keep(self, mail: Mail) -> None:
        with self._lock:
            self.received.append(mail)

    def begin(self) -> None:
        with self._lock:
            self.sessions += 1


# So many lines of a mail are read before the fault "middle".
_FEW = 5


class _Server(socketserver.ThreadingTCPServer):
    smtp: Smtp
    allow_reuse_address = True
    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that hangs up is what the stand-in is there for."""


class _Session(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 30

    def setup(self) -> None:
        smtp = self.server.smtp
        if smtp.implicit and smtp.tls:
            self.request = smtp.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.encrypted, self.user = smtp.implicit, ""
        self.sender, self.recipients = "", list[str]()

    def finish(self) -> None:
        super().finish()
        # The server closes the socket that it accepted; TLS has put another in its place.
        if isinstance(self.request, ssl.SSLSocket):
            self.request.close()

    def handle(self) -> None:
        self.server.smtp.begin()
        if not self._say("greeting", "220 loopback ESMTP"):
            return
        while command := self.rfile.readline(2000).decode("utf-8", "replace").strip():
            verb, _, rest = command.partition(" ")
            self.server.smtp.heard.append(verb.upper())
            if verb.upper() == "QUIT":
                self._write("221 bye")
                return
            if not self._obeys(verb.upper(), rest):
                return

    def _obeys(self, verb: str, rest: str) -> bool:
        """Whether the session goes on after this command."""
        if verb == "EHLO":
            return self._say("EHLO", *self._features())
        if verb == "STARTTLS" and self.server.smtp.tls:
            return self._say("STARTTLS", "220 go ahead") and self._encrypt(self.server.smtp.tls)
        if verb == "AUTH":
            return self._say("AUTH", self._log_in(rest))
        if verb == "MAIL":
            self.sender, self.recipients = _address(rest), []
            return self._say("MAIL", "250 ok")
        if verb == "RCPT":
            fault = self.server.smtp.fault("RCPT")
            if fault is None:
                self.recipients.append(_address(rest))
            return self._told(fault, "250 ok")
        if verb == "DATA":
            return self._data()
        if verb == "RSET":
            return self._say("RSET", "250 ok")
        return self._write("250 ok" if verb == "NOOP" else "502 not here")

    def _features(self) -> list[str]:
        smtp = self.server.smtp
        offered = ["loopback", "8BITMIME"]
        if smtp.size:
            offered.append(f"SIZE {smtp.size}")
        if smtp.tls and not self.encrypted:
            offered.append("STARTTLS")
        if smtp.accounts:
            offered.append("AUTH PLAIN")
        return [f"250-{name}" for name in offered[:-1]] + [f"250 {offered[-1]}"]

    def _encrypt(self, tls: ssl.SSLContext) -> bool:
        self.rfile.close()
        self.request = tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.encrypted = True
        return True

    def _log_in(self, rest: str) -> str:
        user, password = base64.b64decode(rest.split()[-1]).decode().split("\0")[1:]
        if self.server.smtp.accounts.get(user) != password:
            return "535 5.7.8 wrong user or password"
        self.user = user
        return "235 welcome"

    def _data(self) -> bool:
        fault = self.server.smtp.fault("DATA")
        if fault:
            return self._told(fault, "")
        self._write("354 go ahead")
        lines: list[bytes] = []
        while (part := self.rfile.readline()) != b".\r\n":
            if not part:
                return False
            lines.append(part[1:] if part.startswith(b".") else part)
            if len(lines) == _FEW and (fault := self.server.smtp.fault("middle")):
                return self._told(fault, "")
        fault = self.server.smtp.fault("body")
        if fault is None or fault.kept:
            self.server.smtp.keep(
                Mail(
                    self.sender, tuple(self.recipients), b"".join(lines), self.encrypted, self.user
                )
            )
        return self._told(fault, "250 stored")

    def _say(self, stage: Stage, *lines: str) -> bool:
        return self._told(self.server.smtp.fault(stage), *lines)

    def _told(self, fault: Fault | None, *lines: str) -> bool:
        if fault is None:
            return self._write(*lines)
        if fault.silent:
            self.rfile.read()
        return bool(fault.answer) and not fault.silent and self._write(fault.answer)

    def _write(self, *lines: str) -> bool:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        return True


def _address(rest: str) -> str:
    """`FROM:<a@example.org> size=10` → `a@example.org`."""
    return rest.partition("<")[2].partition(">")[0]
