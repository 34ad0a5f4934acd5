"""Responses of the service, changed at one place each: what is there is missing, of another kind, or no JSON at all."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import Any, NamedTuple
from zlib import crc32

from b2sdk.exception import BadRequest
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.v3 import HttpCallback

Place = tuple[Any, ...]
MISSING = ""
VALUES = [
    MISSING,
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1",
    "1.5",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "9223372036854775808",
    "253402300800000",
    "-62135596800001",
    "9" * 400,
    '""',
    '"x"',
    '"1"',
    '"None"',
    r'"\n"',
    r'"\u0000"',
    r'"\ud800"',
    '"\N{LATIN SMALL LETTER E WITH ACUTE}"',
    '"../../x"',
    '"/"',
    f'"{"9" * 400}"',
    '"http://127.0.0.1:1/x"',
    '"http://["',
    "[]",
    "[null]",
    "[1]",
    '["x"]',
    "[[]]",
    "[{}]",
    "{}",
    '{"a": 1}',
    '{"": null}',
    '{"value": 1, "isClientAuthorizedToRead": true}',
    "[" * 60 + "]" * 60,
]
"""As JSON, apart from the first and what no JSON is."""
BODIES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _body: b"",
    "null": lambda _body: b"null",
    "a list": lambda body: b"[" + body + b"]",
    "a text": lambda _body: b'"x"',
    "half of it": lambda body: body[: len(body) // 2],
    "all but the end": lambda body: body.rstrip()[:-1],
    "more behind it": lambda body: body + b"}",
    "twice": lambda body: body + body,
    "behind a mark": lambda body: b"\xef\xbb\xbf" + body,
    "in UTF-16": lambda body: body.decode().encode("utf-16"),
    "no UTF-8": lambda body: body.replace(b'": "', b'": "\xff', 1),
    "a raw surrogate": lambda body: body.replace(b'": "', b'": "\xed\xa0\x80', 1),
    "a control character": lambda body: body.replace(b'": "', b'": "\x01', 1),
    "another value for each field first": lambda body: re.sub(rb'("\w+"):', rb"\1: 1, \1:", body),
    "another value for each field behind": lambda body: re.sub(
        rb"\}\s*$", b', "files": 1, "fileId": [], "keys": {}}', body
    ),
    "an empty member": lambda body: re.sub(rb"\}\s*$", b",}", body),
    "no commas": lambda body: body.replace(b",", b" "),
    "nested too deep": lambda _body: b'{"files": ' + b"[" * 100_000,
    "nested too deep, and whole": lambda _body: b'{"files": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


class Mutation(NamedTuple):
    """One change of the responses of one endpoint."""

    endpoint: str
    place: Place
    """The way to the value; ``()`` is the whole."""
    value: str
    """What is there instead, as JSON."""

    def __str__(self) -> str:
        value = self.value if len(self.value) < 50 else f"{self.value[:20]}..."
        return f"{self.endpoint}: {'.'.join(map(str, self.place)) or 'all'} {value or 'missing'}"

    def text(self, response: Any) -> str:
        """Return the changed response as JSON; one that has no such place stays as it is."""
        whole = json.loads(json.dumps(response, default=list))
        inside, mark = whole, "the place"
        for key in self.place[:-1]:
            inside = _inside(inside, key)
        if not self.place:
            return self.value or "{}"
        if _inside(inside, self.place[-1]) is not None or (isinstance(inside, dict) and self.place[-1] in inside):
            if self.value == MISSING:
                del inside[self.place[-1]]
            else:
                inside[self.place[-1]] = mark
        return json.dumps(whole).replace(f'"{mark}"', self.value)


def _inside(value: Any, key: Any) -> Any:
    try:
        return value[key]
    except (LookupError, TypeError):
        return None


def places(response: Any, here: Place = ()) -> Iterator[Place]:
    """Yield the way to every value in a response; of a list, to its first entry."""
    yield here
    if isinstance(response, dict):
        for key in response:
            yield from places(response[key], (*here, key))
    elif isinstance(response, list) and response:
        yield from places(response[0], (*here, 0))


def mutations(responses: dict[str, Any], per_place: float) -> Iterator[Mutation]:
    """Yield the changes of some responses, so many for each place, of which each place has others.

    Less than one are as many in the mean.
    """
    for endpoint, response in responses.items():
        for place in places(json.loads(json.dumps(response, default=list))):
            first = crc32(repr((endpoint, place)).encode())
            if first % 1000 < 1000 * per_place:
                for number in range(min(ceil(per_place), len(VALUES))):
                    yield Mutation(endpoint, place, VALUES[(first + number) % len(VALUES)])


class NeverEnds(Exception):
    """The client goes on as if nothing had been asked before."""


class Interceptor:
    """Sits between a client and the service; records the responses, and changes those of one endpoint."""

    def __init__(self, most: int = 1000) -> None:
        self.responses: dict[str, Any] = {}
        """The first of each endpoint since it was switched on."""
        self.mutation: Mutation | None = None
        self.body: tuple[str, Callable[[bytes], bytes]] | None = None
        """An endpoint, and what becomes of the bytes of its responses."""
        self.is_on = False
        self._left = most

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        before, self.is_on = self.is_on, False
        yield
        self.is_on = before

    def note(self, endpoint: str, response: Any) -> None:
        self.responses.setdefault(endpoint, response)
        self._left -= 1
        if self._left < 0:
            raise NeverEnds


class InProcess(Interceptor):
    """Stands before the methods of a raw API that return a response."""

    ENDPOINTS = tuple(
        name
        for name, method in inspect.getmembers(AbstractRawApi, inspect.isfunction)
        if not name.startswith("_") and inspect.signature(method).return_annotation == "JsonObject"
    )

    def __init__(self, raw_api: Any) -> None:
        super().__init__()
        for name in self.ENDPOINTS:
            setattr(raw_api, name, self._between(name, getattr(raw_api, name)))

    def _between(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                response = method(*args, **kwargs)
            except (AssertionError, KeyError, ValueError) as error:  # its refusal of ids and tokens it never gave out
                raise BadRequest(str(error), "bad_request") from error
            if not self.is_on:
                return response
            self.note(name, response)
            if self.mutation is None or self.mutation.endpoint != name:
                return response
            return json.loads(self.mutation.text(response))

        return call


class OverHttp(Interceptor, HttpCallback):
    """Stands behind the requests of a client."""

    def post_request(self, method: str, url: str, _headers: Any, response: Any) -> None:
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        if not self.is_on or method == "HEAD" or response.status_code != 200 or not is_json:
            return
        endpoint = re.findall(r"b2_\w+", url.partition("?")[0])[0]
        self.note(endpoint, response.json())
        if self.mutation is not None and self.mutation.endpoint == endpoint:
            response._content = self.mutation.text(response.json()).encode()
        if self.body is not None and self.body[0] == endpoint:
            response._content = self.body[1](response.content)
