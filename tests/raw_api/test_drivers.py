"""The endpoints are the same whether the primitives below them block or are awaited."""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.raw_api.test_endpoints import CALLS

from b2sdk.exception import AccessDenied, B2Error, FileOrBucketNotFound, ResourceNotFound, SSECKeyError, UnknownError
from b2sdk.raw_api import account_endpoints, endpoints
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.explanations import is_without_words
from b2sdk.raw_api.primitives import STORAGE, Explanation, Manner, Primitives

PRIMITIVES = {"_api", "_post_body", "_open_download", "_head"}
API, TOKEN = "https://api.test", "token"
PURE = {"check_b2_filename", "get_download_url_by_id", "get_download_url_by_name", "get_upload_file_headers"}
"""They make no call."""


def calls_of_primitives(node: ast.AST) -> list[ast.AST]:
    called = (child.func for child in ast.walk(node) if isinstance(child, ast.Call))
    return [func for func in called if isinstance(func, ast.Attribute) and func.attr in PRIMITIVES]


def endpoint_sources() -> list[ast.FunctionDef]:
    classes = [
        node
        for module in (account_endpoints, endpoints)
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ClassDef) and node.name in {"AccountEndpoints", "AbstractRawApi"}
    ]
    methods = [node for cls in classes for node in cls.body if isinstance(node, ast.FunctionDef)]
    return [method for method in methods if not method.name.startswith("_") and method.name not in PURE]


@pytest.mark.parametrize("endpoint", endpoint_sources(), ids=lambda endpoint: endpoint.name)
def test_an_endpoint_ends_in_one_primitive_whose_result_it_returns(endpoint: ast.FunctionDef) -> None:
    last = endpoint.body[-1]
    assert isinstance(last, ast.Return)
    assert isinstance(last.value, ast.Call)
    assert calls_of_primitives(endpoint) == [last.value.func]
    assert not [node for node in ast.walk(endpoint) if isinstance(node, ast.Try | ast.With)]


def test_the_primitives_are_those() -> None:
    # What is private besides makes no call.
    assert {name for name in vars(Primitives) if not name.startswith("__")} - {"API_VERSION", "_path_of"} == PRIMITIVES


class AwaitedRawApi(AbstractRawApi):
    """Performs calls in coroutines: the head of each is refused first, the body or page comes with the next."""

    def __init__(self, *outcomes: object) -> None:
        self._outcomes = list(outcomes)

    async def _respond(self, explain: Explanation | None = None) -> Any:
        await asyncio.sleep(0)
        outcome = self._outcomes.pop(0)
        if not isinstance(outcome, B2Error):
            return outcome
        raise (explain and explain(outcome)) or outcome

    async def _api(  # type: ignore[override]  # awaited
        self,
        base_url: str,
        endpoint: str,
        authorization: str,
        params: Mapping[str, object],
        *,
        method: str = "POST",
        version: str | None = None,
        read: Callable[[Any], object] | None = None,
        explain: Explanation | None = None,
        manner: Manner = STORAGE,
    ) -> Any:
        response = await self._respond(explain)
        return response if read is None else read(response)

    async def _post_body(  # type: ignore[override]  # awaited
        self, url: str, headers: Mapping[str, str], body: Any
    ) -> Any:
        return await self._respond()

    @asynccontextmanager
    async def _open_download(  # type: ignore[override]  # awaited
        self, url: str, headers: Mapping[str, str], *, explain: Explanation
    ) -> AsyncIterator[Any]:
        yield await self._respond(explain)

    async def _head(  # type: ignore[override]  # awaited
        self, url: str, headers: Mapping[str, str], *, download: Callable[[], Any], explain: Explanation
    ) -> Any:
        try:
            try:
                return await self._respond()
            except B2Error as error:
                if not is_without_words(error):
                    raise
            async with download() as response:
                return response
        except B2Error as error:
            raise explain(error) or error from None


def run(raw: AbstractRawApi, method: str, *args: Any, **kwargs: Any) -> Any:
    async def call() -> Any:
        return await getattr(raw, method)(*args, **kwargs)

    return asyncio.run(call())


@pytest.mark.parametrize(("method", "arguments"), [(method, arguments) for method, arguments, *_ in CALLS])
def test_json_calls_can_be_awaited(method: str, arguments: dict[str, Any]) -> None:
    assert run(AwaitedRawApi({"a": "response"}), method, API, TOKEN, **arguments) == {"a": "response"}


def test_what_is_read_of_a_response_can_be_awaited() -> None:
    raw = AwaitedRawApi({"eventNotificationRules": []}, {"eventNotificationRules": []})
    assert run(raw, "get_bucket_notification_rules", API, TOKEN, "b") == []
    assert run(raw, "set_bucket_notification_rules", API, TOKEN, "b", []) == []


def test_uploads_can_be_awaited() -> None:
    raw = AwaitedRawApi("file", "part")
    assert run(raw, "upload_file", API, TOKEN, "n", 0, "c", "sha1", {}, io.BytesIO()) == "file"
    assert run(raw, "upload_part", API, TOKEN, 1, 0, "sha1", io.BytesIO()) == "part"


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["headers"], "headers"),
        ([UnknownError(""), "headers of a download"], "headers of a download"),
        ([ResourceNotFound()], FileOrBucketNotFound),
        ([UnknownError(""), ResourceNotFound()], FileOrBucketNotFound),
        ([UnknownError(""), AccessDenied()], SSECKeyError),
    ],
)
def test_a_look_up_by_name_can_be_awaited(outcomes: list[object], expected: Any) -> None:
    raw = AwaitedRawApi(*outcomes)
    if isinstance(expected, str):
        assert run(raw, "get_file_info_by_name", API, TOKEN, "b", "n") == expected
    else:
        with pytest.raises(expected):
            run(raw, "get_file_info_by_name", API, TOKEN, "b", "n")


def test_a_refusal_is_explained_to_who_awaits() -> None:
    with pytest.raises(SSECKeyError):
        run(AwaitedRawApi(AccessDenied()), "copy_file", API, TOKEN, "f", "n")
