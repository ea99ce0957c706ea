"""Rules of the house that no linter knows."""

import re
import subprocess
from pathlib import Path

import pytest

from app.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
MOST_LINES = 400


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    return [ROOT / name for name in listed]


def test_no_file_grows_past_one_idea() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in tracked("app/*.py", "schema/*.py", "web/src/*")
        if (count := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert long == {}


def test_every_setting_stands_in_the_readme_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text()
    documented = set(re.findall(rf"`({PREFIX}[A-Z_0-9]+)`", readme))
    assert documented >= {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = documented - {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert unknown == set()


def test_every_setting_is_one_described_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


@pytest.mark.parametrize("name", ["requirements/run.txt", "requirements/dev.txt"])
def test_locks_hold_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_npm_locks_hold_hashes_and_no_addresses_of_downloads() -> None:
    locks = tracked("*package-lock.json")
    assert len(locks) >= 4
    for lock in locks:
        assert '"integrity": "sha512-' in lock.read_text()
        assert '"resolved"' not in lock.read_text(), lock


def test_pages_load_nothing_from_elsewhere() -> None:
    elsewhere = re.compile(r"unpkg\.com|jsdelivr|esm\.sh|googleapis|cdnjs")
    found = [
        str(path.relative_to(ROOT))
        for path in tracked("app/*", "schema/*", "web/*")
        if path.suffix in {".py", ".ts", ".tsx", ".html", ".css", ".mjs", ".json"}
        and elsewhere.search(path.read_text())
    ]
    assert found == []


def test_the_alembic_folder_is_no_package() -> None:
    # Trap: as a package it would hide the library of the same name.
    assert not (ROOT / "alembic" / "__init__.py").exists()
