"""What decisions have to know of an engine."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do beyond what each of them can.

    `rolls_up` tells that one pass over the rows gives groups and the whole of them.
    """

    rolls_up: bool = False


PLAIN: Final = Capabilities()
"""Nothing beyond what each engine can do."""
