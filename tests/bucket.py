"""As much of S3 as is asked of it: objects are put, also in parts, read by range, and deleted."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import md5
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

ACCESS_KEY: Final = "the-key-of-the-test"


class Bucket:
    """`objects` by path; `asked`: what was asked, each as its method and path. `is_away`: nothing works."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.is_away = False
        self._parts: dict[str, dict[int, bytes]] = {}
        self._numbers = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split(" ", 2)
                headers: dict[str, str] = {}
                while (said := (await reader.readline()).decode().strip()) != "":
                    name, _, value = said.partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, answered, more = self._answer(method, target, headers, body)
                named = {"Content-Length": str(len(answered)), **more}
                head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
                writer.write(f"HTTP/1.1 {status} .\r\n{head}\r\n".encode())
                writer.write(b"" if method == "HEAD" else answered)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    def _answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes, dict[str, str]]:
        address = urlsplit(target)
        path, query = unquote(address.path), parse_qs(address.query, keep_blank_values=True)
        self.asked.append(f"{method} {path}")
        if self.is_away:
            return 403, b"<Error><Code>AccessDenied</Code></Error>", {}
        assert ACCESS_KEY in headers["authorization"], "unsigned"
        match method:
            case "POST" if "uploads" in query:
                id = str(next(self._numbers))
                self._parts[id] = {}
                return 200, _in_xml("InitiateMultipartUploadResult", f"<UploadId>{id}</UploadId>"), {}
            case "PUT" if "uploadId" in query:
                self._parts[query["uploadId"][0]][int(query["partNumber"][0])] = body
                return 200, b"", _tagged(body)
            case "POST" if "uploadId" in query:
                parts = self._parts.pop(query["uploadId"][0])
                self.objects[path] = b"".join(parts[number] for number in sorted(parts))
                return 200, _in_xml("CompleteMultipartUploadResult", "<ETag>x</ETag>"), {}
            case "POST" if "delete" in query:
                gone = re.findall(r"<Key>(.+?)</Key>", body.decode())
                for key in gone:
                    self.objects.pop(f"{path}/{key}", None)
                said = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in gone)
                return 200, _in_xml("DeleteResult", said), {}
            case "PUT":
                self.objects[path] = body
                return 200, b"", _tagged(body)
            case "GET" | "HEAD" if path in self.objects:
                return _in_part(self.objects[path], headers.get("range"))
        return 404, b"<Error><Code>NoSuchKey</Code></Error>", {}


def _in_xml(name: str, inside: str) -> bytes:
    return f"<{name}>{inside}</{name}>".encode()


def _in_part(content: bytes, asked: str | None) -> tuple[int, bytes, dict[str, str]]:
    more = {**_tagged(content), "Last-Modified": "Tue, 24 Nov 2026 08:00:00 GMT"}
    if asked is None:
        return 200, content, more
    start, end = (int(each) for each in asked.removeprefix("bytes=").split("-"))
    piece = content[start : end + 1]
    more["Content-Range"] = f"bytes {start}-{start + len(piece) - 1}/{len(content)}"
    return 206, piece, more


def _tagged(content: bytes) -> dict[str, str]:
    return {"ETag": f'"{md5(content, usedforsecurity=False).hexdigest()}"'}


@asynccontextmanager
async def bucket_at(environment: Any) -> AsyncIterator[Bucket]:
    """A bucket, and what `environment` (`setenv`) has to say for it to be found."""
    bucket = Bucket()
    server = await asyncio.start_server(bucket.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "cn-test-1",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": "a secret of the test",
    }.items():
        environment.setenv(name, value)
    try:
        yield bucket
    finally:
        server.close()
