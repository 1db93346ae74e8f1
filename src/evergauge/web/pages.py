"""What both ports share: the page at `/`, plain answers, and the name in the `Server` header."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from aiohttp import web

from evergauge.web.deadline import headers_complete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.typedefs import Handler

    from evergauge.web.exposer import Liveness


def new_app() -> web.Application:
    """An application with the middleware and headers of both ports."""
    app = web.Application(middlewares=[headers_complete])
    app.on_response_prepare.append(_sign)
    return app


def index(title: str, description: str, links: Mapping[str, str]) -> Handler:
    """The handler of `/`: a page with links. links: path to text."""
    items = "".join(f'<li><a href="{escape(path)}">{escape(text)}</a></li>\n' for path, text in links.items())
    page = (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title></head>\n<body>\n'
        f"<h1>{escape(title)}</h1>\n<p>{escape(description)}</p>\n<ul>\n{items}</ul>\n</body>\n</html>\n"
    )

    async def show(_request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html")

    return show


async def ok(_request: web.Request) -> web.Response:
    """A probe's answer: there is a server."""
    return web.Response(text="OK")


def livez(liveness: Liveness) -> Handler:
    """The handler of `/livez`. That it answers at all says that the event loop turns."""

    async def answer(_request: web.Request) -> web.Response:
        troubles = liveness.troubles()
        if not troubles:
            return web.Response(text="OK")
        return web.Response(status=503, text=f"To be restarted: {'; '.join(troubles)}\n")

    return answer


async def _sign(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "evergauge"
