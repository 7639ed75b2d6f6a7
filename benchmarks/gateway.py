"""The gateway beside a bare pass-through and litellm's proxy: what a request through each adds."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from benchmarks.lab import ROOT, Lab
from unified_checkout.gateway.tokens import digest_of
from unified_checkout.sandbox import Sandbox

TOKEN = "ucgw_obviously_fake"
PATH = "/v1/checkout/sessions"
LITELLM_KEY = "sk-obviously-fake-key-of-the-benchmark"
CLIENTS = 200
RATE = 50
"""Requests a second that two workers may send together."""
PASS_THROUGH = """
import sys
import httpx, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

client = httpx.AsyncClient(base_url=sys.argv[2])

async def passed(request):
    headers = {"authorization": request.headers["authorization"]}
    answer = await client.get(request.url.path, params=request.query_params, headers=headers)
    return Response(answer.content, answer.status_code, {"content-type": "application/json"})

uvicorn.run(
    Starlette(routes=[Route("/v1/checkout/sessions", passed)]),
    port=int(sys.argv[1]), http="httptools", log_level="error", access_log=False,
)
"""
SETTINGS = """
[accounts.us]
provider = "stripe"
api_key = "sk_test_obviously_fake"
base_url = "{stub}"
requests_per_second = inf

[gateway]
metrics = "off"

[gateway.tokens.bench]
sha256 = "{digest}"
accounts = ["us"]
buyers = true
pages = true
"""
LITELLM = """
general_settings:
  master_key: "{key}"
  pass_through_endpoints:
    - path: "/v1/checkout/sessions"
      target: "{stub}/v1/checkout/sessions"
      headers:
        Authorization: "Bearer sk_test_obviously_fake"
"""


def gateway(lab: Lab) -> None:
    """A page through the gateway, a bare pass-through and litellm's proxy, taking turns."""
    stub = lab.address("stripe", lab.scale.few)
    full = lab.scale.rounds > 3
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = {"direct": urlsplit(stub).port or 80}
        ports["pass-through"] = stack.enter_context(_pass_through(stub))
        ours, process = stack.enter_context(_gateway(stub, folder))
        ports["gateway"] = ours
        if (port := stack.enter_context(_litellm(stub, folder))) is not None:
            ports["litellm"] = port
        for rows, reach in ((10, 1.5), (100, 4.0)):
            spent = _timed(ports, rows, 400 if full else 60)
            found = {name: median(times) for name, times in spent.items()}
            for name, seconds in found.items():
                figures = {"p50 ms": seconds * 1e3, "added": (seconds - found["direct"]) * 1e3}
                least = min(spent[name]) * 1e3
                lab.line(f"gateway, {rows} rows", name, **figures, **{"least ms": least})
            over = (found["gateway"] - found["pass-through"]) * 1e3
            lab.verdict(f"ms at p50 over a pass-through, {rows} rows", over, reach)
            if "litellm" in found:
                ratio = (found["gateway"] - found["direct"]) / (found["litellm"] - found["direct"])
                lab.verdict(f"added by the gateway / by litellm, {rows} rows", ratio, 1.0)
        failed = asyncio.run(_together(ours, CLIENTS, 5))
        lab.verdict(f"requests of {CLIENTS} clients at once that failed", failed, 0)
        many = 50_000 if full else 2_000
        asyncio.run(_together(ours, 8, many // 80))
        before = _resident(process.pid)
        asyncio.run(_together(ours, 8, many // 8))
        after = _resident(process.pid)
        lab.line("gateway, memory", f"{many} requests", **{"before MB": before, "after": after})
        lab.verdict(f"memory after {many} requests / before", after / before, 1.05)


def workers(lab: Lab) -> None:
    """The rate that two worker processes keep to together, at a provider that refuses any more."""
    times: list[float] = []
    with (
        Sandbox(sessions=20, providers=["leanrails"], requests_per_second=RATE) as sandbox,
        tempfile.TemporaryDirectory() as folder,
    ):
        sandbox.on_request("leanrails", lambda _: times.append(time.monotonic()))
        config, port, metrics = Path(folder) / "checkout.toml", _free_port(), _free_port()
        token = f'[gateway.tokens.bench]\nsha256 = "{digest_of(TOKEN)}"\n'
        config.write_text(f'{sandbox.config_toml()}\n{token}accounts = ["leanrails"]\n')
        command = [sys.executable, "-m", "unified_checkout", "gateway", "--config", str(config)]
        command += ["--listen", f"127.0.0.1:{port}", "--metrics", f"127.0.0.1:{metrics}"]
        with _process([*command, "--workers", "2"], port, XDG_CACHE_HOME=folder):
            failed = asyncio.run(_together(port, 16, 10 if lab.scale.rounds <= 3 else 40))
            with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics") as told:
                counted = re.findall(
                    r'upstream_requests_total{.*outcome="(\dxx)"} ', told.read().decode()
                )
    rate = (len(times) - 1) / (times[-1] - times[0])
    lab.line("gateway, two workers", f"{RATE} a second", requests=len(times), a_second=rate)
    lab.verdict(
        "two workers: requests that failed, or were refused", failed + (counted != ["2xx"]), 0
    )


def _timed(ports: dict[str, int], rows: int, rounds: int) -> dict[str, list[float]]:
    """The seconds that each took, asked in turns over a connection of its own."""
    lines = {name: http.client.HTTPConnection("127.0.0.1", port) for name, port in ports.items()}
    spent: dict[str, list[float]] = {name: [] for name in ports}
    for number in range(rounds + 20):
        for name, line in lines.items():
            began = time.perf_counter()
            try:
                line.request("GET", f"{PATH}?limit={rows}", headers=_headers(name))
                answer = line.getresponse()
                body = answer.read()
            except http.client.RemoteDisconnected:
                line.close()  # an idle connection was given up; the next request opens another
                continue
            if answer.status != 200:
                raise RuntimeError(f"{name}: HTTP {answer.status}: {body[:300]!r}")
            if number >= 20:
                spent[name].append(time.perf_counter() - began)
    for line in lines.values():
        line.close()
    return spent


def _headers(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {LITELLM_KEY if name == 'litellm' else TOKEN}"}


async def _together(port: int, clients: int, requests: int) -> int:
    """How many requests of clients that ask at once were not answered with 200."""

    async def ask() -> int:
        failed = 0
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = (
            f"GET {PATH}?limit=10 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        )
        for _ in range(requests):
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            [length] = [
                int(line[15:])
                for line in head.decode().split("\r\n")
                if line.lower().startswith("content-length:")
            ]
            await reader.readexactly(length)
            failed += not head.startswith(b"HTTP/1.1 200")
        writer.close()
        return failed

    return sum(await asyncio.gather(*(ask() for _ in range(clients))))


def _resident(pid: int) -> float:
    """Megabytes of memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def _pass_through(stub: str) -> Iterator[int]:
    port = _free_port()
    with _process([sys.executable, "-c", PASS_THROUGH, str(port), stub], port):
        yield port


@contextmanager
def _gateway(stub: str, folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port, config = _free_port(), folder / "checkout.toml"
    config.write_text(SETTINGS.format(stub=stub, digest=digest_of(TOKEN)))
    command = [sys.executable, "-m", "unified_checkout", "gateway", "--config", str(config)]
    with _process([*command, "--listen", f"127.0.0.1:{port}"], port) as process:
        yield port, process


@contextmanager
def _litellm(stub: str, folder: Path) -> Iterator[int | None]:
    """litellm's proxy, if ``UNIFIED_CHECKOUT_LITELLM`` or the path names its command."""
    program = os.environ.get("UNIFIED_CHECKOUT_LITELLM") or shutil.which("litellm")
    if program is None:
        yield None
        return
    port, config = _free_port(), folder / "litellm.yaml"
    config.write_text(LITELLM.format(stub=stub, key=LITELLM_KEY))
    with _process([program, "--config", str(config), "--port", str(port)], port):
        yield port


@contextmanager
def _process(
    command: list[str], port: int, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that listens at a port, until the end."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(1200):
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended with {process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
