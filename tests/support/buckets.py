"""An S3-compatible server in a process of its own, behind a door that can be made to fail."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import httpx

from tests.support.servers import free_port

MOTO: Final = Path(sys.prefix) / "peers" / "clients" / "bin" / "moto_server"

_KEY: Final = re.compile(r"<Key>([^<]*)</Key>")
_SCOPE: Final = "Credential=test/20250101/us-east-1/s3/aws4_request"
"""The server tells services apart by the scope of a signature, and checks nothing."""

_SIGNED: Final = {"authorization": f"AWS4-HMAC-SHA256 {_SCOPE}, SignedHeaders=host, Signature=x"}
_UNREAD: Final = {"connection", "host", "content-length", "transfer-encoding"}


@dataclass(slots=True)
class Door:
    """What becomes of requests on their way to the server."""

    puts_left: int | None = None
    is_refusing: bool = False
    is_stalling: bool = False
    opened: threading.Event = field(default_factory=threading.Event)

    def answer(self, method: str) -> int | None:
        """The status to answer with instead of passing the request on."""
        if self.is_stalling and method in {"PUT", "POST"}:
            self.opened.wait(60)
        if self.is_refusing:
            return 403
        if method != "PUT" or self.puts_left is None:
            return None
        self.puts_left -= 1
        return 500 if self.puts_left < 0 else None


@dataclass(frozen=True, slots=True)
class BucketServer:
    """The server's own address, that of the door before it, and the door."""

    origin: str
    address: str
    door: Door

    @property
    def variables(self) -> dict[str, str]:
        """The environment in which either cloud's buckets are those of this server."""
        account = f'{{"gcs_base_url": "{self.address}", "disable_oauth": true, '
        account += '"client_email": "", "private_key": "", "private_key_id": ""}'
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT": self.address,
            "AWS_ALLOW_HTTP": "true",
            "GOOGLE_SERVICE_ACCOUNT_KEY": account,
            "GOOGLE_BEARER_TOKEN": _SCOPE,
        }

    def names(self, bucket: str) -> list[str]:
        """The names of the bucket's objects."""
        return _KEY.findall(self._ask("GET", bucket).text)

    def content(self, bucket: str, name: str) -> bytes:
        """An object's content."""
        return self._ask("GET", f"{bucket}/{quote(name)}").content

    def put(self, bucket: str, name: str, content: bytes) -> None:
        """Puts an object there, past the door."""
        self._ask("PUT", f"{bucket}/{quote(name)}", content)

    def clear(self, bucket: str) -> None:
        """Empties the bucket."""
        for name in self.names(bucket):
            self._ask("DELETE", f"{bucket}/{quote(name)}")

    def _ask(self, method: str, path: str, content: bytes = b"") -> httpx.Response:
        url = f"{self.origin}/{path}"
        answer = httpx.request(method, url, content=content, headers=_SIGNED)
        return answer.raise_for_status()

    @contextmanager
    def failing_puts(self, after: int) -> Generator[None]:
        """While inside, the server has a fault for whoever writes, after so many parts."""
        self.door.puts_left = after
        yield
        self.door.puts_left = None

    @contextmanager
    def refusing(self) -> Generator[None]:
        """While inside, nobody may do anything."""
        self.door.is_refusing = True
        yield
        self.door.is_refusing = False

    @contextmanager
    def stalling(self) -> Generator[None]:
        """While inside, whoever writes has to wait."""
        self.door.opened.clear()
        self.door.is_stalling = True
        yield
        self.door.is_stalling = False
        self.door.opened.set()


@contextmanager
def s3_server(bucket: str) -> Generator[BucketServer]:
    """A server with that bucket, until left."""
    port = free_port()
    moto = subprocess.Popen(
        [MOTO, "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    door = Door()
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _handler(port, door))
    proxy.daemon_threads = True
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        origin = f"http://127.0.0.1:{port}"
        _wait_for(f"{origin}/{bucket}")
        yield BucketServer(origin, f"http://127.0.0.1:{proxy.server_port}", door)
    finally:
        proxy.shutdown()
        proxy.server_close()
        moto.terminate()
        moto.wait(30)


def _wait_for(bucket: str) -> None:
    for _ in range(600):
        try:
            if httpx.put(bucket).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(bucket)


def _handler(port: int, door: Door) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status = door.answer(self.command)
            if status is not None:
                self._answer(status, {}, b"")
                return
            connection = HTTPConnection("127.0.0.1", port)
            # The server knows names only as they are before they are quoted for the way.
            path, mark, query = self.path.partition("?")
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in _UNREAD
            }
            connection.request(self.command, quote(unquote(path)) + mark + query, body, headers)
            answer = connection.getresponse()
            self._answer(answer.status, dict(answer.getheaders()), answer.read())
            connection.close()

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _UNREAD:
                    self.send_header(name, value)
            size = headers.get("Content-Length") if self.command == "HEAD" else None
            self.send_header("content-length", size or str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — its name there.
            """Says nothing."""

    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.pass_on)
    return Handler
