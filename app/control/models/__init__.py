"""The rows of the control store; importing this package maps every table."""

from app.control.models.alias import AliasRow
from app.control.models.api_key import ApiKeyRow
from app.control.models.client import ClientRow
from app.control.models.cohort import CohortRow
from app.control.models.counter import CounterRow
from app.control.models.export import ExportRow
from app.control.models.group import GroupRow
from app.control.models.insight import DashboardRow, InsightRow, TileRow
from app.control.models.profile import ProfileRow
from app.control.models.project import ProjectRow
from app.control.models.salt import SaltRow
from app.control.models.service_account import ServiceAccountRow

__all__ = [
    "AliasRow",
    "ApiKeyRow",
    "ClientRow",
    "CohortRow",
    "CounterRow",
    "DashboardRow",
    "ExportRow",
    "GroupRow",
    "InsightRow",
    "ProfileRow",
    "ProjectRow",
    "SaltRow",
    "ServiceAccountRow",
    "TileRow",
]
