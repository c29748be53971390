"""What is hosted: explorers, their models and layers."""

from __future__ import annotations

from attriscope import __version__
from attriscope.web import views
from attriscope.web.permits import Writable
from attriscope.web.schemas import ExplorerDetail, Explorers, ExplorerSummary, Layers, Limits
from attriscope.web.services import ServicesDep
from attriscope.web.strict_json import strict_router
from attriscope.workers.messages import MAX_K, MAX_SAMPLES

router = strict_router("/explorers", "explorers")


@router.get("")
async def list_explorers(services: ServicesDep) -> Explorers:
    """Every explorer of this server."""
    settings = services.settings
    return Explorers(
        version=__version__,
        mode=settings.mode,
        uploads=settings.may_upload,
        max_upload_bytes=settings.max_upload_bytes,
        explorers=[views.explorer(host) for host in services.board.hosts.values()],
    )


@router.get("/{explorer}")
async def get_explorer(explorer: str, services: ServicesDep) -> ExplorerDetail:
    """One explorer, with its description once a worker has loaded it."""
    host = services.board.host(explorer)
    host.pool.wake()
    return ExplorerDetail(
        **dict(views.explorer(host)),
        description=host.pool.description,
        limits=Limits(samples=MAX_SAMPLES, k=MAX_K, scan=services.settings.scan_limit),
    )


@router.post("/{explorer}/restart", dependencies=[Writable])
async def restart_explorer(explorer: str, services: ServicesDep) -> ExplorerSummary:
    """Tries again what has failed: loading, reading the dataset, predicting."""
    host = services.board.host(explorer)
    host.retry()
    return views.explorer(host)


@router.post("/{explorer}/reload", dependencies=[Writable])
async def reload_explorer(explorer: str, services: ServicesDep) -> ExplorerSummary:
    """Starts the workers anew, with the user's file, data and weights as they are now."""
    host = services.board.host(explorer)
    host.reload()
    return views.explorer(host)


@router.get("/{explorer}/models/{model:path}/layers")
async def list_layers(explorer: str, model: str, services: ServicesDep) -> Layers:
    """The model's modules in the order of their names, and which of them methods can use."""
    host = services.board.host(explorer)
    if host.pool.description is None:
        await host.pool.ready_slot()
    found = host.model(model)
    return Layers(model=model, default=found.default_layer, layers=found.layers)
