"""The application for ASGI servers (`uvicorn app.asgi:app`); alone in working at import."""

from app.logs import configure_logging
from app.main import create_app
from app.settings import Settings

_settings = Settings.from_env()
configure_logging(_settings.log_level)

app = create_app(_settings)
