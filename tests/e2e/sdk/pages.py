"""A small site of its own origin that loads the official browser SDK."""

import functools
import json
import shutil
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from tests.e2e.packages import SDK
from tools.node import get_toolchain, run

_BROWSER_BUILD: Final = SDK / "node_modules" / "@openpanel" / "web" / "dist" / "src"
_BUNDLER: Final = SDK.parents[2] / "web" / "node_modules" / "esbuild" / "bin" / "esbuild"


class _QuietPages(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class.
        """Says nothing: what the browser asks for is the tests' to look at."""


def write_site(folder: Path) -> None:
    """Fills the folder with the pages and with both browser builds of the SDK."""
    shutil.copytree(SDK / "site", folder, dirs_exist_ok=True)
    shutil.copy(_BROWSER_BUILD / "tracker.global.js", folder / "op1.js")
    bundle = ["--bundle", "--splitting", "--format=esm", "--log-level=warning"]
    entry = str(SDK / "site" / "app.mjs")
    run([str(get_toolchain().node), str(_BUNDLER), entry, *bundle, f"--outdir={folder}"], SDK)


def write_settings(folder: Path, settings: Mapping[str, str]) -> None:
    """Writes what the pages give to the SDK."""
    (folder / "tracking.js").write_text(f"window.tracking = {json.dumps(dict(settings))};\n")


@contextmanager
def serving(folder: Path) -> Generator[str]:
    """The origin at which the folder's files are served, until left."""
    pages = functools.partial(_QuietPages, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
