"""What every request goes through before its route."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIRouter

from attriscope.web import routes


def everything(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from everything(inner)


def test_no_request_waits_for_a_thread_to_find_its_services() -> None:
    asked = set()
    for module in pkgutil.iter_modules(routes.__path__):
        router: APIRouter = importlib.import_module(f"{routes.__name__}.{module.name}").router
        for route in router.routes:
            assert isinstance(route, APIRoute)
            asked |= {found.call for found in everything(route.dependant)}
    # The endpoints, and the services, session, stream and permits that they ask for.
    assert len(asked) > 20
    plain = [call for call in asked if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call))]
    assert plain == []
