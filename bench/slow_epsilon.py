"""An Epsilon that is only slow: it answers every order with a page to go to, and knows of none when it is asked."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

XML = '<?xml version="1.0" encoding="UTF-8"?><Epsilon_result>{}</Epsilon_result>'


class Epsilon(ThreadingHTTPServer):
    """Answers after ``seconds``."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.seconds = seconds
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """One answer of that Epsilon."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: apart, the second waits for the first to be acknowledged
    server: Epsilon

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.seconds)
        page = quote(f"{self.server.url}/pay", safe="")
        is_order = "receive_order" in self.path
        body = XML.format(f'<result result="1" /><result redirect="{page}" />' if is_order else "").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
