"""`python -m bench [PART …] [--events N]`: runs the parts and prints their ratios."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench import (
    beside_postgraphile,
    export,
    funnel,
    graphql,
    ingest,
    insights,
    live,
    mixpanel,
    overview,
    pictures,
)
from bench.server import Installation

PARTS: Final[dict[str, Callable[[Installation, int], None]]] = {
    "overview": overview.measure,
    "insights": insights.measure,
    "ingest": ingest.measure_ingest,
    "graphql": graphql.measure_graphql,
    "live": live.measure_live,
    "postgraphile": beside_postgraphile.measure,
    "funnel": funnel.measure,
    "pictures": pictures.measure_pictures,
    "export": export.measure_export,
    "mixpanel": mixpanel.measure_mixpanel,
}


def main() -> None:
    """Runs each part on data of its own, which is removed afterwards."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--events", type=int, default=1_000_000, help="how many to load")
    options = parser.parse_args()
    for part in options.parts or list(PARTS):
        if part not in PARTS:
            parser.error(f"there is no part {part!r}: choose from {', '.join(PARTS)}")
        with tempfile.TemporaryDirectory(prefix="rosetta-bench-") as folder:
            PARTS[part](Installation(Path(folder)), options.events)


if __name__ == "__main__":
    main()
