"""The statement about stays: how long views last until the next one."""

from sqlalchemy import func, select

from app.analytics.fields import Source
from app.analytics.filters import All
from app.analytics.metrics import named
from app.analytics.plans import BucketKey
from app.analytics.queries import Scope
from app.analytics.records import SCREEN_VIEW
from app.analytics.sql import ops
from app.analytics.sql.buckets import bucket_expression
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import Statement, scoped


def stays_statement(scope: Scope, key: BucketKey) -> Statement:
    """The bucket of each view that another one follows, and their mean milliseconds until then."""
    following = func.lead(EVENTS.c.created_at).over(
        partition_by=EVENTS.c.session_id, order_by=[EVENTS.c.created_at, EVENTS.c.position]
    )
    views = select(
        bucket_expression(EVENTS.c.created_at, key).label("bucket"),
        (following - EVENTS.c.created_at).label("stay"),
    ).where(EVENTS.c.session_id.is_not(None))
    seen = Scope(scope.project, scope.range, scope.zone, All((named(SCREEN_VIEW), scope.filter)))
    rows = scoped(views, seen, Source.EVENTS).subquery("stays")
    lasting = rows.c.stay > ops.integer(0)
    return select(rows.c.bucket, func.avg(rows.c.stay)).where(lasting).group_by(rows.c.bucket)
