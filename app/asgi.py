"""The application for ASGI servers (`uvicorn app.asgi:app`); alone in working at import."""

from app.main import create_app
from app.settings import Settings

app = create_app(Settings.from_env())
