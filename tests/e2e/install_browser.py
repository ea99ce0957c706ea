"""Installs a Chromium for the browser tests where the machine has none.

Run as `python -m tests.e2e.install_browser`. Tries Playwright's own download first, then, as root
on Debian and its kin, the distribution's package.
"""

import os
import shutil
import subprocess
import sys

from tests.e2e.browser import find_chromium

DOWNLOAD_SECONDS = 120
PACKAGE_SECONDS = 600


def main() -> int:
    """Exit status: 0 when there is a browser at the end, 1 with a sentence when there is not."""
    if find_chromium() is None:
        for install in (_download, _install_package):
            if install():
                break
    browser = find_chromium()
    if browser is None:
        sys.stderr.write(
            "browser: no Chromium found, and none could be installed. "
            "Install one, or name one in ROSETTA_CHROMIUM.\n"
        )
        return 1
    sys.stdout.write(f"browser: {browser}\n")
    return 0


def _download() -> bool:
    """Whether Playwright's own download worked; without a way to its host it ends in seconds."""
    # The download would otherwise wait half a minute per attempt for a host out of reach.
    environment = os.environ | {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "5000"}
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return _runs(command, DOWNLOAD_SECONDS, environment)


def _install_package() -> bool:
    """Whether the distribution's package went in; only root may try."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    return _runs(["apt-get", "update"], PACKAGE_SECONDS, environment) and _runs(
        install, PACKAGE_SECONDS, environment
    )


def _runs(command: list[str], seconds: float, environment: dict[str, str]) -> bool:
    """Whether the command succeeds in time; what it says is shown only when it does not."""
    try:
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            encoding="utf-8",
            env=environment,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"browser: `{' '.join(command)}` took over {seconds:g} s\n")
        return False
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip()
        sys.stderr.write(f"browser: `{' '.join(command)}` failed: {said[:300]}\n")
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
