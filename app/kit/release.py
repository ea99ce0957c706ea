"""Which release of the package this is."""

from functools import cache
from importlib.metadata import version


@cache
def release() -> str:
    """The version that is installed, such as "0.1.0"; read from disk once."""
    return version("rosetta-analytics")
