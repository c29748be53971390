"""The API, one file a noun."""

from fastapi import APIRouter

from attriscope.web.routes import edits, events, explorers, health, jobs, metrics, results, samples, uploads

api = APIRouter(prefix="/api")
for module in (explorers, samples, uploads, edits, jobs, results, events):
    api.include_router(module.router)

__all__ = ["api", "health", "metrics"]
