"""Runs the Singer tap, with its fixed hosts replaced by ORIGIN.

Run by the interpreter that has it, with the tap's own arguments.
"""

import os
from urllib.parse import urlsplit

import requests
import tap_mixpanel

_send = requests.Session.send


def send(
    self: requests.Session, request: requests.PreparedRequest, **options: object
) -> requests.Response:
    """Sends the request to ORIGIN."""
    parts = urlsplit(request.url or "")
    if (parts.hostname or "").endswith("mixpanel.com"):
        request.url = f"{os.environ['ORIGIN']}{parts.path}?{parts.query}"
    return _send(self, request, **options)


requests.Session.send = send
tap_mixpanel.main()
