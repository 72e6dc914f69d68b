"""Fetching, against a server that misbehaves in each way that portals and their enemies do."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
import subprocess
import sys
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.contract import Request, Response
from bot.errors import FetchError
from bot.fetch import Fetcher, prepare
from tests.servers import (
    Answer,
    Site,
    authority,
    bomb,
    chunked,
    dripping,
    flood,
    head,
    raw,
    reply,
    silent,
)

PAGE = b'{"releases": []}'
SECRET = "s3cret-cursor"


def fetcher(site: Site, **more: object) -> Fetcher:
    given: dict[str, object] = {"pause": 0, "trusted": site.url, "cooldown": {}, "total": 5.0}
    return Fetcher(**(given | more))  # type: ignore[arg-type]


def get(site: Site, request: Request | None = None, **more: object) -> Response:
    with fetcher(site, **more) as walk:
        return walk.get(request or Request(f"{site.url}/releases?cursor={SECRET}"))


def failure(site: Site, request: Request | None = None, **more: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(site, request, **more)
    assert SECRET not in str(caught.value)
    return caught.value


# ---------------------------------------------------------------- what works


def test_a_page_comes_whole_with_its_headers_in_lower_case() -> None:
    with Site([reply(PAGE, ETag='"a1"', Content_Type="application/json")]) as site:
        request = Request(
            f"{site.url}/releases?cursor=x%20y", headers={"Accept": "application/json"}
        )
        response = get(site, request)
    assert response == Response(
        request,
        200,
        {"etag": '"a1"', "content-type": "application/json", "content-length": str(len(PAGE))},
        PAGE,
    )
    [seen] = site.seen
    assert seen.line == "GET /releases?cursor=x%20y HTTP/1.1"
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["accept-encoding"] == "gzip"
    assert seen.headers["user-agent"].startswith("tenderbell/")
    assert seen.headers["host"] == f"127.0.0.1:{site.port}"


def test_a_search_is_posted_with_its_body() -> None:
    with Site([reply(PAGE)]) as site:
        body = b'{"query": "buyer-country IN (IRL)"}'
        headers = {"Content-Type": "application/json"}
        get(
            site,
            Request(f"{site.url}/search", "POST", body, headers),
            agent="bell/9 (a@example.org)",
        )
    [seen] = site.seen
    assert (seen.line, seen.body) == ("POST /search HTTP/1.1", body)
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["user-agent"] == "bell/9 (a@example.org)"


def test_a_walk_keeps_its_connection_and_takes_no_cookies() -> None:
    with Site([reply(PAGE, Set_Cookie="walk=1; Path=/")]) as site, fetcher(site) as walk:
        for page in range(3):
            walk.get(Request(f"{site.url}/releases?page={page}"))
    assert [seen.connection for seen in site.seen] == [0, 0, 0]
    assert all("cookie" not in seen.headers for seen in site.seen)


def test_not_modified_answers_a_conditional_request_only() -> None:
    with Site([reply(status=304)]) as site:
        validator = '"caf\xe9"'  # beyond ASCII, and sent back byte for byte
        request = Request(f"{site.url}/feed", headers={"If-None-Match": validator})
        response = get(site, request)
        assert (response.status, response.body) == (304, b"")
        assert site.seen[0].headers["if-none-match"] == validator
        assert failure(site).status == 304


def test_an_empty_answer_is_a_page_without_bytes() -> None:
    with Site([reply(status=204)]) as site:
        assert get(site).body == b""


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PAGE * 50_000)),
        ("X-GZIP", gzip.compress(PAGE * 50_000)),
        ("gzip", gzip.compress(PAGE * 20_000) + gzip.compress(PAGE * 30_000)),
        ("deflate", zlib.compress(PAGE * 50_000)),
        ("deflate", zlib.compress(PAGE * 50_000)[2:-4]),
        ("identity", PAGE * 50_000),
    ],
    ids=["gzip", "x-gzip", "two gzip members", "deflate", "bare deflate", "identity"],
)
def test_one_layer_of_coding_is_taken_off(coding: str, body: bytes) -> None:
    with Site([chunked(body[:1], body[1:], content_encoding=coding)]) as site:
        assert get(site).body == PAGE * 50_000


# ---------------------------------------------------------------- retries and politeness


def test_what_passes_within_seconds_is_tried_again() -> None:
    answers = [reply(status=503, retry_after="0"), raw(b""), reply(PAGE)]
    with Site(answers) as site:
        assert get(site).body == PAGE
    assert len(site.seen) == 3


def test_a_status_that_stays_is_told_after_the_last_attempt() -> None:
    with Site([reply(status=502, retry_after="0")]) as site:
        error = failure(site, attempts=2)
    assert (error.status, error.retry_after, len(site.seen)) == (502, 0.0, 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 501, 505])
def test_a_status_that_a_repeat_cannot_mend_is_told_at_once(status: int) -> None:
    with Site([reply(b"<p>no</p>", status=status)]) as site:
        error = failure(site)
    assert (error.status, error.retry_after, len(site.seen)) == (status, None, 1)
    assert f"answered {status}" in str(error)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"retry_after": "120"}, 120.0),
        (429, {"retry_after": "1000000000"}, 86_400.0),
        (
            503,
            {
                "retry_after": "Tue, 12 May 2026 09:05:00 GMT",
                "date": "Tue, 12 May 2026 09:00:00 GMT",
            },
            300.0,
        ),
        (403, {}, 300.0),
        (403, {"retry_after": "77"}, 77.0),
    ],
    ids=["seconds", "a billion", "a date", "the source's own", "told over own"],
)
def test_a_long_wait_is_handed_on_not_waited(
    status: int, headers: dict[str, Any], wait: float
) -> None:
    with Site([reply(status=status, **headers), reply(PAGE)]) as site:
        error = failure(site, cooldown={403: 300.0})
    assert (error.status, error.retry_after, len(site.seen)) == (status, wait, 1)


def test_a_sources_own_throttle_status_is_waited_out_where_short() -> None:
    with Site([reply(status=403), reply(PAGE)]) as site:
        assert get(site, cooldown={403: 0.0}).body == PAGE


def test_a_wait_that_was_asked_for_is_waited() -> None:
    with Site([reply(status=429, retry_after="0.3"), reply(PAGE)]) as site:
        get(site)
    first, second = (seen.at for seen in site.seen)
    assert second - first >= 0.3


def test_requests_start_apart_retries_too() -> None:
    answers = [reply(PAGE), reply(status=503, retry_after="0"), reply(PAGE)]
    with Site(answers) as site, fetcher(site, pause=0.4) as walk:
        started = time.monotonic()
        for page in range(2):
            walk.get(Request(f"{site.url}/releases?page={page}"))
    # From before the first: when a request arrives says only that it started no later.
    first, second, third = (seen.at - started for seen in site.seen)
    assert first < 0.4 <= second
    assert third >= 0.8


def test_nobody_listens() -> None:
    with Site([silent]) as site:
        url = site.url
    with Fetcher(pause=0, trusted=url, cooldown={}, attempts=2) as walk:
        started = time.monotonic()
        with pytest.raises(FetchError, match=r"/releases: no connection \(Connection refused\)"):
            walk.get(Request(f"{url}/releases?key={SECRET}"))
        assert 0.5 <= time.monotonic() - started < 3  # one pause, and it was made


def test_a_walk_goes_on_after_a_failure() -> None:
    with Site([reply(status=404), dripping(b"", b"H", 0.05), reply(PAGE)]) as site:
        request = Request(f"{site.url}/")
        with fetcher(site, total=0.4) as walk:
            for _ in range(2):
                with pytest.raises(FetchError):
                    walk.get(request)
            assert walk.get(request).body == PAGE


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://new.example.org/api?token=hush", "moved to https://new.example.org/api ("),
        ("/elsewhere?token=hush", "/elsewhere ("),
        ("https://u:hush@new.example.org/", "moved to https://new.example.org/ ("),
        ("javascript:hush", "moved to javascript:… ("),
        ("http://[hush", "moved to (an unreadable address) ("),
    ],
)
def test_a_redirect_is_told_not_followed(location: str, told: str) -> None:
    with Site([reply(status=301, location=location)]) as site:
        error = failure(site)
    assert error.status == 301
    assert told in str(error)
    assert "hush" not in str(error)
    assert len(site.seen) == 1


def test_a_redirect_to_an_inner_service_reaches_nothing() -> None:
    with Site([reply(PAGE)]) as inner:
        with Site([reply(status=307, location=inner.url)]) as site:
            assert failure(site).status == 307
        assert inner.seen == []


# ---------------------------------------------------------------- bounds


SLOW: list[tuple[str, Answer]] = [
    ("a body of a byte now and then", dripping(head(200, {}), b"x", 0.05)),
    ("a header line now and then", dripping(head(200, {})[:-2], b"x-more: 1\r\n", 0.05)),
    ("an endless header line", dripping(head(200, {})[:-2] + b"x-more: ", b"1", 0.05)),
    ("endless interim answers", dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05)),
]


@pytest.mark.parametrize("answer", [s[1] for s in SLOW], ids=[s[0] for s in SLOW])
def test_one_attempt_ends_in_time_and_is_not_repeated(answer: Answer) -> None:
    with Site([answer]) as site:
        started = time.monotonic()
        error = failure(site, total=0.5)
        assert time.monotonic() - started < 2
    assert "/releases: no whole answer within 0.5 s" in str(error)
    assert len(site.seen) == 1


def test_a_silent_server_is_asked_again_within_about_the_total_time() -> None:
    with Site([silent]) as site:
        started = time.monotonic()
        error = failure(site, total=0.6, attempts=2)
        assert time.monotonic() - started < 0.6 + 0.75 + 1
    assert "fell silent" in str(error)
    assert len(site.seen) == 2


@pytest.mark.parametrize(
    "answer",
    [
        reply(PAGE, length=10_000),
        chunked(PAGE, cut=True),
        raw(head(200, {"transfer-encoding": "chunked"}) + b"ffff\r\nabc"),
        raw(head(200, {})[:-4]),
        raw(b""),
        raw(b"220 mail.example.org ESMTP\r\n"),
        raw(head(200, {"content-length": "5", "Content-Length": "6"}) + b"hello!"),
        chunked(gzip.compress(PAGE * 9)[:-9], content_encoding="gzip"),
    ],
    ids=[
        "content-length short",
        "chunks cut",
        "chunk cut",
        "head cut",
        "nothing",
        "not http",
        "two lengths",
        "gzip cut",
    ],
)
def test_a_cut_answer_is_refused_whole(answer: Answer) -> None:
    with Site([answer]) as site:
        error = failure(site, attempts=1)
    assert "cut short" in str(error)
    assert "ESMTP" not in str(error)
    assert error.__context__ is None or error.__suppress_context__


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip, br"])
def test_a_coding_that_is_not_read_is_refused(coding: str) -> None:
    with Site([reply(gzip.compress(gzip.compress(PAGE)), content_encoding=coding)]) as site:
        error = failure(site)
    assert f"coded as {coding!r}" in str(error)
    assert len(site.seen) == 1


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_bytes_that_are_not_what_they_claim_are_refused(coding: str) -> None:
    with Site([reply(b"<html>down for maintenance</html>", content_encoding=coding)]) as site:
        assert f"not {coding} as it says" in str(failure(site))


LIMIT = 2**20
MEMBER = gzip.compress(b"")
BIG: list[tuple[str, Answer]] = [
    ("a gzip bomb", reply(bomb(200), content_encoding="gzip")),
    (
        "a deflate bomb",
        reply(zlib.compress(bytes(50 * 2**20), 9), content_encoding="deflate"),
    ),
    ("an endless body", flood(head(200, {}), lambda: iter(lambda: bytes(2**16), None))),
    (
        "endless empty gzip members",
        flood(head(200, {"content-encoding": "gzip"}), lambda: iter(lambda: MEMBER * 999, None)),
    ),
]


@pytest.mark.parametrize("answer", [b[1] for b in BIG], ids=[b[0] for b in BIG])
def test_too_much_is_refused_before_it_is_held(answer: Answer) -> None:
    with Site([answer]) as site, fetcher(site, limit=LIMIT, total=30.0) as walk:
        tracemalloc.start()
        try:
            with pytest.raises(FetchError, match=f"larger than the limit of {LIMIT} bytes"):
                walk.get(Request(f"{site.url}/releases"))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(site.seen) == 1
    assert peak < 6 * LIMIT, peak


def test_a_large_page_is_held_about_twice_not_more() -> None:
    body = bytes(16 * LIMIT)
    with Site([reply(gzip.compress(body), content_encoding="gzip")]) as site:
        tracemalloc.start()
        try:
            assert get(site).body == body
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 3 * len(body), peak


def test_the_limit_itself_is_allowed() -> None:
    body = bytes(LIMIT)
    with Site([reply(body), reply(gzip.compress(body), content_encoding="gzip")]) as site:
        assert get(site, limit=LIMIT).body == body
        assert get(site, limit=LIMIT).body == body


def test_a_huge_header_is_refused() -> None:
    with Site([raw(head(200, {"x-more": "x" * 300_000}) + PAGE)]) as site:
        assert "cut short, or is not HTTP" in str(failure(site, attempts=1))


# ---------------------------------------------------------------- where a request may go


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
def test_an_inner_service_is_not_reached_by_any_name(host: str) -> None:
    with Site([reply(PAGE)]) as inner, Site([reply(PAGE)]) as site:
        error = failure(site, Request(f"http://{host}:{inner.port}/admin?{SECRET}"))
        assert error.status is None
        assert inner.seen == []
        assert site.seen == []


@pytest.mark.parametrize("url", ["http://localhost:{0}/x", "https://127.0.0.1:{0}/x"])
def test_trust_is_of_scheme_host_and_port_together(url: str) -> None:
    with Site([reply(PAGE)]) as site:
        assert "not a public address" in str(failure(site, Request(url.format(site.port))))
        assert site.seen == []


def test_a_name_that_does_not_exist_is_an_error_of_the_network() -> None:
    with Site([reply(PAGE)]) as site:
        error = failure(site, Request("https://nowhere.invalid/x"), attempts=1)
    assert "https://nowhere.invalid/x: no connection" in str(error)


def test_headers_cannot_smuggle_a_line() -> None:
    with Site([reply(PAGE)]) as site:
        for value in ("a\r\nx-evil: 1", "\N{SNOWMAN}"):
            error = failure(site, Request(f"{site.url}/", headers={"if-none-match": value}))
            assert "cannot be written as HTTP" in str(error)
    assert site.seen == []


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Site([reply(b"from a proxy")]) as proxy, Site([reply(PAGE)]) as site:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert get(site).body == PAGE
        assert proxy.seen == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for portal.example.org, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    command += " -subj /CN=portal.example.org -addext subjectAltName=DNS:portal.example.org"
    try:
        subprocess.run(
            [*command.split(), "-keyout", str(key), "-out", str(cert)],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("there is no openssl to make a certificate with")
    return cert, key


def test_an_unknown_certificate_is_refused_and_not_tried_again(
    certificate: tuple[Path, Path],
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Site([reply(PAGE)], context) as site:
        started = time.monotonic()
        error = failure(site, total=30.0)
        assert time.monotonic() - started < 5
    assert "the TLS certificate was refused: self-signed certificate" in str(error)
    assert site.seen == []


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return authority(tmp_path_factory.mktemp("private"))


def test_a_private_authority_is_trusted_where_it_is_named_and_nowhere_else(
    private: tuple[Path, ssl.SSLContext],
) -> None:
    pem, context = private
    with Site([reply(PAGE)], context) as site:
        assert get(site, authorities=pem).body == PAGE
        assert "the TLS certificate was refused" in str(failure(site))
    assert len(site.seen) == 1


def test_another_authority_vouches_for_nothing(
    private: tuple[Path, ssl.SSLContext], certificate: tuple[Path, Path]
) -> None:
    with Site([reply(PAGE)], private[1]) as site:
        error = failure(site, authorities=certificate[0])
    assert "the TLS certificate was refused" in str(error)
    assert site.seen == []


def test_authorities_that_cannot_be_read_stop_the_walk(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with Site([reply(PAGE)]) as site:
        for name in ("none.pem", "empty.pem"):
            error = failure(site, authorities=tmp_path / name)
            assert name in str(error)
    assert site.seen == []


@pytest.mark.parametrize("name", ["portal.example.org", "other.example.org"])
def test_a_checked_address_is_reached_under_the_urls_own_name(
    certificate: tuple[Path, Path], name: str
) -> None:
    names: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda _link, sni, _context: names.append(sni)

    async def exchange(site: Site) -> bytes:
        verify = ssl.create_default_context(cafile=str(certificate[0]))
        async with httpx.AsyncHTTPTransport(verify=verify, trust_env=False) as transport:
            request = Request(f"https://{name}:{site.port}/x?q=1")
            ready = prepare(request, "bell/1", 5.0, "127.0.0.1")
            answer = await transport.handle_async_request(ready)
            return await answer.aread()

    with Site([reply(PAGE)], context) as site:
        if name == "portal.example.org":
            assert asyncio.run(exchange(site)) == PAGE
            [seen] = site.seen
            assert seen.line == "GET /x?q=1 HTTP/1.1"
            assert seen.headers["host"] == f"{name}:{site.port}"
            assert seen.headers["connection"] == "close"
        else:
            with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
                asyncio.run(exchange(site))
    assert names == [name]


# ---------------------------------------------------------------- what is told


def test_logs_name_no_query_user_or_body(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    link = f"</next?{SECRET}>; rel=next"
    answers = [
        reply(SECRET.encode(), status=503, retry_after="0", link=link),
        reply(SECRET.encode(), link=link),
    ]
    with Site(answers) as site:
        get(site, Request(f"{site.url}/releases?{SECRET}", "POST", SECRET.encode()))
    assert "/releases: answered 503" in caplog.text
    assert "attempt 2 follows" in caplog.text
    assert SECRET not in caplog.text


def test_importing_it_does_not_load_the_client() -> None:
    code = "import sys, bot.fetch; print({'httpx', 'tenacity'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
