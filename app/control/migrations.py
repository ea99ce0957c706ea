"""Runs the migrations of the control store from inside the program."""

import sys
import threading
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config

FOLDER: Final = Path(__file__).resolve().parents[2] / "alembic"
"""Where the migrations are in a checkout."""

_ONE_AT_A_TIME: Final = threading.Lock()


def migration_settings(url: str) -> Config:
    """Alembic's configuration for the store at `url`.

    Nothing of it goes to standard output, which belongs to the command line's answer.
    """
    config = Config(stdout=sys.stderr)
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    # Trap: the URL travels as an attribute, because the configuration file's parser
    # reads percent signs of a password as its own syntax.
    config.attributes["url"] = url
    return config


def upgrade_to_head(url: str) -> None:
    """Brings the tables to the newest definition; does nothing when they have it.

    Blocks, and runs an event loop of its own: call it from a thread without one.
    """
    # Trap: Alembic keeps the running migration in a variable of its module.
    with _ONE_AT_A_TIME:
        command.upgrade(migration_settings(url), "head")
