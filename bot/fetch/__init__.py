"""Fetches one source's pages over HTTP: politely, bounded in time and size. Touches the network."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bot.contract import Request, Response
from bot.errors import FetchError
from bot.fetch.address import Origin, checked, origin, shown
from bot.fetch.answer import Body, Passing, pause_for, refusal

# httpx and tenacity are imported where they are used: commands that fetch nothing start sooner.
if TYPE_CHECKING:
    import ssl

    import httpx
    import tenacity

log = logging.getLogger(__name__)

CONNECT = 10.0  # seconds for one TCP and TLS handshake
ADDRESSES = 3  # of one name, how many are tried
JITTER = 0.25  # seconds, at most, on top of every pause: bots must not come back in step
LOOK = 0.2  # seconds: how often a pause looks whether to go on


class Stopped(Exception):
    """The service is to stop: no further request is made."""


def prepare(request: Request, agent: str, silence: float, address: str | None) -> httpx.Request:
    """The request as it goes out; with an `address`, to that IP address under the URL's own name.

    `silence` is how many seconds the server may say nothing.

    The name stays in the Host header and in TLS (SNI and the certificate's check), and nothing is
    resolved again, so a name cannot be public when checked and private when connected.
    """
    import httpx

    wanted = origin(request.url)
    try:
        # Host and port as they were checked, whatever a second parser would make of the text.
        url = httpx.URL(request.url).copy_with(host=address or wanted.host, port=wanted.port)
        given = {k.lower().encode(): v.encode("latin-1") for k, v in request.headers.items()}
    except (httpx.InvalidURL, UnicodeEncodeError):
        where = shown(request.url)
        raise FetchError(f"{where}: the request cannot be written as HTTP") from None
    headers = {b"accept": b"*/*"} | given
    headers |= {
        b"host": wanted.authority.encode(),
        b"user-agent": agent.encode(),
        b"accept-encoding": b"gzip",
    }
    spans = httpx.Timeout(silence, connect=CONNECT).as_dict()
    more: dict[str, object] = {"timeout": spans}
    if address is not None:
        # A kept connection is found again by its IP address alone, whatever name it was opened for.
        headers[b"connection"] = b"close"
        more["sni_hostname"] = wanted.host
    return httpx.Request(
        request.method, url, content=request.body, headers=list(headers.items()), extensions=more
    )


class Fetcher:
    """One walk of one source: one pool of connections, used by one thread, closed at the end.

    `trusted` is the URL that an operator wrote: its scheme, host and port may be anything, plain
    http and loopback included; every other host must be public (FetchError). Seconds: `pause` lies
    between the starts of two requests, `cooldown` is what a status of this source asks for, `total`
    bounds one attempt from the name look-up to the last byte, and a wait longer than `patience` is
    left to the caller. `limit` is the largest body in bytes, decoded. At most `attempts` are made.
    `authorities` is a PEM file of certificates to trust beside those that certifi lists: some hosts
    leave out the intermediate one of their chain.
    Once `stopping()` is true, a pause ends at once with Stopped; a request in flight goes on.
    """

    def __init__(
        self,
        *,
        pause: float,
        trusted: str,
        cooldown: Mapping[int, float],
        total: float = 60.0,
        limit: int = 64 * 2**20,
        attempts: int = 3,
        patience: float = 60.0,
        agent: str = "",
        authorities: Path | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._space = pause
        self._trusted = origin(trusted)
        self._cooldown = cooldown
        self._total = total
        self._limit = limit
        self._attempts = attempts
        self._patience = patience
        self._agent = agent or _agent()
        self._authorities = authorities
        self._stopping = stopping
        self._free = 0.0  # when the next request may start, by the loop's clock

    def __enter__(self) -> Self:
        import httpx

        # A transport, not a client: no redirects, cookies, proxies, .netrc or log of whole URLs.
        verify = _tls_and(self._authorities) if self._authorities else _tls()
        self._transport = httpx.AsyncHTTPTransport(verify=verify, trust_env=False)
        # It would still write all headers of an answer, links with their queries among them.
        logging.getLogger("httpcore").setLevel(logging.WARNING)
        self._runner = asyncio.Runner()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._transport.aclose())
        self._runner.close()

    def get(self, request: Request) -> Response:
        """The answer to a request: a 2xx, or a 304 to a conditional one.

        Raises FetchError with the status and the seconds of silence asked for, where known. What
        may pass (429, 5xx, a status of `cooldown`, a broken connection) was tried again by then.
        """
        answers: list[Response] = []

        async def fill() -> None:
            answers.append(await self._persist(request))

        # Not the task's result: Python before 3.11.8 formats that in `run` (gh-112559), and the
        # text of a 60 MB body takes 500 MB.
        self._runner.run(fill())
        return answers[0]

    async def _persist(self, request: Request) -> Response:
        import tenacity

        def pause(state: tenacity.RetryCallState) -> float:
            failure = state.outcome and state.outcome.exception()
            assert isinstance(failure, Passing)  # `again` has seen to it
            return pause_for(failure.status, failure.headers, self._cooldown, state.attempt_number)

        def again(state: tenacity.RetryCallState) -> bool:
            failure = state.outcome and state.outcome.exception()
            return isinstance(failure, Passing) and pause(state) <= self._patience

        retrying = tenacity.AsyncRetrying(
            retry=again,
            wait=tenacity.wait_combine(pause, tenacity.wait_random(0, JITTER)),
            stop=tenacity.stop_after_attempt(self._attempts),
            sleep=self._pause,
            before_sleep=_tell,
            reraise=True,
        )
        return await retrying(self._attempt, request)

    async def _attempt(self, request: Request) -> Response:
        clock = asyncio.get_running_loop().time
        await self._pause(self._free - clock())
        self._free = clock() + self._space
        try:
            async with asyncio.timeout(self._total):
                return await self._exchange(request)
        except TimeoutError:
            # Not tried again: a server that drips would hold the walk for `total` each time.
            raise FetchError(
                f"{shown(request.url)}: no whole answer within {self._total:g} s"
            ) from None

    async def _pause(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while (left := end - clock()) > 0:
            if self._stopping():
                raise Stopped
            await asyncio.sleep(min(left, LOOK))

    async def _exchange(self, request: Request) -> Response:
        import httpx

        try:
            answer = await self._send(request)
            try:
                return await self._receive(request, answer)
            finally:
                await answer.aclose()
        except (httpx.TransportError, OSError) as error:
            # Without its cause: httpx and h11 quote addresses and what the server sent.
            raise _broken(shown(request.url), error) from None

    async def _send(self, request: Request) -> httpx.Response:
        """The answer's head, from the trusted host or from a checked public address."""
        import httpx

        wanted = origin(request.url)
        addresses: Sequence[str | None] = [None]
        if wanted != self._trusted:
            addresses = checked(wanted, await _resolve(wanted))[:ADDRESSES]
        *others, last = addresses
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._ask(request, address)
        return await self._ask(request, last)

    async def _ask(self, request: Request, address: str | None) -> httpx.Response:
        # A silent server is asked `attempts` times in about the time of one that drips.
        silence = self._total / self._attempts
        ready = prepare(request, self._agent, silence, address)
        return await self._transport.handle_async_request(ready)

    async def _receive(self, request: Request, answer: httpx.Response) -> Response:
        # Latin-1 for every header, so that a validator goes back byte for byte.
        headers: dict[str, str] = {}
        for name, value in answer.headers.raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        status = answer.status_code
        conditional = {"if-none-match", "if-modified-since"} & {k.lower() for k in request.headers}
        if status == 304 and conditional:
            return Response(request, status, headers, b"")
        if not 200 <= status < 300:
            raise refusal(request, status, headers, self._cooldown)
        body = Body(shown(request.url), headers.get("content-encoding", ""), self._limit)
        async for piece in answer.aiter_raw():
            body.feed(piece)
        return Response(request, status, headers, body.close())


@cache
def _tls() -> ssl.SSLContext:
    """The authorities that certifi lists, loaded once: it takes 50 ms."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _tls_and(authorities: Path) -> ssl.SSLContext:
    """Those and the authorities in a PEM file; FetchError when it holds none or cannot be read."""
    context = _tls.__wrapped__()  # one of its own: the shared one must not learn them
    try:
        context.load_verify_locations(authorities)
    except OSError as error:
        why = error.strerror or "it holds no certificate"
        raise FetchError(f"the certificates in {authorities} cannot be used: {why}") from None
    return context


async def _resolve(wanted: Origin) -> list[str]:
    """The IP addresses of a host, in the resolver's order."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _tell(state: tenacity.RetryCallState) -> None:
    failure = state.outcome and state.outcome.exception()
    log.info(
        "%s; attempt %d follows in %.1f s", failure, state.attempt_number + 1, state.upcoming_sleep
    )


def _agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"tenderbell/{version('tenderbell')}"
    except PackageNotFoundError:  # run from a source tree
        return "tenderbell/0"


def _broken(where: str, error: Exception) -> FetchError:
    """The error for an exchange that failed below HTTP; never with what the other side sent."""
    import ssl

    import httpx

    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return FetchError(f"{where}: the TLS certificate was refused: {cause.verify_message}")
    if isinstance(error, httpx.LocalProtocolError):
        return FetchError(f"{where}: the request cannot be written as HTTP")
    if isinstance(error, httpx.ConnectTimeout):
        why = "no connection in time"
    elif isinstance(error, httpx.TimeoutException):
        why = "the server fell silent"
    elif isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        why = "the answer was cut short, or is not HTTP"
    else:
        said = [_said(c) for c in causes if isinstance(c, OSError) and c.strerror]
        why = f"no connection ({said[-1]})" if said else "no connection"
    return Passing(f"{where}: {why}")


def _said(error: OSError) -> str:
    """In the system's words: asyncio puts the address into its own."""
    plain = error.errno in errno.errorcode and not isinstance(error, socket.gaierror)
    return os.strerror(error.errno or 0) if plain else str(error.strerror)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
