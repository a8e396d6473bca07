"""Decompress a body step by step, so that a decompression bomb is noticed before it has expanded."""

import zlib
from collections.abc import Iterator

GZIP_WBITS = zlib.MAX_WBITS | 16
MAX_CHUNK_BYTES = 65_536  # zlib itself needs twice as much while it assembles a chunk


class GzipStream:
    """A gzip stream, which may have several members (RFC 1952, 2.2). Damaged data raises zlib.error."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(GZIP_WBITS)
        self._has_data = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decompress *data* in chunks of bounded size; the caller may stop in between."""
        self._has_data = self._has_data or bool(data)
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(GZIP_WBITS)
            yield self._member.decompress(data, MAX_CHUNK_BYTES)
            data = self._member.unused_data or self._member.unconsumed_tail

    def close(self) -> None:
        """Check that the stream is complete."""
        if self._has_data and not self._member.eof:
            raise zlib.error("the stream ends too early")


class PlainStream:
    """A stream that isn't compressed."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def close(self) -> None: ...
