"""Writes with Mixpanel's own libraries for Python, then reads with its utilities.

Run by the interpreter that has them: ORIGIN, TOKEN, SECRET, DAY are in the environment. Prints
what was read as JSON.
"""

import json
import os
import sys
import time

from mixpanel import Consumer, Mixpanel
from mixpanel_utils import MixpanelUtils

ORIGIN = os.environ["ORIGIN"]
DAY = os.environ["DAY"]

consumer = Consumer(
    events_url=f"{ORIGIN}/track",
    people_url=f"{ORIGIN}/engage",
    import_url=f"{ORIGIN}/import",
    groups_url=f"{ORIGIN}/groups",
)
library = Mixpanel(os.environ["TOKEN"], consumer=consumer)
library.track("ada", "Tracked by Python", {"plan": "pro", "n": 3})
library.people_set("ada", {"$email": "ada@example.com", "plan": "pro"})
library.people_increment("ada", {"visits": 2})
library.group_set("company", "acme", {"$name": "Acme Inc.", "seats": 5, "old": True})
library.group_set_once("company", "acme", {"seats": 9, "since": 2020})
library.group_union("company", "acme", {"items": ["anvil", "rope"]})
library.group_remove("company", "acme", {"items": "rope"})
library.group_unset("company", "acme", ["old"])
library.group_delete("company", "nobody")
library.track("ada", "Tracked in a group", {"company": "acme"})
library.people_set("ada", {"company": "acme"})
library.import_data(
    api_key=os.environ["TOKEN"],
    distinct_id="ada",
    event_name="Imported by Python",
    timestamp=int(time.time()) - 3600,
    properties={"old": True},
    api_secret=os.environ["SECRET"],
)
library.merge(os.environ["TOKEN"], "ada", "ada-once", api_secret=os.environ["SECRET"])
library.track("ada-once", "Tracked as an alias")

utilities = MixpanelUtils(os.environ["SECRET"], token=os.environ["TOKEN"])
utilities.raw_api = utilities.formatted_api = f"{ORIGIN}/api"
utilities.import_api = ORIGIN
window = {"from_date": os.environ["YESTERDAY"], "to_date": DAY}
events = utilities.query_export(window)
found = utilities.query_export({**window, "where": 'properties["plan"] == "PRO"'})
people = utilities.query_engage()
sys.stdout.write(json.dumps({"events": events, "found": found, "people": people}))
