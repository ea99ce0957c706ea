"""HTTP as it is parsed: what is not even a request is refused in JSON, as all else is."""

from http import HTTPStatus

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http.errors import Problem, plain_envelope


class JsonProtocol(HttpToolsProtocol):
    """The usual protocol; no application sees what it refuses, so it answers itself."""

    def send_400_response(self, msg: str) -> None:
        """Says what is wrong, and closes the connection."""
        body = orjson.dumps(plain_envelope(Problem(HTTPStatus.BAD_REQUEST, msg)))
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            "content-type: application/json; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
