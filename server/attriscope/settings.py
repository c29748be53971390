"""Every setting of the server: one table, read from `ATTRISCOPE_*` and overridden by the command line.

`--help` and docs/settings.md are made from this table.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Mode = Literal["local", "team", "demo"]
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def _seconds(value: object) -> object:
    """'90', '90s', '15m', '2h', '1d' in seconds; anything else as it is."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([smhd]?)\s*", value) if isinstance(value, str) else None
    return float(found[1]) * _UNITS[found[2] or "s"] if found else value


def _bytes(value: object) -> object:
    """'512M', '2G', '2GB' or '2GiB' in bytes; anything else as it is."""
    found = re.fullmatch(r"\s*([0-9]+)\s*([KMGT]?)(?:i?B)?\s*", value, re.I) if isinstance(value, str) else None
    return int(found[1]) * _SIZES[found[2].upper()] if found else value


def _never(value: object) -> object:
    """'off', 'none' and 'never' as None."""
    return None if isinstance(value, str) and value.strip().lower() in ("off", "none", "never") else value


def _split(value: object) -> object:
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_seconds)]
Bytes = Annotated[int, BeforeValidator(_bytes)]
Optional = BeforeValidator(_never)
Names = Annotated[list[str], NoDecode, BeforeValidator(_split)]


def setting(default: Any, group: str, description: str, *, cli: bool = True, **bounds: Any) -> Any:
    """A row of the table; `group` is its heading, `cli` whether the command line may give it."""
    return Field(default=default, description=description, json_schema_extra={"group": group, "cli": cli}, **bounds)


class Settings(BaseSettings):
    """Defaults are those of the local mode: one user, on loopback."""

    model_config = SettingsConfigDict(env_prefix="ATTRISCOPE_", frozen=True)

    mode: Mode = setting("local", "Access", "local: one user; team: named tokens; demo: read-only, with quotas")
    host: str = setting("127.0.0.1", "Access", "address to listen on")
    port: int = setting(8765, "Access", "port to listen on; 0 takes a free one", ge=0, le=65535)
    token: str | None = setting(
        None, "Access", "access token; generated where absent. Never on a command line", cli=False, min_length=8
    )
    token_file: Path | None = setting(
        None, "Access", "file of tokens, 'name: token' a line, read again when it changes"
    )
    allowed_hosts: Names = setting(
        [],
        "Access",
        "further names this server may be addressed by, separated by commas; * for any",
    )
    allowed_origins: Names = setting([], "Access", "further origins whose pages may send requests, separated by commas")
    trusted_proxies: Names = setting(
        [],
        "Access",
        "addresses or networks of reverse proxies whose X-Forwarded-* headers are believed, besides this machine's, "
        "separated by commas",
    )
    path_prefix: str = setting("", "Access", "path under which a reverse proxy serves this, e.g. /attriscope")
    frame_ancestors: str = setting("'none'", "Access", "who may show the page in a frame (CSP source list)")
    show_details: bool | None = setting(
        None, "Access", "show tracebacks of the user's own code in the page; absent: in local mode only"
    )

    max_job_seconds: Annotated[Seconds | None, Optional] = setting(
        None, "Quotas", "longest estimated time of one request; absent: 60s in demo mode, else no limit", gt=0
    )
    max_jobs_per_minute: Annotated[int | None, Optional] = setting(
        None, "Quotas", "requests of one session a minute before 429; absent: 30 in demo mode, else no limit", ge=1
    )
    max_queued: int = setting(4096, "Quotas", "samples waiting, of all sessions, before 503", ge=1)
    max_queued_per_session: int = setting(1024, "Quotas", "samples waiting of one session before 429", ge=1)
    max_streams: int = setting(32, "Quotas", "event streams of one session at a time before 429", ge=1)
    max_body_bytes: Bytes = setting(1 << 20, "Quotas", "largest request body that is not an upload", ge=1)
    uploads: bool | None = setting(None, "Quotas", "let users explain inputs of their own; absent: not in demo mode")
    max_upload_bytes: Bytes = setting(20 << 20, "Quotas", "largest uploaded file", ge=1)
    max_uploads: int = setting(64, "Quotas", "uploads kept for one session; the oldest goes first", ge=1)

    devices: str = setting("auto", "Workers", "auto, cpu, mps, or a list as cuda:0,cuda:1")
    workers_per_device: int | None = setting(
        None,
        "Workers",
        "worker processes that compute on a device at once; absent: 1, and 2 on a CPU that has the cores and memory",
        ge=1,
        le=64,
    )
    idle_unload: Annotated[Seconds | None, Optional] = setting(
        15 * 60, "Workers", "time without use after which an explorer's workers end; 'off' keeps them", gt=0
    )
    memory_reserve: float = setting(
        0.1, "Workers", "share of the machine's memory kept free by ending workers not in use", ge=0, lt=1
    )
    reload: bool = setting(False, "Workers", "restart the workers when the user's file or checkpoint changes")
    job_deadline: Seconds = setting(600.0, "Workers", "longest time a worker may spend on one sample", gt=0)
    cancel_grace: Seconds = setting(3.0, "Workers", "time a cancelled worker gets before it is killed", gt=0)
    respawn_backoff: Seconds = setting(0.25, "Workers", "pause before a lost worker is started again", ge=0)
    respawn_backoff_max: Seconds = setting(30.0, "Workers", "longest such pause; it doubles with every loss", gt=0)
    max_batch: int = setting(16, "Workers", "samples sent to a worker at once", ge=1)
    check_timeout: Seconds = setting(5.0, "Workers", "time to await a check before the job is accepted", gt=0)
    ready_timeout: Seconds = setting(20.0, "Workers", "time a request awaits a worker before 503", gt=0)
    partial_interval: Seconds = setting(0.4, "Workers", "time between two partial maps of a slow method", gt=0)
    session_grace: Seconds = setting(30.0, "Workers", "time until jobs of a session without a page are cancelled", gt=0)
    grace: Seconds = setting(10.0, "Workers", "time that running jobs get to end after SIGTERM", ge=0)

    store: Path | None = setting(None, "Store", "folder of the results; absent: the platform's cache folder")
    no_store: bool = setting(False, "Store", "keep results in memory only")
    store_bytes: Bytes = setting(2 << 30, "Store", "disk space for results; oldest use is evicted first", ge=0)
    memory_bytes: Bytes = setting(
        8 << 20, "Store", "memory for results that were just used; with no_store, sixty-four times as much", ge=0
    )
    scan_limit: int = setting(10_000, "Store", "most samples ever read from a dataset", ge=1)
    spool_bytes: Bytes = setting(4 << 30, "Store", "temporary disk space for the samples that were read", ge=1)

    lang: Literal["auto", "en", "zh"] = setting(
        "auto", "Page", "language of the page where a user has chosen none; auto: the browser's"
    )
    warm: bool = setting(False, "Page", "make the maps that the page asks for at first before it is opened")
    warm_samples: int | None = setting(
        None, "Page", "samples that warm explains; absent: as many as the page shows", ge=1, le=64
    )

    log_format: Literal["text", "json"] = setting("text", "Logs", "text for people, json for machines")
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "warning", "Logs", "least severity that is logged"
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: list[str]) -> list[str]:
        for name in value:
            try:
                ipaddress.ip_network(name)
            except ValueError:
                raise ValueError(f"{name!r} is no address and no network such as 10.0.0.0/8") from None
        return value

    @field_validator("path_prefix")
    @classmethod
    def _check_prefix(cls, value: str) -> str:
        value = value.rstrip("/")
        if value and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", value):
            raise ValueError("it must be a path such as /attriscope")
        return value

    @property
    def details(self) -> bool:
        """Whether the page may show tracebacks and paths."""
        return self.mode == "local" if self.show_details is None else self.show_details

    @property
    def may_upload(self) -> bool:
        return self.mode != "demo" if self.uploads is None else self.uploads

    @property
    def job_seconds(self) -> float | None:
        """The longest estimated time of one request."""
        return 60.0 if self.max_job_seconds is None and self.mode == "demo" else self.max_job_seconds

    @property
    def jobs_per_minute(self) -> int | None:
        return 30 if self.max_jobs_per_minute is None and self.mode == "demo" else self.max_jobs_per_minute

    @property
    def store_folder(self) -> Path | None:
        """Where results are kept; None for memory only."""
        if self.no_store:
            return None
        return self.store or Path(platformdirs.user_cache_path("attriscope", appauthor=False), "store")
