"""Every setting of the server: one table, read from `ATTRISCOPE_*` and overridden by the command line."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Defaults are those of the local mode: one user, on loopback."""

    model_config = SettingsConfigDict(env_prefix="ATTRISCOPE_", frozen=True)

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8765, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    token: str | None = Field(default=None, min_length=8, description="access token; generated where absent")
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default=[], description="further names this server may be addressed by, separated by commas"
    )
    frame_ancestors: str = Field(default="'none'", description="who may show the page in a frame (CSP source list)")

    devices: str = Field(default="auto", description="auto, cpu, mps, or a list as cuda:0,cuda:1")
    workers_per_device: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="worker processes on each device; 1 where absent, and 2 on a CPU that has the cores and memory",
    )
    max_body_bytes: int = Field(default=1 << 20, ge=1, description="largest request body")
    max_streams: int = Field(default=32, ge=1, description="event streams of one session at a time")

    max_queued: int = Field(default=4096, ge=1, description="samples waiting, of all sessions, before 503")
    max_queued_per_session: int = Field(default=1024, ge=1, description="samples waiting of one session before 429")
    max_batch: int = Field(default=16, ge=1, description="samples sent to a worker at once")
    job_deadline: float = Field(default=600.0, gt=0, description="seconds a worker may spend on one sample")
    cancel_grace: float = Field(default=3.0, gt=0, description="seconds a cancelled worker gets before it is killed")
    respawn_backoff: float = Field(default=0.25, ge=0, description="seconds before a lost worker is started again")
    respawn_backoff_max: float = Field(default=30.0, gt=0, description="most seconds before a lost worker is restarted")
    check_timeout: float = Field(default=5.0, gt=0, description="seconds to await a check before the job is accepted")
    ready_timeout: float = Field(default=20.0, gt=0, description="seconds a request awaits a worker before 503")

    scan_limit: int = Field(default=10_000, ge=1, description="most samples ever read from a dataset")
    spool_bytes: int = Field(default=4 << 30, ge=1, description="temporary disk space for the samples that were read")
    store_bytes: int = Field(default=512 << 20, ge=0, description="memory for results; oldest use is evicted first")

    show_details: bool = Field(default=True, description="show tracebacks of the user's own code in the page")

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value
