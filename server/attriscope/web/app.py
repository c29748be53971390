"""The application: middleware, error handlers, routes, the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from attriscope import __version__
from attriscope.web import errors, page
from attriscope.web.middleware import AccessMiddleware
from attriscope.web.routes import api, health, metrics
from attriscope.web.security import Access
from attriscope.web.services import Services


def create_app(services: Services, access: Access) -> FastAPI:
    """The app over these services; its lifespan starts and closes them."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await services.start()
        yield
        await services.close()

    app = FastAPI(
        title="attriscope",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.services, app.state.page = services, page.Page()
    errors.install(app)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(api)
    app.include_router(page.router)
    app.add_middleware(AccessMiddleware, access=access, settings=services.settings, metrics=services.metrics)
    return app
