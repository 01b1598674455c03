"""What can stand between a shop and Epsilon, on real sockets: servers under TLS, and a proxy that leads to them."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from flask import Flask
from werkzeug.serving import make_server

from tests.http_servers import Quiet


def make_certificate(folder: Path, name: str, *, authority: str = "Nobody", expired: bool = False) -> Path:
    """Make a certificate for a host or an address that vouches for itself; return it and its key in one file."""
    openssl = shutil.which("openssl")
    assert openssl, "the tests of TLS need the openssl command"
    key, file = folder / f"{name}.key", folder / f"{name}.pem"
    kind = "IP" if name[0].isdigit() else "DNS"
    command: list[str | Path] = [
        *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-days", "2", "-subj", f"/O={authority}/CN={name}", "-addext", f"subjectAltName={kind}:{name}"),
        *("-keyout", key, "-out", file),
    ]
    subprocess.run(command, check=True, capture_output=True)
    if expired:
        command = [openssl, "x509", "-in", file, "-signkey", key, "-days", "-1", "-out", file]
        subprocess.run(command, check=True, capture_output=True)
    file.write_text(key.read_text() + file.read_text())
    return file


@contextmanager
def serve(app: Flask, certificate: Path) -> Iterator[int]:
    """Serve an app under TLS on a free port of this machine; yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Proxy(ThreadingHTTPServer):
    """A proxy that leads every CONNECT to one port of this machine, or refuses; ``asked`` keeps what it was told."""

    def __init__(self, port: int = 0, *, refusal: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Connecting)
        self.port, self.refusal = port, refusal
        self.asked: list[tuple[str, str]] = []
        self.address = f"127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Connecting(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Proxy-Authorization", "")))
        if self.server.refusal:
            self.send_error(self.server.refusal)
            return
        with socket.create_connection(("127.0.0.1", self.server.port)) as beyond:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_carry, args=(beyond, self.connection))
            back.start()
            _carry(self.connection, beyond)
            back.join()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
