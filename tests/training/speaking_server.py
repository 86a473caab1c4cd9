"""A small HTTP server that speaks ``/v1/completions``, and misbehaves on request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# (status, body): what to answer; None = say nothing for a while
Reply = tuple[int, str] | None
Script = Callable[[dict[str, Any], int], Reply]


def completions(body: dict[str, Any]) -> str:
    """A well-formed answer: each choice echoes the prompt, its index and the seed."""
    choices = [
        {
            "index": index,
            "text": f"{body['prompt']}|{index}|{body['seed']}",
            "finish_reason": "stop",
        }
        for index in reversed(range(body["n"]))
    ]
    return json.dumps({"choices": choices})


class Server:
    """``requests`` are the bodies received; ``headers`` those of the last request."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.busy = self.most_busy = 0
        self.lock = threading.Lock()
        self.url = ""
        self.models: list[str] = []
        self.more_headers: dict[str, str] = {}
        self.roots: dict[str, str] = {}  # by model: the folder it says it loaded, as vLLM does


@contextmanager
def serving(script: Script | None = None) -> Iterator[Server]:
    """``script(body, number of the request from 0)`` decides each answer."""
    server = Server(script or (lambda body, _: (200, completions(body))))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            rows = [{"id": name, "root": server.roots.get(name)} for name in server.models]
            self._send(200, json.dumps({"data": rows} if self.path == "/v1/models" else {}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with server.lock:
                number = len(server.requests)
                server.requests.append({**body, "path": self.path})
                server.headers = dict(self.headers)
                server.busy += 1
                server.most_busy = max(server.most_busy, server.busy)
            reply = server.script(body, number)
            with server.lock:
                server.busy -= 1
            if reply is None:
                time.sleep(0.5)
                return
            self._send(*reply)

        def _send(self, status: int, text: str) -> None:
            self.send_response(status)
            for name, value in server.more_headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: Any) -> None:
            return

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
