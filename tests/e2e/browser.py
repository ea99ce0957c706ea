"""Finds a Chromium to test pages with."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

COMMANDS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

ARGUMENTS: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Names that a page must not need do not resolve, whatever the machine's network is.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

# Newest first is decided by name: the folders end in a build number.
_DOWNLOADS: Final = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)


def find_chromium() -> Path | None:
    """ROSETTA_CHROMIUM, else a browser on PATH, else Playwright's own download, else None."""
    if chosen := os.environ.get("ROSETTA_CHROMIUM"):
        return Path(chosen)
    for command in COMMANDS:
        if found := shutil.which(command):
            return Path(found)
    return _find_download()


def launch_arguments() -> list[str]:
    """Chromium's arguments; root may run it only without its sandbox."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGUMENTS, "--no-sandbox"] if is_root else [*ARGUMENTS]


def _find_download() -> Path | None:
    folder = _download_folder()
    found = (path for pattern in _DOWNLOADS for path in folder.glob(pattern))
    return max(found, key=lambda path: path.parts, default=None)


def _download_folder() -> Path:
    if chosen := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(chosen)
    match sys.platform:
        case "darwin":
            return Path.home() / "Library" / "Caches" / "ms-playwright"
        case "win32":
            return Path.home() / "AppData" / "Local" / "ms-playwright"
        case _:
            return Path.home() / ".cache" / "ms-playwright"
