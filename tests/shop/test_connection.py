"""The way to Epsilon, over real sockets: whatever stands in it is called by its name, and quickly."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from email.utils import formatdate
from pathlib import Path

import pytest
from flask import Flask, Response

import simulator
from checks import Check, Result
from connection import STEPS, follow_path
from epsilon import BETA
from tests.epsilon.fake_epsilon import Caller, Server
from tests.test_promises import free_port
from tests.wires import Proxy, make_certificate, serve

NETWORK = (
    "Look at this machine's network: name server, VPN, a firewall before {} port {}.",
    "Nothing in Epsilon's console can help here.",
)
START = ("Start the simulator: `make run`, or `python -m simulator`.",)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no CA file of whoever runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def follow(base_url: str, *, seconds: float = 6.0) -> dict[str, Check]:
    """Follow the path and see that it took no longer than it may; return each check by its name."""
    began = time.monotonic()
    checks = follow_path(base_url, seconds=seconds)
    assert time.monotonic() - began < seconds + 3
    assert tuple(check.name for check in checks) == STEPS
    return {check.name: check for check in checks}


def results(checks: dict[str, Check]) -> str:
    """Return how the checks came out, a letter for each."""
    return "".join({Result.OK: "v", Result.UNKNOWN: "?", Result.WRONG: "x"}[check.result] for check in checks.values())


def test_the_way_to_the_simulator() -> None:
    """Every step is seen, in its order, and nothing is asked of a CGI."""
    with simulator.Server() as epsilon:
        checks = follow(epsilon.url)
        calls = epsilon.app.test_client().get("/api/requests").get_json()
    assert results(checks) == "vvvvv"
    port = epsilon.url.rpartition(":")[2]
    assert [check.says for check in list(checks.values())[:4]] == [
        "none is used",
        "no name to look up",
        f"127.0.0.1 port {port}, from 127.0.0.1",
        "none: plain http, for a simulator on this machine",
    ]
    assert calls == {"requests": []}


def test_a_simulator_that_was_not_started() -> None:
    """The remedy is to start it."""
    port = free_port()
    checks = follow(f"http://127.0.0.1:{port}")
    assert results(checks) == "vvx??"
    refused = Check("connection", Result.WRONG, f"127.0.0.1 port {port}: Connection refused", START)
    assert (checks["connection"], checks["clock"].says) == (refused, "not reached")


def test_a_name_that_does_not_resolve() -> None:
    """It is the name server's word, and no word is said of what lies behind."""
    host = f"{'x' * 64}.invalid"  # too long for any name server, so none keeps the test waiting
    checks = follow(f"https://{host}")
    assert results(checks) == "vx???"
    assert checks["DNS"].says == f"{host} has no address here: UnicodeError"
    assert checks["DNS"].remedy == tuple(line.format(host, 443) for line in NETWORK)


def test_a_name_server_that_says_no_or_nothing() -> None:
    """Either is told as what it is, in the time that the way may take."""
    checks = follow("https://epsilon.invalid")
    assert results(checks) == "vx???"
    says = checks["DNS"].says
    assert says == "came to no end in 6 s" or says.startswith("epsilon.invalid has no address here: ")


def test_a_host_that_says_nothing() -> None:
    """A firewall that drops what it does not like costs no more than the time for one step."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, ExitStack() as stack:
        for _ in range(4):  # more than wait to be accepted
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        port = deaf.getsockname()[1]
        checks = follow(f"http://127.0.0.1:{port}", seconds=2)
    assert checks["connection"] == Check("connection", Result.WRONG, f"127.0.0.1 port {port}: no answer", START)


def drip(caller: Caller) -> None:
    """Send a byte now and then, for as long as anybody listens."""
    caller.connection.recv(65536)
    caller.send(b"HTTP/1.1 200 OK\r\n")
    for _ in range(500):
        caller.pause(0.05)
        caller.send(b"X: x\r\n")


def test_what_drips_comes_to_an_end() -> None:
    """Each byte starts the timeout of a socket anew, but not ours. Without a time Epsilon can still take calls."""
    with Server(drip) as server:
        checks = follow(server.url, seconds=2)
    assert results(checks) == "vvvv?"
    assert checks["clock"].says == "came to no end in 2 s"


def test_a_handshake_that_drips() -> None:
    """Nor does TLS come about so."""

    def treat(caller: Caller) -> None:
        caller.connection.recv(65536)
        caller.send(b"\x16\x03\x03\x3f\xff")
        for _ in range(500):
            caller.pause(0.05)
            caller.send(b"\x02")

    with Server(treat) as server:
        checks = follow(server.url.replace("http:", "https:"), seconds=2)
    assert results(checks) == "vvvx?"
    assert checks["TLS"].says == "no TLS: no answer"


# The certificate.


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where certificates are kept."""
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def own(folder: Path) -> Path:
    """A certificate of this machine."""
    return make_certificate(folder, "127.0.0.1", authority="Example Corp")


@pytest.fixture(scope="module")
def beta(folder: Path) -> Path:
    """A certificate of beta.epsilon.jp, by the authority that Epsilon's FAQ names."""
    return make_certificate(folder, "beta.epsilon.jp", authority="GlobalSign nv-sa")


@pytest.fixture
def web() -> Flask:
    """A web site of one page."""
    app = Flask(__name__)
    app.add_url_rule("/", "home", lambda: Response("hello"))
    return app


def test_a_trusted_certificate(web: Flask, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of authorities is the one that requests takes; version, authority and last day are told."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
    with serve(web, own) as port:
        checks = follow(f"https://127.0.0.1:{port}")
    assert results(checks) == "vvvvv"
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 2 * 86400))
    assert checks["TLS"].says == f"TLSv1.3, certificate by Example Corp until {day}"


SHOWN_ON_THE_WAY = (
    "Something on the way shows a certificate of its own: a proxy that reads along, a network's login page."
)


def test_a_certificate_that_nobody_vouches_for(web: Flask, own: Path) -> None:
    """It is named, with whatever may show it, and never is the advice to look away."""
    with serve(web, own) as port:
        checks = follow(f"https://127.0.0.1:{port}")
    assert results(checks) == "vvvx?"
    assert checks["TLS"].says == "the certificate is not trusted: self-signed certificate"
    assert checks["TLS"].remedy[0] == SHOWN_ON_THE_WAY
    assert "never switch the verification off" in checks["TLS"].remedy[1]


@pytest.mark.parametrize(
    ("name", "expired", "says", "remedy"),
    [
        ("127.0.0.1", True, "certificate has expired", "Look at this machine's clock first"),
        ("192.0.2.1", False, "IP address mismatch", "Another host answers to this name"),
    ],
)
def test_a_certificate_of_another_day_or_host(
    web: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expired: bool, says: str, remedy: str
) -> None:
    """Each has a cause of its own."""
    certificate = make_certificate(tmp_path, name, expired=expired)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serve(web, certificate) as port:
        checks = follow(f"https://127.0.0.1:{port}")
    assert results(checks) == "vvvx?"
    assert checks["TLS"].says.startswith(f"the certificate is not trusted: {says}")
    assert checks["TLS"].remedy[0].startswith(remedy)


@pytest.mark.parametrize("content", [None, "no certificate\n"])
def test_a_list_of_authorities_that_is_none(
    web: Flask, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    """The setting that names it is named."""
    bundle = tmp_path / "ca.pem"
    if content:
        bundle.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with serve(web, own) as port:
        check = follow(f"https://127.0.0.1:{port}")["TLS"]
    remedy = ("REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names it: set it right, or unset it.",)
    assert check == Check("TLS", Result.WRONG, f"there are no authorities in {bundle}", remedy)


def test_a_folder_of_authorities(web: Flask, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read as requests reads it; an empty one trusts nobody."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    with serve(web, own) as port:
        assert follow(f"https://127.0.0.1:{port}")["TLS"].says.startswith("the certificate is not trusted")


def test_a_server_without_tls(web: Flask) -> None:
    """Something else than Epsilon answers."""
    with simulator.Server() as epsilon:
        checks = follow(epsilon.url.replace("http:", "https:"))
    assert results(checks) == "vvvx?"
    assert checks["TLS"].says.startswith("no TLS: ")
    assert checks["TLS"].remedy == (
        "Epsilon speaks TLS 1.2 or newer: this Python's OpenSSL is too old, or something else answers here.",
    )


# The proxy.


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Name a proxy in the environment."""

    def name(proxy: str) -> None:
        monkeypatch.setenv("HTTPS_PROXY", proxy)

    return name


@pytest.fixture
def far(web: Flask, beta: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A beta.epsilon.jp whose certificate is trusted; yield its port."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(beta))
    with serve(web, beta) as port:
        yield port


def test_the_way_through_a_proxy(far: int, through: Callable[..., None]) -> None:
    """It is named without its password, and it is what Epsilon sees; TLS goes through it to Epsilon itself."""
    with Proxy(far) as proxy:
        through(f"http://somebody:secret@{proxy.address}")
        checks = follow(BETA)
    assert results(checks) == "vvvvv"
    assert [check.says for check in list(checks.values())[:3]] == [
        f"http://{proxy.address}, whose address Epsilon sees in place of this machine's",
        "no name to look up; beta.epsilon.jp is looked up by the proxy",
        f"127.0.0.1 port {proxy.server_port}, from 127.0.0.1",
    ]
    assert "GlobalSign nv-sa" in checks["TLS"].says
    assert proxy.asked == [("beta.epsilon.jp:443", "Basic c29tZWJvZHk6c2VjcmV0")]


def test_a_proxy_that_reads_along(
    web: Flask, tmp_path: Path, through: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate for Epsilon by another authority than its own is trusted, and told."""
    certificate = make_certificate(tmp_path, "beta.epsilon.jp", authority="Example Corp")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serve(web, certificate) as port, Proxy(port) as proxy:
        through(proxy.address)  # as it may also be written
        checks = follow(BETA)
    assert results(checks) == "vvv?v"
    assert "Example Corp" in checks["TLS"].says
    assert "GlobalSign" in checks["TLS"].remedy[0]


@pytest.mark.parametrize(("refusal", "says"), [(502, "502 Bad Gateway"), (407, "407 Proxy Authentication Required")])
def test_a_proxy_that_refuses(through: Callable[..., None], refusal: int, says: str) -> None:
    """Its own words, and who can help."""
    with Proxy(refusal=refusal) as proxy:
        through(f"http://{proxy.address}")
        checks = follow(BETA)
    assert results(checks) == "vvx??"
    assert checks["connection"].says == f"the proxy answered {says}"
    assert checks["connection"].remedy[0] == "Whoever runs the proxy must let beta.epsilon.jp:443 through."


@pytest.mark.parametrize(
    ("proxy", "seen", "says"),
    [
        (f"http://{'x' * 64}.invalid:3128", "vx???", f"{'x' * 64}.invalid has no address here"),
        ("http://127.0.0.1:1", "vvx??", "127.0.0.1 port 1: Connection refused"),
        ("http://127.0.0.1:http", "x????", "HTTPS_PROXY or ALL_PROXY is no address"),
        ("http://", "x????", "HTTPS_PROXY or ALL_PROXY is no address"),
        ("socks5://127.0.0.1:1080", "?????", "socks5://127.0.0.1:1080: only the call itself can tell"),
    ],
)
def test_a_proxy_that_cannot_be_used(through: Callable[..., None], proxy: str, seen: str, says: str) -> None:
    """What is wrong with it is said where it is found."""
    through(proxy)
    checks = follow(BETA)
    assert results(checks) == seen
    assert checks[STEPS[max(seen.find("x"), 0)]].says.startswith(says)


def test_a_proxy_that_hangs_up(through: Callable[..., None]) -> None:
    """It took the call, and gave no answer."""
    with Server(lambda caller: None) as server:
        through(server.url)
        checks = follow(BETA)
    assert results(checks) == "vvx??"
    assert checks["connection"].says.startswith("the proxy does not answer: ")


def test_no_proxy_is_used_on_this_machine(through: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a proxy for plain http get what is meant to stay here."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with simulator.Server() as epsilon:
        assert follow(epsilon.url)["proxy"].says == "none is used"


# The clock.


@pytest.mark.parametrize(
    ("off", "result", "says"),
    [
        (-30, Result.OK, "ahead of Epsilon's"),
        (-3600, Result.WRONG, "ahead of Epsilon's"),
        (+3600, Result.WRONG, "behind Epsilon's"),
    ],
)
def test_a_clock_that_is_off(off: int, result: Result, says: str) -> None:
    """A minute is forgiven; more is told with its direction."""

    def treat(caller: Caller) -> None:
        caller.connection.recv(65536)
        date = formatdate(time.time() + off, usegmt=True)
        caller.send(f"HTTP/1.1 404 Not Found\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode())

    with Server(treat) as server:
        check = follow(server.url)["clock"]
    assert check.result is result
    seconds, _, direction = check.says.partition(" s ")
    assert direction == says
    assert abs(int(seconds) - abs(off)) < 10  # this machine may be busy
    assert bool(check.remedy) == (result is Result.WRONG)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", b"\x00\xff\r\n\r\n"])
def test_a_server_that_tells_no_time(answer: bytes) -> None:
    """Nothing is known of the clock then, and nothing else is wrong."""

    def treat(caller: Caller) -> None:
        caller.connection.recv(65536)
        caller.send(answer)

    with Server(treat) as server:
        checks = follow(server.url)
    assert results(checks) == "vvvv?"
    assert checks["clock"].says.startswith("no answer with a date came: ")
