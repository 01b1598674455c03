"""The client over real sockets: servers that answer, that hang up, that dawdle, and that never stop."""

import gzip
import itertools
import shutil
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from epsilon import BadAnswer, Client, EpsilonError, Exchange, NoAnswer, Unreachable
from epsilon.exchange import MAX_ANSWER_BYTES
from tests.epsilon.fake_epsilon import Caller, Server, answer_all, http, order
from tests.epsilon.sales import PAID_BY_CARD
from tests.samples import INQUIRY_CARD, REDIRECT

FOUND = http(INQUIRY_CARD.body, Content_Type="text/xml; charset=CP932")
QUICK = (0.5, 0.5)
PATIENCE = 3
"""Seconds after which a call that had one second in all is taken to hang."""
LONGER_THAN_ANYBODY_WAITS = range(500)
"""How often a server that should never stop goes on, so that a test fails and does not hang."""


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no CA file of whoever runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def ask(url: str, timeout: tuple[float, float] = QUICK, session: requests.Session | None = None) -> object:
    """Ask for a sale, and see that it took no longer than it may."""
    started = time.monotonic()
    try:
        with closing(Client("12345678", base_url=url, timeout=timeout, session=session)) as client:
            return client.get_sales(trans_code="763421")
    finally:
        assert time.monotonic() - started < PATIENCE


def test_a_sale_over_a_socket() -> None:
    """What goes over the wire is a form, with no cookie, and what comes back is a sale."""
    requested: list[bytes] = []

    def treat(caller: Caller) -> None:
        requested.append(caller.read_request() or b"")
        caller.send(FOUND)

    with Server(treat) as server:
        assert ask(server.url) == PAID_BY_CARD
    head, body = requested[0].split(b"\r\n\r\n")
    assert head.startswith(b"POST /cgi-bin/order/getsales2.cgi HTTP/1.1\r\n")
    assert b"content-type: application/x-www-form-urlencoded" in head.lower()
    assert body == b"contract_code=12345678&trans_code=763421"


def test_a_chunked_answer_is_put_together() -> None:
    """A CGI seldom knows how long its answer is."""
    pieces = [INQUIRY_CARD.body[start : start + 7] for start in range(0, len(INQUIRY_CARD.body), 7)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    with Server(answer_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)) as server:
        assert ask(server.url) == PAID_BY_CARD


def test_a_refused_connection() -> None:
    """Nobody listens: nothing was sent, and a retry is safe."""
    with Server(answer_all(FOUND)) as server:
        url = server.url
    with pytest.raises(Unreachable):
        ask(url)


def test_a_host_that_does_not_exist() -> None:
    """No address, no connection: nothing was sent."""
    with pytest.raises(Unreachable):
        ask("https://epsilon.invalid")


def hang_up_before_reading(caller: Caller) -> None:
    """Close at once."""


def hang_up_after_reading(caller: Caller) -> None:
    caller.read_request()


def say_nothing(caller: Caller) -> None:
    caller.read_request()
    caller.pause()


def stop_in_the_status_line(caller: Caller) -> None:
    caller.read_request()
    caller.send(b"HTTP/1.1 2")


def stop_in_the_body(caller: Caller) -> None:
    caller.read_request()
    caller.send(FOUND[:-20])


def stop_in_a_chunk(caller: Caller) -> None:
    caller.read_request()
    caller.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n<Epsilon_result>")


def stop_between_chunks(caller: Caller) -> None:
    caller.read_request()
    caller.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n<Epsilon_result/>\r\n")


def stall_in_the_body(caller: Caller) -> None:
    caller.read_request()
    caller.send(FOUND[:-20])
    caller.pause()


def drip(caller: Caller) -> None:
    caller.read_request()
    caller.send(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in LONGER_THAN_ANYBODY_WAITS:
        caller.pause(0.1)
        caller.send(b" ")


def drip_in_chunks(caller: Caller) -> None:
    caller.read_request()
    caller.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in LONGER_THAN_ANYBODY_WAITS:
        caller.pause(0.1)
        caller.send(b"1\r\n \r\n")


def speak_nonsense(caller: Caller) -> None:
    caller.read_request()
    caller.send(b"\x00\xff" * 100)


def give_two_lengths(caller: Caller) -> None:
    caller.read_request()
    caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456")


@pytest.mark.parametrize(
    "treat",
    [
        hang_up_before_reading,
        hang_up_after_reading,
        say_nothing,
        stop_in_the_status_line,
        stop_in_the_body,
        stop_in_a_chunk,
        stop_between_chunks,
        stall_in_the_body,
        drip,
        drip_in_chunks,
        speak_nonsense,
        give_two_lengths,
    ],
)
def test_an_answer_that_does_not_come_whole(treat: Callable[[Caller], None]) -> None:
    """Once a connection was made the order may be registered, however the answer failed; and no call hangs."""
    with Server(treat) as server, pytest.raises(NoAnswer):
        ask(server.url)


def drip_after(head: bytes, drop: bytes) -> Callable[[Caller], None]:
    """Treat callers to drops, each in time, of an answer that never ends."""

    def treat(caller: Caller) -> None:
        while not caller.connection.recv(65536).endswith((b"\r\n\r\n", b"trans_code=763421")):
            pass
        caller.send(head)
        for _ in LONGER_THAN_ANYBODY_WAITS:
            caller.pause(0.05)
            caller.send(drop)

    return treat


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DRIPS = {
    "in the status line": drip_after(b"HTTP/1.1 200 ", b"O"),
    "in a header": drip_after(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "header after header": drip_after(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n"),
    "in a header, before a hang-up": drip_after(b"HTTP/1.1 200 OK\r\nConnection: close\r\nX: ", b"x"),
    "continue after continue": drip_after(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers of a continue": drip_after(b"HTTP/1.1 100 Continue\r\n", b"X: x\r\n"),
    "in the size of a chunk": drip_after(CHUNKED + b"1;", b"x"),
    "trailer after trailer": drip_after(CHUNKED + b"11\r\n<Epsilon_result/>\r\n0\r\n", b"X: x\r\n"),
    "in a body of known length": drip_after(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
    "in a body that ends with the connection": drip_after(b"HTTP/1.0 200 OK\r\n\r\n<Epsilon_result/>", b" "),
}
HASTE = (0.2, 0.2)


@pytest.mark.parametrize("treat", DRIPS.values(), ids=DRIPS)
def test_a_drip_ends_in_time(treat: Callable[[Caller], None]) -> None:
    """Wherever an answer drips, the call ends when its time is up, and is no answer, not half of one."""
    with Server(treat) as server, pytest.raises(NoAnswer):
        ask(server.url, timeout=HASTE)


def test_an_old_deadline_does_not_end_a_later_call() -> None:
    """The time of a call is its own, though the connection is kept."""
    with Server(answer_all(FOUND)) as server, closing(Client("12345678", base_url=server.url, timeout=HASTE)) as client:
        assert client.get_sales(trans_code="1") == PAID_BY_CARD
        time.sleep(sum(HASTE) + 0.1)
        assert client.get_sales(trans_code="2") == PAID_BY_CARD
        assert server.connections == 1


def test_a_slow_connection_is_not_kept_for_the_next_call() -> None:
    """After a call that was given up, the next one does not read the rest of its answer."""
    answers = iter([FOUND[:-20], FOUND])

    def treat(caller: Caller) -> None:
        while caller.read_request() is not None:
            caller.send(next(answers))

    with Server(treat) as server, closing(Client("12345678", base_url=server.url, timeout=HASTE)) as client:
        with pytest.raises(NoAnswer):
            client.get_sales(trans_code="1")
        assert client.get_sales(trans_code="2") == PAID_BY_CARD
        assert server.connections == 2


def test_a_proxy_that_drips_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked to connect, and never says whether it has."""
    with Server(drip_after(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(NoAnswer):
            ask("https://epsilon.invalid", timeout=HASTE)
        assert proxy.connections == 1


@pytest.mark.parametrize("own", [False, True])
def test_a_proxy_is_not_told_what_stays_on_this_machine(own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulator is asked directly, whatever the environment says, and with a session of one's own too."""
    with Server(answer_all(FOUND)) as simulator, Server(answer_all(FOUND)) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for url in (simulator.url, simulator.url.replace("127.0.0.1", "localhost")):
            assert ask(url, session=requests.Session() if own else None) == PAID_BY_CARD
        assert (simulator.connections, proxy.connections) == (2, 0)


def pour(head: bytes, drop: bytes) -> Callable[[Caller], None]:
    """Treat callers to an answer without end."""

    def treat(caller: Caller) -> None:
        caller.read_request()
        caller.send(head)
        for _ in LONGER_THAN_ANYBODY_WAITS:
            caller.send(drop)

    return treat


ENDLESS = {
    "200": pour(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536),
    "500": pour(b"HTTP/1.1 500 Oops\r\n\r\n", b" " * 65536),
    "302": pour(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b" " * 65536),
    "chunked": pour(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"),
    # Blocks of deflate that hold nothing: who decompresses while reading gets no byte and no end.
    "gzip of nothing": pour(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10],
        b"\x00\x00\x00\xff\xff" * 10_000,
    ),
}


@pytest.mark.parametrize("treat", ENDLESS.values(), ids=ENDLESS)
def test_an_answer_without_end(treat: Callable[[Caller], None]) -> None:
    """Reading stops a little after a MiB, whatever the status and the encoding, and keeps no more."""
    with Server(treat) as server, pytest.raises(BadAnswer) as caught:
        ask(server.url, timeout=(0.5, 2))
    assert MAX_ANSWER_BYTES < len(caught.value.body) <= MAX_ANSWER_BYTES + 65536


def test_a_gzip_bomb_does_not_go_off() -> None:
    """A compressed answer was not asked for, and is not unpacked: 200 MB stay the few that came."""
    bomb = gzip.compress(b" " * 200_000_000, compresslevel=1)
    with Server(answer_all(http(bomb, Content_Encoding="gzip"))) as server:
        tracemalloc.start()
        try:
            with pytest.raises(BadAnswer):
                ask(server.url, timeout=(0.5, 2))
            assert tracemalloc.get_traced_memory()[1] < 20 * MAX_ANSWER_BYTES
        finally:
            tracemalloc.stop()


def test_an_answer_of_just_a_mib() -> None:
    """The limit itself is allowed."""
    padded = INQUIRY_CARD.body + b" " * (MAX_ANSWER_BYTES - len(INQUIRY_CARD.body))
    with Server(answer_all(http(padded))) as server:
        assert ask(server.url, timeout=(0.5, 2)) == PAID_BY_CARD
    with Server(answer_all(http(padded + b" "))) as server, pytest.raises(BadAnswer):
        ask(server.url, timeout=(0.5, 2))


@pytest.mark.parametrize(
    "location", ["/cgi-bin/order/getsales2.cgi", "http://[::1", "\xff\xfe", "//", "javascript:alert(1)", "http://x:y/"]
)
def test_a_redirect_of_the_cgi_is_not_followed(location: str) -> None:
    """The form holds personal data, so it goes nowhere else; nor does a broken target break the caller."""
    answers = itertools.chain(
        [f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")],
        itertools.repeat(FOUND),
    )

    def treat(caller: Caller) -> None:
        while caller.read_request():
            caller.send(next(answers))

    with Server(treat) as server:
        with pytest.raises(BadAnswer) as caught:
            ask(server.url)
        assert (caught.value.status, caught.value.body, server.connections) == (302, b"", 1)


def test_no_cookie_is_kept_and_the_connection_is() -> None:
    """The second call goes over the same connection as the first, and brings back no cookie."""
    requested: list[bytes] = []

    def treat(caller: Caller) -> None:
        while request := caller.read_request():
            requested.append(request)
            caller.send(http(INQUIRY_CARD.body, Set_Cookie="session=1; Path=/"))

    for session in (None, requests.Session()):
        requested.clear()
        with (
            Server(treat) as server,
            closing(Client("12345678", base_url=server.url, timeout=QUICK, session=session)) as client,
        ):
            assert client.get_sales(trans_code="1") == client.get_sales(trans_code="2") == PAID_BY_CARD
            assert (len(requested), server.connections) == (2, 1)
            assert b"cookie" not in requested[1].lower()
            assert session is None or not session.cookies


def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    """A server that closes after each answer is no failure of the next call."""
    closed = threading.Event()

    def treat(caller: Caller) -> None:
        caller.read_request()
        caller.send(FOUND)
        caller.close()
        closed.set()

    with Server(treat) as server, closing(Client("12345678", base_url=server.url, timeout=QUICK)) as client:
        assert client.get_sales(trans_code="1") == PAID_BY_CARD
        assert closed.wait(5)
        assert client.get_sales(trans_code="2") == PAID_BY_CARD
        assert server.connections == 2


def test_many_threads_share_one_client() -> None:
    """Twenty threads at once each get the answer to what they asked, and each exchange is heard of."""
    at_once = threading.Barrier(20)
    heard: list[Exchange] = []

    def treat(caller: Caller) -> None:
        while request := caller.read_request():
            number = request.rpartition(b"order_number=")[2]
            caller.send(http(INQUIRY_CARD.body.replace(b"1234567802", number)))

    with (
        Server(treat) as server,
        closing(Client("12345678", base_url=server.url, timeout=(2, 5), on_exchange=heard.append)) as client,
        ThreadPoolExecutor(20) as pool,
    ):

        def ask_ten_times(thread: int) -> None:
            at_once.wait(5)
            for turn in range(10):
                sale = client.get_sales(order_number=f"{thread}n{turn}")
                assert sale
                assert sale.order_number == f"{thread}n{turn}"

        list(pool.map(ask_ten_times, range(20)))
        assert len(heard) == 200
        assert len({exchange.fields["order_number"] for exchange in heard}) == 200
        assert server.connections <= 20


def test_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A password that lies about for this host is not Epsilon's."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    requested: list[bytes] = []

    def treat(caller: Caller) -> None:
        requested.append(caller.read_request() or b"")
        caller.send(FOUND)

    with Server(treat) as server:
        with requests.Session() as session:
            # That the file is in force, for those who do read it.
            session.post(server.url, data="", timeout=1).close()
        ask(server.url)
        ask(server.url, session=requests.Session())
    assert [b"Authorization: Basic" in request for request in requested] == [True, False, False]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that nobody vouches for, and its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    openssl = shutil.which("openssl")
    assert openssl, "the tests of TLS need the openssl command"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return both


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Server]:
    """A server that answers rightly, under that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(answer_all(FOUND), tls=context) as server:
        yield server


def test_a_certificate_that_nobody_vouches_for(tls_server: Server) -> None:
    """Nothing is sent to a stranger."""
    with pytest.raises(Unreachable, match="TLS certificate is not trusted"):
        ask(tls_server.url)


def test_verification_cannot_be_switched_off(tls_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by the session, as in the vendor's samples, nor by the environment."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    session = requests.Session()
    session.verify = False
    for chosen in (None, session):
        with pytest.raises(Unreachable, match="TLS certificate is not trusted"):
            ask(tls_server.url, session=chosen)


def test_a_certificate_can_be_vouched_for(
    tls_server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has a CA of their own names it in the environment, as for all of requests."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert ask(tls_server.url) == PAID_BY_CARD


def test_a_drip_over_tls_ends_in_time(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline holds under TLS as well."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    drip = drip_after(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n")
    with Server(drip, tls=context) as server, pytest.raises(NoAnswer):
        ask(server.url, timeout=HASTE)


def test_a_tls_handshake_that_drips_ends_in_time() -> None:
    """Nor does it help a server to be slow before it has said who it is."""

    def treat(caller: Caller) -> None:
        caller.connection.recv(65536)
        caller.send(b"\x16\x03\x03\x3f\xff")
        for _ in LONGER_THAN_ANYBODY_WAITS:
            caller.pause(0.05)
            caller.send(b"\x02")

    with Server(treat) as server, pytest.raises(EpsilonError):
        ask(server.url.replace("http:", "https:"), timeout=HASTE)


def test_a_certificate_of_another_host(tls_server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that is trusted, but is not this host's, is a stranger's."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with pytest.raises(Unreachable, match="TLS certificate is not trusted"):
        ask(tls_server.url.replace("127.0.0.1", "localhost"))


@pytest.mark.parametrize("content", [None, "no certificate\n"])
def test_a_ca_file_that_is_not_there(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting of the machine is an error of this package too, and switches nothing off."""
    bundle = tmp_path / "ca.pem"
    if content:
        bundle.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with Server(answer_all(FOUND)) as server, pytest.raises(EpsilonError):
        ask(server.url.replace("http:", "https:"))


def test_a_server_without_tls() -> None:
    """TLS is spoken or nothing is sent: the form never goes out in the clear."""
    came: list[bytes] = []

    def treat(caller: Caller) -> None:
        came.append(caller.connection.recv(65536))
        caller.send(FOUND)

    with Server(treat) as server, pytest.raises(EpsilonError):
        ask(server.url.replace("http:", "https:"))
    assert b"contract_code" not in b"".join(came)


def test_an_http_answer_of_random_bytes() -> None:
    """Below the XML there is HTTP, and a proxy may mangle that: each cut and each flip is one of our errors."""
    answers: list[bytes] = []
    answer = http(REDIRECT.body.replace(b"https%3A%2F%2Fbeta.epsilon.jp", b"http%3A%2F%2F127.0.0.1"))
    head = len(answer) - len(REDIRECT.body)

    def treat(caller: Caller) -> None:
        caller.read_request()
        caller.send(answers[-1])

    with Server(treat) as server, closing(Client("12345678", base_url=server.url, timeout=QUICK)) as client:
        for position in range(head):
            mangled = bytearray(answer)
            mangled[position] ^= 0x13
            for answers[:] in ([bytes(mangled)], [answer[:position]], [answer[:position] + answer[position + 1 :]]):
                # What can still be read leads to a foreign page: it lacks the port.
                with suppress(NoAnswer, BadAnswer):
                    client.receive_order(order())
                    pytest.fail(f"It was believed: {answers[-1]!r}")
