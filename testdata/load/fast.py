"""A service that answers in a millisecond, keeps connections alive, and finishes what it has begun when it stops."""

import asyncio
import os
import signal

DELAY = 0.001
PAGE = os.environ.get("GENERATION", "0").encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)


class Connection(asyncio.Protocol):
    """One client: one request at a time, in order."""

    living = set()

    def connection_made(self, transport):
        self.transport, self.received, self.busy = transport, b"", False
        self.living.add(self)

    def connection_lost(self, error):
        self.living.discard(self)

    def data_received(self, data):
        self.received += data
        self.begin()

    def begin(self):
        """Begin the next request if it is here whole."""
        head, end, rest = self.received.partition(b"\r\n\r\n")
        lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0]) if lengths else 0
        if end and len(rest) >= length and not self.busy:
            self.received, self.busy = rest[length:], True
            asyncio.get_running_loop().call_later(DELAY, self.answer)

    def answer(self):
        self.busy = False
        if not self.transport.is_closing():
            self.transport.write(ANSWER)
            self.begin()


async def main():
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(Connection, "0.0.0.0", 8000, backlog=1024)
    await stopped.wait()
    server.close()
    while any(connection.busy for connection in Connection.living):
        await asyncio.sleep(0.01)


asyncio.run(main())
