"""Where a URL may lead: hostile spellings, and the addresses that are not of the open internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import FetchError
from bot.fetch.address import Origin, checked, is_public, origin, shown

REFUSED = [
    "",
    "www.example.org/feed",
    "//www.example.org/feed",
    "/etc/passwd",
    "javascript:alert(1)",
    "JavaScript://www.example.org/%0aalert(1)",
    "data:text/html,<p>hello",
    "file:///etc/passwd",
    "file://www.example.org/feed",
    "ftp://www.example.org/feed",
    "gopher://127.0.0.1:6379/_SET",
    "https+unix://var/run/x.sock",
    "httpx://www.example.org/",
    "http:www.example.org",
    "http:/www.example.org",
    "http:///www.example.org",
    "https://",
    "https://user@www.example.org/",
    "https://user:word@www.example.org/",
    "https://www.example.org@10.0.0.1/",
    "https://@www.example.org/",
    "https://www.example.org\\@10.0.0.1/",
    "https:\\\\www.example.org\\feed",
    "http://10.0.0.1#@www.example.org\\",
    " https://www.example.org/",
    "https://www.example.org/\r\nHost: 10.0.0.1",
    "https://www.exa\tmple.org/",
    "https://www.example.org/\x00",
    "https://www.example.org/\ud800",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.0.1./",
    "http://127.0.0.256/",
    "http://%31%32%37.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://127。0。0。1/",
    "http://www.examp\N{CYRILLIC SMALL LETTER IE}.org/",
    "http://www.example.org./",
    "http://www..example.org/",
    "http://-www.example.org/",
    "http://*.example.org/",
    "http://" + "a" * 64 + ".example.org/",
    "http://" + "a." * 127 + "org/",
    "http://[::1/",
    "http://[::1].example.org/",
    "http://[fe80::1%25eth0]/",
    "http://[1.2.3.4]/",
    "http://::1/",
    "http://www.example.org:65536/",
    "http://www.example.org:0/",
    "http://www.example.org:-1/",
    "http://www.example.org:80a/",
    "http://www.example.org:٨٠/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_not_plainly_http_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        origin(url)
    assert "word" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("url", "expected", "authority"),
    [
        ("https://www.example.org", Origin("https", "www.example.org", 443), "www.example.org"),
        ("HTTPS://WWW.Example.ORG:443/x", Origin("https", "www.example.org", 443), None),
        ("http://www.example.org:/?a=b", Origin("http", "www.example.org", 80), "www.example.org"),
        ("http://www.example.org:443/", Origin("http", "www.example.org", 443), None),
        ("http://localhost:8080/", Origin("http", "localhost", 8080), "localhost:8080"),
        ("http://db_1/", Origin("http", "db_1", 80), "db_1"),
        ("http://127.0.0.1:1/", Origin("http", "127.0.0.1", 1), "127.0.0.1:1"),
        ("https://xn--exmple-cua.org/", Origin("https", "xn--exmple-cua.org", 443), None),
        ("http://[0:0:0::1]:8080/", Origin("http", "::1", 8080), "[::1]:8080"),
        ("http://[::FFFF:127.0.0.1]/", Origin("http", "::ffff:7f00:1", 80), "[::ffff:7f00:1]"),
        ("https://a.example.org/één?q=a b@c", Origin("https", "a.example.org", 443), None),
    ],
)
def test_an_origin_is_scheme_host_and_port(
    url: str, expected: Origin, authority: str | None
) -> None:
    found = origin(url)
    assert found == expected
    assert authority is None or found.authority == authority
    assert origin(str(found)) == found


SECRET = "hush"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://www.example.org:8443/a/b?q=hush#hush", "https://www.example.org:8443/a/b"),
        ("https://hush:hush@www.example.org/a", "https://www.example.org/a"),
        ("https://hush\\@www.example.org/a", "https://www.example.org/a"),
        ("https://us:hu?sh@www.example.org/a", "https:…"),
        ("data:hush", "data:…"),
        ("mailto:hush@example.org", "mailto:…"),
        ("https://www.example.org/a\x1b[31m", "https://www.example.org/a?[31m"),
        ("https://[hush", "(an unreadable address)"),
        ("https://www.example.org/" + "a" * 999, "https://www.example.org/" + "a" * 176),
    ],
)
def test_what_is_shown_of_an_address(url: str, told: str) -> None:
    assert shown(url) == told


HOSTILE = st.text(st.sampled_from("htps:/\\@?#%[].01x7fa-é\t\n \x00。٣"), max_size=40).map(
    lambda text: "http://" + text
)


@given(HOSTILE | st.text(max_size=40))
@example("http://[::1]:80:80/")
@example("http://a:9" + "9" * 5000 + "/")
def test_any_text_has_one_origin_or_a_clear_refusal(url: str) -> None:
    try:
        found = origin(url)
    except FetchError as refusal:
        assert str(refusal).isprintable()
        return
    # What passes is read the same by the standard library, and says nothing in two ways.
    parts = urlsplit(url)
    assert found.scheme in ("http", "https")
    assert parts.username is None and parts.password is None
    assert found.host.isascii() and found.host
    assert origin(str(found)) == found


@given(st.text(max_size=60))
def test_any_text_can_be_shown_on_one_line(url: str) -> None:
    assert shown(url).isprintable()
    assert len(shown(url)) <= 200


# ---------------------------------------------------------------- resolved addresses


PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
INNER = [
    "",
    "example.org",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", INNER)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_however_it_is_wrapped(address: IPv4Address) -> None:
    judged = is_public(str(address))
    mapped = IPv6Address((0xFFFF << 32) | int(address))
    translated = IPv6Address((0x64FF9B << 96) | int(address))
    tunnelled = IPv6Address((0x2002 << 112) | int(address) << 80)
    assert [is_public(str(a)) for a in (mapped, translated, tunnelled)] == [judged] * 3


@given(st.ip_addresses())
def test_nothing_local_is_public(address: IPv4Address | IPv6Address) -> None:
    if address.is_loopback or address.is_private or address.is_link_local or address.is_multicast:
        inner = getattr(address, "ipv4_mapped", None)
        assert not is_public(str(address)) or (inner and inner.is_global)


def test_one_inner_address_among_public_ones_refuses_the_name() -> None:
    wanted = Origin("https", "portal.example.org", 443)
    assert checked(wanted, ["8.8.8.8", "8.8.4.4", "8.8.8.8"]) == ("8.8.8.8", "8.8.4.4")
    with pytest.raises(FetchError, match=r"portal\.example\.org: refused, .* 10\.0\.0\.1, "):
        checked(wanted, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(FetchError, match="no address"):
        checked(wanted, [])
