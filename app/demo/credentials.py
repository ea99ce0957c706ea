"""One credential of every kind for the demo project."""

from dataclasses import dataclass

from app.projects.issuer import CredentialIssuer, NewApiKey, NewClient, NewServiceAccount
from app.projects.records import ClientType, Project
from app.projects.scopes import ANY_SCOPE_TEXT

_NAME = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCredentials:
    """Credentials just made; their secrets can't be read again.

    `project_secret` is None when the project was there before.
    """

    read: NewClient
    write: NewClient
    root: NewClient
    service_account: NewServiceAccount
    project_secret: str | None
    api_key: NewApiKey

    @property
    def reading_headers(self) -> dict[str, str]:
        """The headers of the client that reads."""
        return {
            "openpanel-client-id": self.read.client.id,
            "openpanel-client-secret": self.read.secret,
        }


async def make_credentials(
    issuer: CredentialIssuer, project: Project, project_secret: str | None
) -> DemoCredentials:
    """New credentials, named demo. Those of earlier runs stay valid."""
    return DemoCredentials(
        read=await issuer.create_client(project, ClientType.READ, _NAME),
        write=await issuer.create_client(project, ClientType.WRITE, _NAME),
        root=await issuer.create_client(project, ClientType.ROOT, _NAME),
        service_account=await issuer.create_service_account(project),
        project_secret=project_secret,
        api_key=await issuer.create_api_key(project, (ANY_SCOPE_TEXT,), _NAME),
    )
