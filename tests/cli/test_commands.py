"""Commands inside this process: what they print, and how they fail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from tests.support.import_lines import CAMEL, MIXPANEL, numbered_row, write_lines

Rosetta = Callable[..., Result]


@pytest.fixture
def rosetta(tmp_path: Path) -> Rosetta:
    """Runs a command on a data directory of its own."""
    runner = CliRunner(env={"ROSETTA_DATA_DIR": str(tmp_path / "data"), "NO_COLOR": "1"})

    def run(*arguments: str | Path) -> Result:
        return runner.invoke(app, [str(argument) for argument in arguments])

    return run


def value(result: Result) -> Any:  # noqa: ANN401 — any JSON.
    """The one JSON value on standard output."""
    assert result.exit_code == 0, result.stderr
    return orjson.loads(result.stdout)


def test_project_is_made_once_and_listed(rosetta: Rosetta) -> None:
    made = value(rosetta("project", "create", "shop", "--timezone", "Europe/Oslo", "--json"))
    assert made.keys() == {"id", "number", "secret", "token"}
    assert (made["id"], made["number"], len(made["secret"])) == ("shop", 1, 32)
    assert len(made["token"]) == 32
    listed = value(rosetta("project", "list", "--json"))
    assert listed == [{"id": "shop", "number": 1, "timezone": "Europe/Oslo"}]
    again = rosetta("project", "create", "shop", "--json")
    assert again.exit_code == 1
    message = 'There is a project "shop" already.'
    assert orjson.loads(again.stdout) == {"error": {"code": "CONFLICT", "message": message}}
    assert f"rosetta: {message}\n" in again.stderr


def test_a_projects_settings_are_changed_and_shown(rosetta: Rosetta) -> None:
    rosetta("project", "create", "shop")
    shown = value(rosetta("project", "show", "shop", "--json"))
    said = ["--name", "The shop", "--timezone", "Europe/Oslo", "--origin", "https://a.test"]
    said += ["--origin", "https://b.test", "--conversion", "purchase", "--unsafe-revenue"]
    said += ["--refuse-address", "10.0.0.0/8", "--refuse-profile", "bot", "--refuse-event", "ping"]
    changed = value(rosetta("project", "change", "shop", *said, "--json"))
    assert changed == shown | {
        "name": "The shop",
        "timezone": "Europe/Oslo",
        "origins": ["https://a.test", "https://b.test"],
        "filters": [
            {"type": "address", "address": "10.0.0.0/8"},
            {"type": "profile", "profile_id": "bot"},
            {"type": "event", "name": "ping", "conditions": [], "segment": "event"},
        ],
        "conversions": ["purchase"],
        "allowUnsafeRevenue": True,
    }
    cleared = ["--no-origins", "--refuse-nothing", "--no-conversions", "--no-unsafe-revenue"]
    again = value(rosetta("project", "change", "1", *cleared, "--json"))
    assert again == shown | {"name": "The shop", "timezone": "Europe/Oslo"}
    assert "timezone: Europe/Oslo" in rosetta("project", "show", "shop").stdout


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["shop", "--timezone", "Mars/Olympus"], "The time zone is not an IANA name"),
        (["shop", "--refuse-address", "x"], "This is no IP address."),
        (["shop", "--conversion", ""], "The name of an event has 1 to 200 characters."),
        (["nowhere", "--name", "x"], "Project not found"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    rosetta: Rosetta, said: list[str], message: str
) -> None:
    rosetta("project", "create", "shop")
    refused = rosetta("project", "change", *said)
    assert refused.exit_code == 1
    assert message in refused.stderr


def test_credentials_of_each_kind_are_made(rosetta: Rosetta) -> None:
    rosetta("project", "create", "shop")
    to = ("--project", "shop", "--json")
    client = value(
        rosetta("client", "create", "--type", "write", "--origin", "https://a.test", *to)
    )
    assert client.keys() == {"clientId", "clientSecret"}
    assert client["clientSecret"].startswith("sec_")
    account = value(rosetta("service-account", "create", *to))
    assert account.keys() == {"username", "secret"}
    key = value(
        rosetta("api-key", "create", "--scope", "export:read", "--scope", "query:read", *to)
    )
    assert key.keys() == {"key"}
    assert key["key"].startswith("phx_")


def test_text_for_people_has_the_same_facts(rosetta: Rosetta) -> None:
    assert "There are no projects yet." in rosetta("project", "list").stdout
    assert "shown only now" in rosetta("project", "create", "shop").stdout
    assert "shop  UTC" in rosetta("project", "list").stdout
    made = rosetta("client", "create", "--project", "1", "--type", "read")
    assert "openpanel-client-id: " in made.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("project", "create", "Not a slug"), "BAD_USER_INPUT"),
        (("project", "create", "a", "--timezone", "Moon/Base"), "BAD_USER_INPUT"),
        (("client", "create", "--project", "none", "--type", "read"), "NOT_FOUND"),
        (("service-account", "create", "--project", "none"), "NOT_FOUND"),
        (("api-key", "create", "--project", "shop", "--scope", "everything"), "BAD_USER_INPUT"),
    ],
)
def test_failure_is_one_sentence_and_status_1(
    rosetta: Rosetta, arguments: tuple[str, ...], code: str
) -> None:
    rosetta("project", "create", "shop")
    failed = rosetta(*arguments)
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("rosetta: ")
    assert failed.stderr.count("\n") == 1
    with_json = rosetta(*arguments, "--json")
    assert with_json.exit_code == 1
    assert orjson.loads(with_json.stdout)["error"]["code"] == code


@pytest.mark.parametrize(
    "arguments",
    [
        ("client", "create", "--json"),
        ("client", "create", "--project", "shop", "--type", "admin"),
        ("import", "/no/such/file", "--project", "shop", "--json"),
        ("serve", "--port", "70000"),
        ("fly",),
    ],
)
def test_wrong_usage_is_status_2_with_nothing_on_standard_output(
    rosetta: Rosetta, arguments: tuple[str, ...]
) -> None:
    failed = rosetta(*arguments)
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert "Error: " in failed.stderr


def test_wrong_setting_is_named(rosetta: Rosetta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROSETTA_QUERY_THREADS", "many")
    failed = rosetta("project", "list", "--json")
    assert failed.exit_code == 1
    error = orjson.loads(failed.stdout)["error"]
    assert error["code"] == "CONFIGURATION"
    assert error["message"].startswith("ROSETTA_QUERY_THREADS has a wrong value: ")


def test_migrate_names_what_it_migrated(rosetta: Rosetta) -> None:
    assert value(rosetta("migrate", "--json")) == {"migrated": ["control", "events"]}


def test_import_reports_once_and_again(rosetta: Rosetta, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "e.ndjson", [CAMEL, MIXPANEL, *map(numbered_row, range(50))])
    rosetta("project", "create", "shop")
    first = value(rosetta("import", file, "--project", "shop", "--json"))
    assert (first["imported"], first["already"], first["bad"]) == (52, 0, 0)
    second = value(rosetta("import", file, "--project", "shop", "--json"))
    assert (second["imported"], second["already"]) == (0, 52)
    assert "imported before" in rosetta("import", file, "--project", "shop").stdout
    again = value(rosetta("import", file, "--project", "shop", "--again", "--json"))
    assert again["imported"] == 52


def test_import_names_bad_lines_and_strict_refuses_them(rosetta: Rosetta, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "e.ndjson", [CAMEL, {"name": "x"}, MIXPANEL])
    rosetta("project", "create", "shop")
    strict = rosetta("import", file, "--project", "shop", "--strict", "--json")
    assert strict.exit_code == 1
    assert orjson.loads(strict.stdout)["error"]["code"] == "BAD_LINES"
    assert "line 2: The event has no time." in strict.stderr
    loose = value(rosetta("import", file, "--project", "shop", "--json"))
    assert (loose["imported"], loose["bad"]) == (2, 1)
    assert loose["badLines"] == [{"line": 2, "reason": "The event has no time."}]


def test_demo_is_idempotent_and_makes_new_credentials(rosetta: Rosetta) -> None:
    first = value(rosetta("demo", "--events", "400", "--json"))
    assert first["events"] == {"added": 400, "already": 0}
    second = value(rosetta("demo", "--events", "400", "--json"))
    assert second["events"] == {"added": 0, "already": 400}
    assert first["credentials"]["mixpanel"]["projectSecret"]
    assert second["credentials"]["mixpanel"]["projectSecret"] is None
    readers = [made["credentials"]["openpanel"]["read"]["clientId"] for made in (first, second)]
    assert readers[0] != readers[1]
    text = rosetta("demo").stdout
    assert text.count("\ncurl ") == len(first["examples"]) == 4
