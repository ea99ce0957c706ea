"""An app of Relay, compiled against the schema as it is committed."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tests.e2e.packages import CLIENTS
from tools.node import get_toolchain, run

_SCHEMA: Final = Path(__file__).parents[3] / "schema" / "schema.graphql"
_COMPILER: Final = CLIENTS / "node_modules" / "relay-compiler" / "cli.js"


@dataclass(frozen=True, slots=True)
class CompiledApp:
    """The artifacts by their names, and the operations' texts by theirs.

    `documents` is the file of texts by their ids that the compiler wrote, `ids` the ids by the
    operations' names.
    """

    artifacts: Mapping[str, str]
    texts: Mapping[str, str]
    ids: Mapping[str, str]
    documents: Path


def compile_app(folder: Path) -> CompiledApp:
    """Compiles the app in the folder, which is empty before."""
    shutil.copytree(CLIENTS / "relay", folder, dirs_exist_ok=True)
    shutil.copy(_SCHEMA, folder)
    (folder / "generated").mkdir()
    documents = folder / "persisted.json"
    documents.write_text("{}")
    run([str(get_toolchain().node), str(_COMPILER), "relay.config.json"], folder)
    persisted: dict[str, str] = json.loads(documents.read_text())
    names = {key: text.split("(")[0].split()[1] for key, text in persisted.items()}
    return CompiledApp(
        artifacts={path.name: path.read_text() for path in (folder / "generated").iterdir()},
        texts={names[key]: text for key, text in persisted.items()},
        ids={name: key for key, name in names.items()},
        documents=documents,
    )


def ask(base_url: str, headers: Mapping[str, str], body: Mapping[str, object]) -> dict[str, Any]:
    """The data that the server answers to such a body, sent as Relay's network sends it."""
    answer = httpx.post(f"{base_url}/graphql", json=dict(body), headers=dict(headers)).json()
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data
