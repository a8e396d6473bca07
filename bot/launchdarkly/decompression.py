"""Decompress an answer step by step, so that a small one that holds a huge one is noticed before it is unpacked."""

import zlib
from collections.abc import Iterator

GZIP = zlib.MAX_WBITS | 16
STEP = 65_536  # bytes; zlib itself needs twice as many while it puts them together


class Gzip:
    """A gzip stream, which may be several in a row (RFC 1952, 2.2). What is damaged raises zlib.error."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(GZIP)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what *data* adds, in steps of bounded size; who has seen enough stops in between."""
        self._begun = self._begun or bool(data)
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(GZIP)
            yield self._member.decompress(data, STEP)
            data = self._member.unused_data or self._member.unconsumed_tail

    def close(self) -> None:
        """Check that the stream is whole."""
        if self._begun and not self._member.eof:
            raise zlib.error("the stream ends too early")


class Plain:
    """A stream that isn't compressed."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def close(self) -> None: ...
