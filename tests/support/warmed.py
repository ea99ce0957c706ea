"""Everything that the server reads before it can answer, read when this is imported."""

from app.cli import main
from app.ingest.agents import AgentReader
from app.ingest.bots import load_bots
from app.ingest.referrer_books import referrer_book
from app.main import create_app

__all__ = ["create_app", "main"]

AgentReader()
load_bots()
referrer_book()
