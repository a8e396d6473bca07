"""The parameters of a request, validated against the `Query` of its endpoint.

Unknown parameters are ignored, as everywhere in LaunchDarkly's API.
"""

from collections.abc import Mapping
from typing import Annotated, Self, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails
from starlette.datastructures import QueryParams

from bot.sandbox.launchdarkly.errors import ApiError, invalid_request


def _split_commas(value: object) -> object:
    return frozenset(filter(None, value.split(","))) if isinstance(value, str) else value


Key = Annotated[str, StringConstraints(min_length=1)]
Keys = Annotated[frozenset[str], BeforeValidator(_split_commas)]  # a comma-separated list


class Query(BaseModel):
    """An endpoint's parameters: LaunchDarkly's names in snake case. A `tuple` field is a parameter that may repeat."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    @classmethod
    def read(cls, path_params: Mapping[str, str], query_params: QueryParams) -> Self:
        repeated = {name for name, field in cls.model_fields.items() if get_origin(field.annotation) is tuple}
        try:
            return cls.model_validate(
                {**query_params, **{name: query_params.getlist(name) for name in repeated}, **path_params}
            )
        except ValidationError as error:
            raise _validation_error(error) from None


class EnvironmentQuery(Query):
    """The parameters that most insights endpoints share."""

    project_key: Key
    environment_key: Key
    application_key: Keys = frozenset()


def _validation_error(error: ValidationError) -> ApiError:
    return invalid_request({str(detail["loc"][0]): _reason(detail) for detail in error.errors()})


def _reason(detail: ErrorDetails) -> str:
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "missing" | "string_too_short":
            return "must be present"
        case "literal_error":
            return f"must be one of {limits['expected']}"
        case "int_parsing" | "int_from_float":
            return "must be an integer"
        case "less_than_equal":
            return f"must be no greater than {limits['le']}"
        case "greater_than_equal":
            return f"must be no less than {limits['ge']}"
        case _:
            return "is invalid"
