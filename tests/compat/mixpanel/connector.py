"""What the Airbyte connector for Mixpanel sends, request by request.

Version 4.0.2 of source-mixpanel was run against this server and its requests written down:
their order, parameters, headers and bodies are the ones here, and answers are read with the
same library in the same way. It needs a Python of its own and a hundred packages, so that
tests can't run it itself.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import requests
from requests.auth import AuthBase, HTTPBasicAuth

PAGE_SIZE: Final = 2
WINDOW_DAYS: Final = 2


class BareToken(AuthBase):
    """A project secret in base64 without the colon of HTTP Basic."""

    def __init__(self, encoded: str) -> None:
        self._encoded = encoded

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Basic {self._encoded}"
        return request


@dataclass(frozen=True, slots=True)
class Connector:
    """The connector, set up for `origin`; a project is named to it with service accounts only."""

    origin: str
    auth: BareToken | HTTPBasicAuth
    project: dict[str, str]
    start: str
    session: requests.Session = field(default_factory=requests.Session)

    def check(self) -> None:
        """Raises unless the credentials are good."""
        self._ask("query/cohorts/list")

    def discover(self) -> tuple[dict[str, str], list[str]]:
        """The types of profiles' properties, and the names of events' ones."""
        told = self._ask("query/engage/properties", where=self._seen_since("Z"))
        kinds = {name: each["type"] for name, each in told["results"].items()}
        return kinds, list(self._ask("query/events/properties/top"))

    def read_cohorts(self) -> list[dict[str, Any]]:
        """All cohorts; each must tell when it was made."""
        cohorts: list[dict[str, Any]] = self._ask("query/cohorts/list")
        return [each for each in cohorts if each["created"] >= self.start.replace("T", " ")]

    def read_profiles(self) -> list[dict[str, Any]]:
        """All profiles that were seen, page by page."""
        found: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            told = self._ask(
                "query/engage", where=self._seen_since(), page_size=str(PAGE_SIZE), **more
            )
            found += told["results"]
            if told["total"] <= PAGE_SIZE * (told["page"] + 1):
                return found
            more = {"session_id": told["session_id"], "page": str(told["page"] + 1)}

    def read_members(self, cohort: int) -> list[dict[str, Any]]:
        """The first members of a cohort, which a JSON body names."""
        answer = self.session.post(
            f"{self.origin}/api/query/engage",
            params={**self.project, "page_size": str(PAGE_SIZE)},
            json={"filter_by_cohort": f'{{"id":{cohort}}}'},
            headers={"Accept": "application/json"},
            auth=self.auth,
            timeout=60,
        )
        answer.raise_for_status()
        members: list[dict[str, Any]] = answer.json()["results"]
        return members

    def export(
        self, first: date, last: date, since_seconds: int | None = None
    ) -> list[dict[str, Any]]:
        """All events of the days, some days at a time."""
        where = {} if since_seconds is None else {"where": _from(since_seconds)}
        found: list[dict[str, Any]] = []
        while first <= last:
            until = min(first + timedelta(days=WINDOW_DAYS - 1), last)
            days = {"from_date": str(first), "to_date": str(until)}
            with self.session.get(
                f"{self.origin}/api/2.0/export",
                params={**self.project, **days, **where},
                headers={"Accept": "application/json"},
                auth=self.auth,
                stream=True,
                timeout=60,
            ) as answer:
                answer.raise_for_status()
                found += _records(answer)
            first = until + timedelta(days=1)
        return found

    def _ask(self, path: str, **params: str) -> Any:  # noqa: ANN401 — JSON of every shape.
        answer = self.session.get(
            f"{self.origin}/api/{path}",
            params={**self.project, **params},
            headers={"Accept": "application/json"},
            auth=self.auth,
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()

    def _seen_since(self, suffix: str = "") -> str:
        return f'properties["$last_seen"] >= "{self.start}{suffix}"'


def _from(seconds: int) -> str:
    return f'properties["$time"]>=datetime({seconds})'


def _records(answer: requests.Response) -> Iterator[dict[str, Any]]:
    """Each line's record; texts are split where the library sees the ends of lines."""
    for line in answer.iter_lines(decode_unicode=True):
        yield json.loads(line)
