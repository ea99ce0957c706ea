"""A JSON endpoint that does nothing, on the server's own set-up: what HTTP itself costs."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.http.middleware import middleware_for
from app.http.responses import JsonResponse
from app.logs import configure_logging
from app.settings import Settings


async def noop(request: Request) -> Response:
    """Reads the body and answers an empty object."""
    await request.body()
    return JsonResponse({})


def main() -> None:
    """Serves on the port that the first argument names."""
    settings = Settings.from_env()
    configure_logging(settings.log_level)
    application = Starlette(
        routes=[Route("/track", noop, methods=["POST"])], middleware=middleware_for(settings)
    )
    uvicorn.run(
        application, port=int(sys.argv[1]), log_config=None, access_log=False, loop="uvloop"
    )


if __name__ == "__main__":
    main()
