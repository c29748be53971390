"""Settings that an explorer's page starts with (`defaults`) or offers under a name (`presets`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from attribution_core import registry
from attriscope.errors import ExplorerError, nearest
from attriscope.features import baselines
from attriscope.features.base import Feature
from attriscope.workers.choices import FunctionTarget
from attriscope.workers.messages import MAX_K, MAX_SAMPLES, AttributionRequest

_REQUEST = set(AttributionRequest.model_fields) - {"explorer", "samples"}
_NOT_OF_A_COLUMN = {"model", "priority", "evaluation"}


class _Page(BaseModel):
    """What is the page's and no request's."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class _Counts(_Page):
    count: int = Field(default=8, ge=1, le=MAX_SAMPLES)
    k: int = Field(default=5, ge=1, le=MAX_K)


class _Drawing(_Page):
    outlier: float = Field(default=2, ge=0, le=50)
    sign: Literal["auto", "all", "positive", "negative", "absolute"] = "auto"


class Presets:
    """Checks settings against what an explorer has: models, features, methods and targets, its own ones among them.

    What depends on a model (layers, classes, regions) or on the samples' size is seen when it is asked for.
    """

    def __init__(
        self,
        models: Mapping[str, Any],
        features: Sequence[Feature],
        methods: Sequence[type],
        targets: Mapping[str, Any],
    ) -> None:
        self._models, self._features, self._targets = list(models), features, list(targets)
        self._methods = registry.catalogue(methods)
        self._inputs = registry.InputInfo(tuple(feature.usual for feature in features))

    def defaults(self, given: Any) -> Mapping[str, Any]:
        """Fields of a request, 'count' and 'k'. Raises ExplorerError that names the field at fault."""
        return MappingProxyType({} if given is None else self._settings("defaults", given, _REQUEST, _Counts))

    def named(self, given: Any) -> Mapping[str, Mapping[str, Any]]:
        """By name: fields of a request but the model, 'outlier' and 'sign'. Raises as `defaults`."""
        if given is None:
            return MappingProxyType({})
        _require_dict("presets", given)
        found = {}
        for name, settings in given.items():
            if not isinstance(name, str) or not name.strip():
                raise ExplorerError(
                    "wrong_type", f"presets has the name {name!r}; it must be a non-empty string.", field="presets"
                )
            checked = self._settings(f"presets[{name!r}]", settings, _REQUEST - _NOT_OF_A_COLUMN, _Drawing)
            found[name] = MappingProxyType(checked)
        return MappingProxyType(found)

    def _settings(self, field: str, given: Any, fields: set[str], page: type[_Page]) -> dict[str, Any]:
        _require_dict(field, given)
        known = sorted(fields | set(page.model_fields))
        for key in given:
            if key not in known:
                hint = nearest(str(key), known)
                raise ExplorerError("unknown_argument", f"{field} has no {key!r}.{hint}", field=f"{field}[{key!r}]")
        of_page = {key: value for key, value in given.items() if key in page.model_fields}
        of_request = {key: value for key, value in given.items() if key not in of_page}
        try:
            page.model_validate(of_page)
            asked = AttributionRequest.model_validate(
                {"explorer": "", "model": "", "samples": [0], "method": "", **of_request}
            )
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            place = f"{field}[{first['loc'][0]!r}]"
            raise ExplorerError(
                "out_of_range", f"{place} is {first['input']!r}: {first['msg']}.", field=place
            ) from None
        self._known(field, "model", given, self._models, "unknown_model")
        self._known(field, "method", given, [spec.id for spec in self._methods.methods], "unknown_method")
        self._check_arguments(field, given)
        self._check_baseline(field, asked)
        if isinstance(asked.target, FunctionTarget):
            self._known(f"{field}['target']", "function", asked.target.model_dump(), self._targets, "unknown_target")
        whole = {} if asked.smoothing is None else {"smoothing": asked.smoothing.model_dump()}
        return {**given, **whole}

    def _check_arguments(self, field: str, given: Mapping[str, Any]) -> None:
        """By name, kind and lower bound: upper ones depend on the samples' size, which nothing is known of yet."""
        if not given.get("arguments"):
            return
        if "method" not in given:
            raise ExplorerError(
                "argument_missing", f"{field} has 'arguments' but no 'method' that they are of.", field=field
            )
        arguments = self._methods.get(given["method"]).arguments(self._inputs)
        known = list(arguments.model_fields)
        for name in given["arguments"]:
            if name not in known:
                place = f"{field}['arguments'][{name!r}]"
                hint = nearest(name, known)
                raise ExplorerError(
                    "unknown_argument", f"{place}: {given['method']!r} has no such argument.{hint}", field=place
                )

        try:
            arguments.model_validate(dict(given["arguments"]))
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False):
                if problem["loc"] and not problem["type"].startswith("less_than"):
                    place = f"{field}['arguments'][{problem['loc'][0]!r}]"
                    message = f"{place} is {problem['input']!r}: {problem['msg']}."
                    raise ExplorerError("out_of_range", message, field=place) from None

    def _check_baseline(self, field: str, asked: AttributionRequest) -> None:
        try:
            baselines.settled(self._features, asked.baseline)
        except ExplorerError as error:
            place = f"{field}['baseline']"
            raise ExplorerError(error.code, f"{place}: {error.message}", field=place, **error.params) from None

    @staticmethod
    def _known(field: str, key: str, given: Mapping[str, Any], known: Sequence[str], code: str) -> None:
        if key in given and given[key] not in known:
            place = f"{field}[{key!r}]"
            hint = nearest(given[key], known)
            raise ExplorerError(code, f"{place} is {given[key]!r}; no such {key}.{hint}", field=place)


def _require_dict(field: str, given: Any) -> None:
    if not isinstance(given, Mapping):
        shown = repr(given) if isinstance(given, str | int | float) else f"of type {type(given).__name__}"
        raise ExplorerError("wrong_type", f"{field} is {shown}; it must be a dict.", field=field)
