"""A PostgreSQL of its own for the time of a measurement, on loopback."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.server import free_port

_DEBIAN: Final = Path("/usr/lib/postgresql")
_ACCOUNT: Final = "postgres"
_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # What a machine that serves little else gives to its database.
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "effective_cache_size": "4GB",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
}


@contextmanager
def serving_postgresql(folder: Path) -> Generator[str]:
    """The address of an empty database whose files are in the folder, until left."""
    binaries = _find_binaries() or _install()
    port = free_port()
    folder.mkdir()
    _give_away(folder)
    data = folder / "data"
    _run([binaries / "initdb", "--pgdata", data, "--auth=trust", "--username=bench", "--no-sync"])
    settings = {**_SETTINGS, "port": f"{port}"}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    control: list[str | Path] = [binaries / "pg_ctl", "--pgdata", data, "--wait", "--silent"]
    _run([*control, "--log", folder / "log", "--options", options, "start"])
    try:
        yield f"postgresql://bench@127.0.0.1:{port}/postgres"
    finally:
        _run([*control, "--mode=fast", "stop"])


def psql(address: str, statements: str) -> str:
    """What PostgreSQL's own client prints of the statements; raises where one fails."""
    command = ["psql", address, "--quiet", "--tuples-only", "--set=ON_ERROR_STOP=1"]
    return subprocess.run(
        command, input=statements, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def _find_binaries() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(_DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name))
    return versions[-1] if versions else None


def _install() -> Path:
    for step in (["update"], ["install", "--yes", "--no-install-recommends", "postgresql"]):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "--quiet", *step], check=True, env=environment)
    if (binaries := _find_binaries()) is None:
        raise FileNotFoundError("There is no PostgreSQL, and none could be installed.")
    return binaries


def _give_away(folder: Path) -> None:
    """Makes the folder the account's, which has to get through its parent, too."""
    if os.geteuid() == 0:
        folder.parent.chmod(0o711)
        shutil.chown(folder, _ACCOUNT)


def _as_account(command: Sequence[str | Path]) -> list[str]:
    """PostgreSQL refuses to run as root, so that then another account runs it."""
    words = [str(word) for word in command]
    return ["runuser", "-u", _ACCOUNT, "--", *words] if getpass.getuser() == "root" else words


def _run(command: Sequence[str | Path]) -> None:
    subprocess.run(_as_account(command), check=True, stdout=subprocess.DEVNULL)
