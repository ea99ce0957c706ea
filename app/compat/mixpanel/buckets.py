"""Where an upload goes: the bucket, its cloud and the folder that a request names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.analytics.errors import ForbiddenError
from app.compat.mixpanel.params import Params, wrong
from app.exports.blobs.base import Bucket
from app.exports.blobs.objects import ObjectBucket

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}", re.ASCII)
_REGION: Final = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_LONGEST_PREFIX: Final = 900
"""In bytes; the clouds allow 1,024 for a folder and a name together."""


@dataclass(frozen=True, slots=True)
class Target:
    """A folder of a bucket. `region` is None for Google's; `prefix` has no slash at its ends."""

    bucket: str
    region: str | None
    prefix: str

    @property
    def field(self) -> str:
        """The parameter that names the bucket."""
        return "gcs_bucket" if self.region is None else "s3_bucket"


def target_in(params: Params, allowed: Sequence[str]) -> Target:
    """Where the parameters say to write; raises InvalidQueryError.

    `allowed` are the buckets that the operator has opened; others are a ForbiddenError.
    """
    s3, gcs = params.text("s3_bucket"), params.text("gcs_bucket")
    if (s3 is None) == (gcs is None):
        raise wrong("s3_bucket", "Exactly one of s3_bucket and gcs_bucket must be given")
    field, bucket = ("s3_bucket", s3) if s3 is not None else ("gcs_bucket", gcs or "")
    bucket = bucket.strip()
    if _NAME.fullmatch(bucket) is None:
        raise wrong(field, f"{field} is no name of a bucket: {bucket[:40]!r}")
    region = None if s3 is None else _region(params)
    prefix = _prefix(params, "gcs_prefix" if s3 is None else "s3_prefix")
    address = f"{'gs' if s3 is None else 's3'}://{bucket}"
    if address not in allowed:
        raise ForbiddenError(
            f"The bucket {address} is not open for uploads; the server's operator opens buckets "
            "by ROSETTA_MIXPANEL_UPLOAD_BUCKETS"
        )
    return Target(bucket, region, prefix)


def opened(target: Target) -> Bucket:
    """The bucket, with the keys that the server has for it."""
    if target.region is None:
        return ObjectBucket.of_gcs(target.bucket)
    return ObjectBucket.of_s3(target.bucket, target.region)


def _region(params: Params) -> str:
    region = params.text("s3_region")
    if region is None:
        raise wrong("s3_region", "Missing required parameter: s3_region")
    if _REGION.fullmatch(region.strip()) is None:
        raise wrong("s3_region", f"s3_region is no region: {region[:40]!r}")
    return region.strip()


def _prefix(params: Params, field: str) -> str:
    prefix = (params.text(field) or "").strip().strip("/")
    if len(prefix.encode("utf-8", "replace")) > _LONGEST_PREFIX:
        raise wrong(field, f"{field} has at most {_LONGEST_PREFIX} bytes")
    if not prefix:
        return ""
    steps = prefix.split("/")
    if any(step in {"", ".", ".."} for step in steps) or not prefix.isprintable() or "\\" in prefix:
        raise wrong(field, f"{field} must be a path without empty steps, '.' and '..'")
    return prefix
