"""Everything that the server reads before it can answer, read when this is imported."""

import app.cli
import app.main
from app.ingest.agents import AgentReader
from app.ingest.bots import load_bots
from app.ingest.referrer_books import referrer_book

__all__ = ["app"]

AgentReader()
load_bots()
referrer_book()
