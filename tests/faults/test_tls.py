"""A source whose certificate nobody signed is refused, and told so; never read unverified."""

from __future__ import annotations

import sqlite3
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import run_verb, stage
from tests.servers import Site, reply

PEM = Path(__file__).parents[1] / "notifiers" / "data" / "loopback.pem"
PAGE = b'{"uri": "https://example.org/", "version": "1.1", "releases": []}'


@pytest.fixture
def site() -> Iterator[Site]:
    """A portal that has no news, over TLS with a certificate that it wrote for itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with Site([reply(PAGE, content_type="application/json")], context) as made:
        yield made


def test_a_certificate_that_nobody_signed_is_refused_and_nothing_is_read(
    site: Site, tmp_path: Path
) -> None:
    with stage(tmp_path) as bell:
        plain = bell.config.read_text()
        bell.config.write_text(plain.replace(bell.portals["fts"].url, site.url))
        ended = run_verb("once", "--config", bell.config)
        assert ended.returncode == 1
        assert "source fts: failed: " in ended.stdout
        status = run_verb("status", "--config", bell.config)
        assert status.returncode == 1
        [line] = [line for line in status.stdout.splitlines() if "source fts" in line]
        assert line.startswith("FAIL")
        assert "the TLS certificate was refused: self" in line  # self-signed, as OpenSSL says it
        assert site.seen == []  # not one request went through
        with sqlite3.connect(tmp_path / "tenderbell.db") as connection:
            assert connection.execute("SELECT count(*) FROM notices").fetchone() == (0,)
            assert connection.execute("SELECT watermark FROM sources").fetchone() == (None,)
        connection.close()
        assert not bell.arrived()
