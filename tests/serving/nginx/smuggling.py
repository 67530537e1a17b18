"""Requests that two servers could read differently: lengths, codings, chunks, lines; each with another one inside."""

from collections.abc import Iterator

from tests.serving.nginx.http2 import DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, Field, frame, packed

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: hidden\r\n\r\n"
CODINGS = (
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding:chunked",
    b"TRANSFER-ENCODING: CHUNKED",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding\t: chunked",
    b" Transfer-Encoding: chunked",
    b"\tTransfer-Encoding: chunked",
    b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding: chunked ",
    b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: \x00chunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunke",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: chunked;q=1",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding:\r\n chunked",
    b"X: y\r\n Transfer-Encoding: chunked",
    b"X: y\nTransfer-Encoding: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"X: y\x00\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding\r\n: chunked",
    b"Transfer_Encoding: chunked",
    b"Transfer-Encoding\x00: chunked",
    b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
    b"Connection: Content-Length\r\nTransfer-Encoding: chunked",
)
LENGTHS = (
    b"Content-Length: %d\r\nContent-Length: 0",
    b"Content-Length: 0\r\nContent-Length: %d",
    b"Content-Length: %d\r\nContent-Length: %d",
    b"Content-Length: 0, %d",
    b"Content-Length: +%d",
    b"Content-Length: -%d",
    b"Content-Length: 0x%d",
    b"Content-Length: %d;",
    b"Content-Length: %d.0",
    b"Content-Length: 1e1",
    b"Content-Length: \x00%d",
    b"Content-Length: \x0b%d",
    b"Content-Length: 0\x0b%d",
    b"Content-Length : %d",
    b"Content-Length\t: %d",
    b" Content-Length: %d",
    b"Content_Length: %d",
    b"Content-Length:\r\n %d",
    b"X: y\nContent-Length: %d",
    b"X: y\rContent-Length: %d",
    b"Content-Length: 0\nContent-Length: %d",
    b"Content-Length: 18446744073709551616",
    b"Content-Length: 00000000000000000000000000000000%d",
    b"Content-Length: \xd9\xa5",
    b"Content-Length:",
    b"Connection: Content-Length\r\nContent-Length: %d",
    b"Connection: close, Content-Length\r\nContent-Length: %d",
    b"Expect: 100-continue\r\nContent-Length: %d",
    b"Expect: 100-continuex\r\nContent-Length: %d",
)
CHUNKS = (
    b"%x\r\n%b\r\n0\r\n\r\n",
    b"0%x\r\n%b\r\n0\r\n\r\n",
    b"0x%x\r\n%b\r\n0\r\n\r\n",
    b"+%x\r\n%b\r\n0\r\n\r\n",
    b"-%x\r\n%b\r\n0\r\n\r\n",
    b" %x\r\n%b\r\n0\r\n\r\n",
    b"%x \r\n%b\r\n0\r\n\r\n",
    b"%x;a=b\r\n%b\r\n0\r\n\r\n",
    b'%x;a="b\r\n"\r\n%b\r\n0\r\n\r\n',
    b"%x;\n%b\r\n0\r\n\r\n",
    b"%x;a\r%b\r\n0\r\n\r\n",
    b"%x\n%b\r\n0\r\n\r\n",
    b"%x\r%b\r\n0\r\n\r\n",
    b"%x\r\n%b0\r\n\r\n",
    b"%x\r\n%b\n0\n\n",
    b"1\r\nZ%b\r\n0\r\n\r\n%.0x",
    b"ffffffffffffffff%x\r\n%b\r\n0\r\n\r\n",
    b"1000000000000000%x\r\n%b\r\n0\r\n\r\n",
    b"%x_\r\n%b\r\n0\r\n\r\n",
    b"g%x\r\n%b\r\n0\r\n\r\n",
    b"\r\n%x\r\n%b\r\n0\r\n\r\n",
)
ENDS = (
    b"0\r\nX: y\r\n\r\n",
    b"0\r\nContent-Length: 500\r\n\r\n",
    b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"0\r\nHost: evil.example\r\n\r\n",
    b"0\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"0\r\nX: y\n\n",
    b"0\n\n",
    b"00000\r\n\r\n",
    b"0;a=b\r\n\r\n",
    b"0\r\n",
    b"0\r\n X: y\r\n\r\n",
)
LINES = (
    b"GET /front HTTP/1.1\nHost: localhost\n\n",
    b"GET /front HTTP/1.1\rHost: localhost\r\r",
    b"GET /front HTTP/1.1\r\nHost: localhost\r\n \r\n",
    b"GET /front HTTP/1.1\r\nHost: localhost\r\nX:\r\n\r\n",
    b"GET /front HTTP/1.1\r\nHost: localhost\r\nX: " + HIDDEN,
    b"GET /front HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN),
    b"GET /front HTTP/1.1 HTTP/1.0\r\nHost: localhost\r\n\r\n",
    b"GET /front\r\n",
    b"GET /front HTTP/0.9\r\n\r\n",
    b"GET /front HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /front HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    b"GET  /front HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET\t/front\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /front\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /front%0d%0a%0d%0aGET%20/hidden%20HTTP/1.1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /front%20HTTP/1.1%0d%0aHost:%20x%0d%0a%0d%0a HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://evil.example/front HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://localhost/front HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET /front HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"GET /front HTTP/1.1\r\nHost: localhost\r\n Host: evil.example\r\n\r\n",
    b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /front HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
    b"GET /front HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 777\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"HEAD /front HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN),
    b"GET /front HTTP/1.1\r\nHost: localhost\r\nX: \xff\xfe\r\n\r\n",
    b"GET /front HTTP/1.1\r\nHost: localhost\r\nTrailer: Content-Length\r\n\r\n",
)


def corpus() -> Iterator[bytes]:
    head = b"POST /front HTTP/1.1\r\nHost: localhost\r\n"
    end = b"0\r\n\r\n" + HIDDEN
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
    for coding in CODINGS:
        yield head + b"Content-Length: %d\r\n" % len(end) + coding + b"\r\n\r\n" + end
        yield head + coding + b"\r\nContent-Length: 4\r\n\r\n" + chunk
    for length in LENGTHS:
        count = length.count(b"%d")
        yield head + length % ((len(HIDDEN),) * count) + b"\r\n\r\n" + HIDDEN
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    for form in CHUNKS:
        body = form % (HIDDEN, 0) if form.startswith(b"1\r\nZ") else form % (len(HIDDEN), HIDDEN)
        yield chunked + body
    for last in ENDS:
        yield chunked + b"1\r\nx\r\n" + last + HIDDEN
    for line in LINES:
        yield line + HIDDEN


def frames(headers: list[Field], data: bytes) -> bytes:
    """A request in HTTP/2, as it is."""
    start = PREFACE + frame(SETTINGS, 0, 0, b"")
    return start + frame(HEADERS, END_HEADERS, 1, packed(headers)) + frame(DATA, END_STREAM, 1, data)


def corpus_2() -> Iterator[bytes]:
    """What turns into another request when HTTP/2 is written down as HTTP/1.1."""
    pseudo = {b":method": b"POST", b":scheme": b"https", b":authority": b"localhost", b":path": b"/front"}
    broken = b"x\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
    extra = (
        (b"content-length", b"0"),
        (b"content-length", b"4"),
        (b"content-length", b"1000"),
        (b"transfer-encoding", b"chunked"),
        (b"connection", b"transfer-encoding"),
        (b"x", broken),
        (b"x\r\ntransfer-encoding", b"chunked"),
        (b"x: y\r\ncontent-length", b"0"),
        (b"host", b"evil.example"),
        (b"Content-Length", b"0"),
        (b"content-length ", b"0"),
        (b":path", b"/hidden"),
        (b"upgrade", b"h2c"),
        (b"x", b"y\0z"),
        (b"x", b"y\nContent-Length: 0"),
    )
    for one in extra:
        yield frames([*pseudo.items(), one], b"0\r\n\r\n" + HIDDEN)
    for name, value in (
        (b":path", b"/front HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hidden"),
        (b":path", b"/front\r\n"),
        (b":path", b"front"),
        (b":method", b"GET /hidden HTTP/1.1\r\nX:"),
        (b":method", b"GET "),
        (b":authority", b"localhost\r\nX: y"),
        (b":scheme", b"https://evil.example/hidden?"),
    ):
        yield frames([*(pseudo | {name: value}).items()], HIDDEN)
