"""`rosetta serve`."""

import ipaddress
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Annotated, Final

import typer
import uvicorn

from app.cli.answers import AsJson, Form, answer, fail, failures, form_of, read_settings
from app.http.protocol import JsonProtocol
from app.importer.service import is_free
from app.logs import configure_logging
from app.settings import Settings

_GRACE_SECONDS: Final = 10
_BACKLOG: Final = 2048

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")]


def serve(*, host: Host = "127.0.0.1", port: Port = 8000, as_json: AsJson = False) -> None:
    """Serve until told to stop. One process serves a data directory."""
    form = form_of(as_json)

    def tell(url: str) -> None:
        text = f"Listening on {url}, GraphiQL is at {url}/graphql. Ctrl-C stops it."
        answer(form, {"url": url}, text)

    serve_on(form, read_settings(form), Address(host, port), PagePrefill(), tell)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 stands for any free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePrefill:
    """What GraphiQL starts with. The headers are given away on loopback alone."""

    headers: Mapping[str, str] | None = None
    project: str | None = None


def serve_on(
    form: Form,
    settings: Settings,
    address: Address,
    page: PagePrefill,
    tell: Callable[[str], None],
) -> None:
    """Serves until the process is told to stop; `tell` gets the URL once it is listened to."""
    from app.main import create_app  # noqa: PLC0415 — the other commands start without GraphQL.

    if not is_free(settings.data_dir):
        fail(
            form,
            "CONFIGURATION",
            f"The data directory {settings.data_dir} is in use by another process.",
        )
    with failures(form):
        listening = _listen(address)
    configure_logging(settings.log_level)
    application = create_app(
        settings,
        graphiql_headers=page.headers if is_loopback(address.host) else None,
        graphiql_project=page.project,
    )
    config = uvicorn.Config(
        application,
        http=JsonProtocol,
        loop="uvloop" if find_spec("uvloop") else "asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        # Each frame would be compressed again for every connection that it goes to.
        ws_per_message_deflate=False,
        ws_max_size=settings.max_graphql_body_bytes,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    port: int = listening.getsockname()[1]
    server = _Server(config, partial(tell, url_of(address.host, port)))
    server.run(sockets=[listening])
    if not server.started:
        fail(form, "CONFIGURATION", "The server could not start; the log above says why.")


def url_of(host: str, port: int) -> str:
    """The URL of a server at that address."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to answer."""
        await super().startup(sockets)
        if self.started:
            self._tell()


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    return socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
