"""What the demo prints: its credentials, and lines that are ready to be pasted."""

from typing import Final

from app.analytics.records import Json
from app.demo.credentials import DemoCredentials
from app.demo.service import SLUG, DemoReport
from app.projects.issuer import NewClient

_QUERY: Final = (
    '{ project(id: \\"demo\\") { totals(metrics: [{metric: VISITORS}, {metric: SESSIONS}], '
    "range: {preset: LAST_7_DAYS}) { values { name value } } } }"
)


def value_of(report: DemoReport, made: DemoCredentials, url: str) -> Json:
    """The answer for programs."""
    return {
        "project": SLUG,
        "events": {"added": report.added, "already": report.already},
        "credentials": {
            "openpanel": {
                "read": _client(made.read),
                "write": _client(made.write),
                "root": _client(made.root),
            },
            "mixpanel": {
                "serviceAccount": {
                    "username": made.service_account.username,
                    "secret": made.service_account.secret,
                },
                "projectSecret": made.project_secret,
            },
            "posthog": {"key": made.api_key.key},
        },
        "examples": dict(_examples(made, url)),
    }


def text_of(report: DemoReport, made: DemoCredentials, url: str) -> str:
    """The answer for people."""
    traffic = (
        f"Project {SLUG}: {report.added:,} events added"
        if report.added
        else f"Project {SLUG}: nothing to add"
    )
    account = made.service_account
    secret = made.project_secret or "shown when the project was made"
    lines = [
        f"{traffic}, {report.already:,} were there before.",
        "",
        "Credentials, shown only now:",
        f"  OpenPanel read client    {made.read.client.id}  {made.read.secret}",
        f"  OpenPanel write client   {made.write.client.id}  {made.write.secret}",
        f"  OpenPanel root client    {made.root.client.id}  {made.root.secret}",
        f"  Mixpanel service account {account.username}  {account.secret}",
        f"  Mixpanel project secret  {secret}",
        f"  PostHog personal API key {made.api_key.key}",
    ]
    lines += ["", "# For the lines of the README, in another shell", *_exports(made)]
    for title, command in _examples(made, url):
        lines += ["", f"# {title}", command]
    return "\n".join(lines)


def _exports(made: DemoCredentials) -> list[str]:
    clients = (("OPENPANEL", made.read), ("OPENPANEL_WRITE", made.write))
    account = made.service_account
    return [
        *(
            f"export {prefix}_CLIENT_ID={client.client.id} {prefix}_CLIENT_SECRET={client.secret}"
            for prefix, client in clients
        ),
        f"export MIXPANEL_USERNAME={account.username} MIXPANEL_SECRET={account.secret}",
        f"export POSTHOG_PERSONAL_API_KEY={made.api_key.key}",
    ]


def _client(made: NewClient) -> dict[str, Json]:
    return {"clientId": made.client.id, "clientSecret": made.secret}


def _headers(made: NewClient) -> str:
    return f'-H "openpanel-client-id: {made.client.id}" -H "openpanel-client-secret: {made.secret}"'


def _examples(made: DemoCredentials, url: str) -> list[tuple[str, str]]:
    read, write = _headers(made.read), _headers(made.write)
    question = f'{{"query": "{_QUERY}"}}'
    body = '{"type": "track", "payload": {"name": "my_event", "properties": {"foo": "bar"}}}'
    return [
        (
            "Track an event",
            f"curl -X POST {url}/track -H \"Content-Type: application/json\" {write} -d '{body}'",
        ),
        (
            "Read the newest events",
            f"curl {read} '{url}/export/events?projectId={SLUG}&limit=5&includes=properties'",
        ),
        (
            "Read the numbers of the last 30 days",
            f"curl {read} '{url}/insights/{SLUG}/metrics?range=30d'",
        ),
        (
            "Ask in GraphQL",
            f"curl {url}/graphql -H 'Content-Type: application/json' {read} -d '{question}'",
        ),
    ]
