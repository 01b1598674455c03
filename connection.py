"""What stands between this shop and Epsilon: goes the way of a call, step by step. Calls no CGI, prints nothing."""

import ipaddress
import socket
import time
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Thread
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy

import certificate
from checks import Check, Obstacle, Result
from epsilon.origin import is_this_machine

STEPS = ("proxy", "DNS", "connection", "TLS", "clock")
# For all steps together, also where a name is looked up for ever, or an answer drips.
PATH_SECONDS = 6.0
CLOCK_SECONDS = 60


def follow_path(base_url: str, *, seconds: float = PATH_SECONDS) -> list[Check]:
    """Return a check for each of ``STEPS`` on the way to ``base_url``, after ``seconds`` at most.

    The way is the one of ``epsilon.Client``: by the same proxy, with the same list of authorities. What is asked for
    in the end is ``HEAD /``, for the time in its answer. What lies behind an obstacle is unknown.
    """
    walk, seen = _Walk(base_url, patience=seconds / 2), list[Check]()
    # Nobody can end a lookup, so it is left behind where it takes too long.
    thread = Thread(target=walk.go, args=(seen,), daemon=True)
    thread.start()
    thread.join(seconds)
    checks = seen.copy()
    if thread.is_alive() and len(checks) < len(STEPS):
        # A server that tells no time can still take calls.
        result = Result.UNKNOWN if STEPS[len(checks)] == "clock" else Result.WRONG
        checks.append(Check(STEPS[len(checks)], result, f"came to no end in {seconds:g} s", walk.look_around()))
    return checks + [Check(name, Result.UNKNOWN, "not reached") for name in STEPS[len(checks) :]]


def look_up(host: str) -> list[str]:
    """Return the IP addresses of ``host``.

    Raises:
        OSError, UnicodeError: it has none, or no name server says so.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class _Walk:
    """One go at the way to Epsilon. Each step returns what it saw, or raises ``Obstacle``."""

    def __init__(self, base_url: str, *, patience: float) -> None:
        self.target = urlsplit(base_url)
        self.patience = patience
        self.host = str(self.target.hostname)
        self.port = self.target.port or {"https": 443, "http": 80}[self.target.scheme]
        self.is_here = is_this_machine(self.host)
        with requests.Session() as session:
            settings = session.merge_environment_settings(base_url, {}, stream=True, verify=True, cert=None)
        self.authorities = DEFAULT_CA_BUNDLE_PATH if settings["verify"] is True else str(settings["verify"])
        # epsilon.Client uses none to this machine.
        self.proxy_url = "" if self.is_here else select_proxy(base_url, settings["proxies"]) or ""
        self.proxy: SplitResult | None = None
        self.socket: socket.socket
        self.opened = ExitStack()

    def go(self, seen: list[Check]) -> None:
        """Put what each step saw into ``seen``, up to the first obstacle."""
        with self.opened:
            try:
                for step in (self.find_proxy, self.find_address, self.connect, self.secure, self.compare_clocks):
                    seen.append(step())
            except Obstacle as obstacle:
                seen.append(Check(STEPS[len(seen)], obstacle.result, obstacle.says, obstacle.remedy))

    def look_around(self) -> tuple[str, ...]:
        """What to do where nobody answers."""
        if self.is_here:
            return ("Start the simulator: `make run`, or `python -m simulator`.",)
        return (
            f"Look at this machine's network: name server, VPN, a firewall before {self.host} port {self.port}.",
            "Nothing in Epsilon's console can help here.",
        )

    @property
    def hop(self) -> tuple[str, int]:
        """The host and port to which this machine itself connects."""
        return (str(self.proxy.hostname), self.proxy.port or 80) if self.proxy else (self.host, self.port)

    def find_proxy(self) -> Check:
        """See which proxy the environment names."""
        if not self.proxy_url:
            return Check("proxy", Result.OK, "none is used" if self.is_here else "none is named in the environment")
        try:
            proxy = urlsplit(self.proxy_url if "://" in self.proxy_url else f"http://{self.proxy_url}")
            shown = f"{proxy.scheme}://{proxy.hostname}:{proxy.port or 80}"  # without user and password
        except ValueError:
            proxy = urlsplit("")
        if not proxy.hostname:
            remedy = "Write it like http://proxy.example.com:3128, or unset it."
            raise Obstacle("HTTPS_PROXY or ALL_PROXY is no address", remedy)
        if proxy.scheme != "http":
            raise Obstacle(f"{shown}: only the call itself can tell what is behind it", result=Result.UNKNOWN)
        self.proxy = proxy
        return Check("proxy", Result.OK, f"{shown}, whose address Epsilon sees in place of this machine's")

    def find_address(self) -> Check:
        """Look up the next host."""
        host = self.hop[0]
        try:
            addresses = look_up(host)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise Obstacle(f"{host} has no address here: {why}", *self.look_around()) from None
        beyond = f"; {self.host} is looked up by the proxy" if self.proxy else ""
        says = "no name to look up" if addresses == [host] else f"{host} is {', '.join(addresses)}"
        return Check("DNS", Result.OK, says + beyond)

    def connect(self) -> Check:
        """Connect to the next host, and through a proxy to Epsilon."""
        host, port = self.hop
        try:
            self.socket = self.opened.enter_context(socket.create_connection((host, port), self.patience))
        except OSError as error:
            why = "no answer" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
            raise Obstacle(f"{host} port {port}: {why}", *self.look_around()) from None
        address = self.socket.getsockname()[0]
        if self.proxy:
            self._pass(self.proxy)
        elif not self.is_here and ipaddress.ip_address(address).is_private:
            address += " (a private address: Epsilon sees another one)"
        return Check("connection", Result.OK, f"{host} port {port}, from {address}")

    def _pass(self, proxy: SplitResult) -> None:
        place = f"{self.host}:{self.port}"
        headers = {"Host": place} | HTTPAdapter().proxy_headers(proxy.geturl())
        lines = [f"CONNECT {place} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        try:
            self.socket.sendall("\r\n".join(lines).encode("latin-1"))
            answer = self.opened.enter_context(HTTPResponse(self.socket, method="CONNECT"))
            answer.begin()
        except (OSError, HTTPException) as error:
            raise Obstacle(f"the proxy does not answer: {type(error).__name__}", *self.look_around()) from None
        if answer.status != 200:
            raise Obstacle(
                f"the proxy answered {answer.status} {answer.reason}",
                f"Whoever runs the proxy must let {place} through.",
                "407 asks for a user and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.",
            )

    def secure(self) -> Check:
        """Speak TLS from here on."""
        if self.target.scheme == "http":
            return Check("TLS", Result.OK, "none: plain http, for a simulator on this machine")
        secured, check = certificate.secure(
            self.socket, self.host, authorities=self.authorities, is_epsilons=not self.is_here
        )
        self.socket = self.opened.enter_context(secured)
        return check

    def compare_clocks(self) -> Check:
        """Compare this machine's clock with the Date of an answer."""
        http = HTTPConnection(self.host, self.port)
        http.sock = self.socket
        try:
            http.request("HEAD", "/", headers={"Host": self.target.netloc})
            date = http.getresponse().headers["Date"]
            ahead = round(time.time() - parsedate_to_datetime(str(date)).timestamp())
        except (OSError, HTTPException, ValueError) as error:
            return Check("clock", Result.UNKNOWN, f"no answer with a date came: {type(error).__name__}")
        says = f"{abs(ahead)} s {'behind' if ahead < 0 else 'ahead of'} Epsilon's"
        if abs(ahead) <= CLOCK_SECONDS:
            return Check("clock", Result.OK, says)
        return Check("clock", Result.WRONG, says, ("Set this machine's clock by NTP: `timedatectl set-ntp true`.",))
