"""HTTP/1.1 over a socket, as far as the contract needs it: a thread per connection, bounded heads and bodies, and a time
limit for each request. Nothing in here knows the contract's endpoints; `server.py` does."""

import contextlib
import re
import socket
import threading
import time

HEAD_MAX_BYTES = 16_384
REQUEST_MAX_SECONDS = 15
IDLE_MAX_SECONDS = 5
CONNECTIONS_MAX = 200
# An unread body is thrown away up to here, so that the client reads the refusal instead of a reset connection.
DISCARD_MAX_BYTES = 1_048_576

REASONS = {
    200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 413: "Content Too Large", 415: "Unsupported Media Type",
    429: "Too Many Requests", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
    503: "Service Unavailable",
}  # fmt: skip


class Problem(Exception):
    """A request that cannot be read. `code` is the contract's; `request` holds the part of the head that arrived."""

    def __init__(self, code, request=None):
        super().__init__(code)
        self.code = code
        self.request = request


class TooLarge(Exception):
    """A body with more bytes than were asked for."""


class Request:
    """A request whose body has not been read yet. Header names are lower-case; a header that arrives twice is joined by
    a comma and a space, so that nobody takes the first or the last of two by accident."""

    def __init__(self, connection, head, address):
        self.connection = connection
        self.address = address
        lines = head.split("\r\n")
        words = lines[0].split(" ")
        self.method, self.target, self.version = words if len(words) == 3 else ("", "/", "")
        self.path = self.target.split("?", 1)[0]
        self.headers = {}
        self.is_well_formed = re.fullmatch(r"HTTP/1\.[01]", self.version) is not None
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
                self.is_well_formed = False
                continue
            name, value = name.lower(), value.strip(" \t")
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value
        self.is_body_read = False

    def header(self, name):
        return self.headers.get(name)

    def check_framing(self):
        """Refuses what two programs could read in two ways (RFC 9112, section 6.3)."""
        length, coding = self.header("content-length"), self.header("transfer-encoding")
        is_framed = length is None or re.fullmatch(r"[0-9]+", length)
        if not self.is_well_formed or not is_framed or (length is not None and coding is not None):
            raise Problem("BAD_REQUEST", self)
        if coding is not None and coding.lower() != "chunked":
            raise Problem("BAD_REQUEST", self)
        if self.version == "HTTP/1.1" and "host" not in self.headers:
            raise Problem("BAD_REQUEST", self)
        self.is_body_read = coding is None and int(length or 0) == 0

    def read_body(self, limit):
        """Returns the body's bytes.

        Raises TooLarge as soon as the declared or the counted size is over `limit`, without reading further."""
        length = int(self.header("content-length") or 0)
        if length > limit:
            raise TooLarge
        if self.is_body_read:
            return b""
        if (self.header("expect") or "").lower() == "100-continue":
            self.connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.header("transfer-encoding") is None:
            body = self.connection.read(length, self)
        else:
            body = self._read_chunks(limit)
        self.is_body_read = True
        return body

    def _read_chunks(self, limit):
        body = b""
        while True:
            size_text = self.connection.read_line(self).split(";", 1)[0].strip()
            if not re.fullmatch(r"[0-9A-Fa-f]{1,8}", size_text):
                raise Problem("BAD_REQUEST", self)
            size = int(size_text, 16)
            if len(body) + size > limit:
                raise TooLarge
            if size == 0:
                while self.connection.read_line(self) != "":
                    pass
                return body
            body += self.connection.read(size, self)
            if self.connection.read_line(self) != "":
                raise Problem("BAD_REQUEST", self)


class Connection:
    """One client's socket, and what has arrived from it and was not read yet."""

    def __init__(self, sock, address, respond):
        self.sock = sock
        self.address = address
        self.respond = respond
        self.buffer = b""
        self.deadline = 0.0

    def write(self, data):
        self.sock.settimeout(REQUEST_MAX_SECONDS)
        self.sock.sendall(data)

    def _receive(self, request):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Problem("REQUEST_TIMEOUT", request)
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(65_536)
        except TimeoutError:
            raise Problem("REQUEST_TIMEOUT", request) from None
        if not data:
            raise ConnectionError("the client has closed the connection")
        self.buffer += data

    def read(self, size, request):
        while len(self.buffer) < size:
            self._receive(request)
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def read_line(self, request):
        while b"\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_MAX_BYTES:
                raise Problem("BAD_REQUEST", request)
            self._receive(request)
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("latin-1")

    def read_request(self):
        """Returns the next request, or None if the client sends no other."""
        self.deadline = time.monotonic() + IDLE_MAX_SECONDS
        while not self.buffer.strip(b"\r\n"):
            try:
                self._receive(None)
            except (Problem, OSError):
                return None
        self.buffer = self.buffer.lstrip(b"\r\n")
        self.deadline = time.monotonic() + REQUEST_MAX_SECONDS
        while True:
            head, is_whole, rest = self.buffer.partition(b"\r\n\r\n")
            partial = Request(self, head[:HEAD_MAX_BYTES].decode("latin-1"), self.address)
            if len(head) > HEAD_MAX_BYTES:
                raise Problem("HEADERS_TOO_LARGE", partial)
            if is_whole:
                break
            self._receive(partial)
        self.buffer = rest
        partial.check_framing()
        return partial

    def serve(self):
        """Answers requests until either side has had enough."""
        with contextlib.suppress(OSError), self.sock:
            is_open = True
            while is_open:
                try:
                    request = self.read_request()
                    if request is None:
                        return
                    status, headers, body = self.respond(request, None)
                except Problem as problem:
                    request = problem.request or Request(self, "", self.address)
                    request.is_body_read = False
                    status, headers, body = self.respond(request, problem.code)
                is_open = request.is_body_read and request.version == "HTTP/1.1"
                is_open = is_open and "close" not in (request.header("connection") or "").lower()
                lines = [f"HTTP/1.1 {status} {REASONS[status]}", *(f"{name}: {value}" for name, value in headers.items())]
                if status != 204:
                    lines.append(f"Content-Length: {len(body)}")
                lines.append(f"Connection: {'keep-alive' if is_open else 'close'}")
                head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
                self.write(head + (b"" if request.method == "HEAD" or status == 204 else body))
            self._discard()

    def _discard(self):
        self.sock.shutdown(socket.SHUT_WR)
        self.sock.settimeout(1)
        for _ in range(DISCARD_MAX_BYTES // 65_536):
            if not self.sock.recv(65_536):
                return


def listen(host, port, respond):
    """Serves until the returned function is called, which lets the requests in flight end.

    `respond(request, problem)` returns status, headers and body; `problem` is a code if the request cannot be read."""
    server = socket.create_server((host, port), backlog=128)
    free = threading.BoundedSemaphore(CONNECTIONS_MAX)
    threads = set()
    is_stopping = threading.Event()

    def serve(sock, address):
        try:
            Connection(sock, address, respond).serve()
        finally:
            threads.discard(threading.current_thread())
            free.release()

    def accept():
        while not is_stopping.is_set():
            free.acquire()
            try:
                sock, (address, *_) = server.accept()
            except OSError:
                free.release()
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=serve, args=(sock, address), daemon=True)
            threads.add(thread)
            thread.start()

    threading.Thread(target=accept, daemon=True).start()

    def stop():
        is_stopping.set()
        server.close()
        deadline = time.monotonic() + 10
        for thread in list(threads):
            thread.join(max(0, deadline - time.monotonic()))

    return server.getsockname()[1], stop
