"""Another real tus server on loopback, in Python: what one server forgives the other may refuse.

``python -m tests.ship.python_server FOLDER PORT`` is the server itself.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator

from .server import Arrived, TusServer


class PythonTusServer(TusServer):
    """`tuspyserver`."""

    def argv(self) -> list[str]:
        return [sys.executable, "-m", __name__, str(self.store), str(self.port)]

    def kill(self) -> None:
        """Let it end what it is at: killed, version 4.4.3 has written more than it counts, and appends that twice."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait()
        super().kill()

    def sheets(self) -> Iterator[Arrived]:
        for sheet in sorted(self.store.glob("*.info")):
            document = json.loads(sheet.read_text())
            yield Arrived(sheet.with_suffix(""), document["size"], document["metadata"])


def main(folder: str, port: str) -> None:
    """Serve until killed; the first line on standard output tells the port."""
    import uvicorn
    from fastapi import FastAPI
    from tuspyserver import create_tus_router

    app = FastAPI()
    app.include_router(create_tus_router(prefix="files", files_dir=folder))
    listening = socket.create_server(("127.0.0.1", int(port)))
    sys.stdout.write(f"port {listening.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
