"""An adapter that is not finished, or broken, is told of in a line, and the others work."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from unified_checkout import AdapterFailed, BrokenProvider, Client
from unified_checkout.adapters import Adapter, load
from unified_checkout.cli.app import app
from unified_checkout.engine.support import survey
from unified_checkout.sandbox import Facts, Sandbox, faults
from unified_checkout.sandbox import sandbox as sandbox_module
from unified_checkout.sandbox.trial import readable_providers
from unified_checkout.testing.skeleton import lay_out

FINISHED = Path(__file__).parent / "acme-checkout" / "acme_checkout"
OTHERS = ["leanrails", "stripe"]
FILES = ["sandbox.py", "adapter.py", "dialect.py", "wire.py", "session.py"]
"""In the order of the steps."""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Lay out acme so far finished, with code at the end of its package, as an installer would."""

    def install(
        files: int = len(FILES), code: str = "", entry: str = "acme_checkout:AcmeAdapter"
    ) -> None:
        package = lay_out("acme", tmp_path) / "acme_checkout"
        for file in FILES[:files]:
            shutil.copy(FINISHED / file, package)
        if files == len(FILES):
            shutil.copy(FINISHED / "errors.py", package)
        with (package / "__init__.py").open("a", encoding="utf-8") as written:
            written.write(code)
        claim(tmp_path / "acme-checkout", "acme-checkout", entry)
        monkeypatch.syspath_prepend(tmp_path / "acme-checkout")
        monkeypatch.setattr(sandbox_module, "names", lambda: ["acme", *OTHERS])

    _forget()
    yield install
    _forget()


def claim(site: Path, distribution: str, entry: str) -> None:
    metadata = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[unified_checkout.providers]\nacme = {entry}\n")


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_checkout"]:
        del sys.modules[name]


def tried() -> tuple[list[str], str]:
    """Which providers can be read in a sandbox, and what is said of the one that cannot."""
    with pytest.warns(UserWarning, match="left out of the sandbox") as warned:
        readable = readable_providers()
    (told,) = {str(one.message) for one in warned}
    assert "\n" not in told
    return readable, told


@pytest.mark.parametrize("files", range(5))
def test_each_step_that_is_not_done_is_named_and_the_others_are_read(
    files: int, install: Install
) -> None:
    install(files)
    readable, told = tried()
    assert readable == OTHERS
    assert f"Step {files + 1} of 6, {FILES[files]}" in told


def test_what_is_finished_is_read(install: Install) -> None:
    install()
    assert readable_providers() == ["acme", *OTHERS]


BROKEN = {
    "an import that fails": ("raise RuntimeError('no\\nmoon')", "RuntimeError: no moon"),
    "an import that exits": ("raise SystemExit(7)", "does not import: SystemExit: 7"),
    "a module that is not there": ("import moon.phases", "needs the module 'moon'"),
    "no adapter": ("AcmeAdapter = dict", "acme_checkout:AcmeAdapter is not an Adapter class"),
    "a method that is missing": (
        "from unified_checkout.adapters import Adapter\nclass AcmeAdapter(Adapter): name = 'acme'",
        "lacks title, options_type, requests_per_second, compile, get_request, page_request",
    ),
    "a constructor that raises": (
        "def broken(*_): raise KeyError('x')\nAcmeAdapter.__init__ = broken",
        "the adapter in acme_checkout has a mistake: KeyError in acme_checkout, line",
    ),
}
IMITATED_BADLY = {
    "a sandbox that is not there": (
        "AcmeAdapter.sandbox = 'acme_checkout.moon:Sandbox'",
        "provider 'acme': the adapter in acme_checkout has a mistake: ModuleNotFoundError",
    ),
    "facts that are not adopted": (
        "from .sandbox import AcmeSandbox\nAcmeSandbox.adopt = lambda self, facts: 1 / 0",
        "provider 'acme': the adapter in acme_checkout has a mistake: ZeroDivisionError in acme_ch",
    ),
    "a session that is not written": (
        "from .sandbox import AcmeSandbox\nAcmeSandbox.render = lambda *_: 1 / 0",
        "a sandbox failed: the adapter in acme_checkout has a mistake: ZeroDivisionError in acme_",
    ),
    "examples of options that cannot be had": (
        "from .adapter import AcmeOptions\nAcmeOptions.examples = classmethod(lambda _: 1 / 0)",
        "provider 'acme': the adapter in acme_checkout has a mistake: ZeroDivisionError in acme_ch",
    ),
    "a signature that is none": (
        "AcmeAdapter.sign = lambda *_: None",
        "the adapter in acme_checkout has a mistake: sign gives NoneType, not Request",
    ),
}


@pytest.mark.parametrize("what", [*BROKEN, *IMITATED_BADLY])
def test_what_is_broken_is_left_out_of_the_sandbox(what: str, install: Install) -> None:
    code, said = (BROKEN | IMITATED_BADLY)[what]
    install(code="\n" + code)
    readable, told = tried()
    assert (readable, said in told) == (OTHERS, True), told


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_an_error_of_doctor_and_providers(
    what: str, install: Install, tmp_path: Path
) -> None:
    code, said = BROKEN[what]
    install(code="\n" + code)
    told = doctored(tmp_path)
    assert said in told["acme"]
    assert "options ok" in told["us"]
    supports, errors = survey()
    assert said in str(errors["acme"])
    assert set(OTHERS) < set(supports)


def test_an_entry_point_that_is_none_is_told(install: Install) -> None:
    install(entry="!! nonsense")
    assert "'acme' from acme-checkout: its entry point is no MODULE:CLASS" in tried()[1]


def test_two_adapters_of_one_name_leave_the_others_alone(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    claim(tmp_path / "acme-other", "acme-other", "acme_checkout:AcmeAdapter")
    monkeypatch.syspath_prepend(tmp_path / "acme-other")
    readable, told = tried()
    assert (readable, "claimed by two distributions" in told) == (OTHERS, True)
    assert set(OTHERS) < set(survey()[0])
    assert "claimed by two" in doctored(tmp_path)["acme"]
    laid_out = CliRunner().invoke(app, ["new-adapter", "zenith", "--into", str(tmp_path)])
    assert laid_out.exit_code == 0


def doctored(folder: Path) -> dict[str, str]:
    """What doctor finds, by account."""
    file = folder / "checkout.toml"
    file.write_text(
        '[accounts.acme]\nprovider = "acme"\napi_key = "ak_test_obviously_fake"\n'
        '[accounts.us]\nprovider = "stripe"\napi_key = "sk_test_obviously_fake"\n'
    )
    arguments = ["doctor", "--offline", "--config", str(file), "-o", "json"]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 1, ran.exception
    assert "Traceback" not in ran.output
    checks = json.loads(ran.stdout)["checks"]
    told: dict[str, str] = {}
    for one in checks:
        found = f"{one['check']} {one['outcome']} {one['detail']}; "
        told[one["account"]] = told.get(one["account"], "") + found
    return told


@pytest.mark.parametrize("command", [["list"], ["explain"], ["get", "x"], ["summary"], ["mcp"]])
def test_a_command_that_asks_it_ends_in_one_line(
    command: list[str], install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(1)
    doctored(tmp_path)
    monkeypatch.setenv("UNIFIED_CHECKOUT_CONFIG", str(tmp_path / "checkout.toml"))
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 2, ran.exception
    assert ran.stderr.startswith("Error: provider 'acme': the adapter in acme_checkout is not fin")
    assert "Step 2 of 6, adapter.py" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.filterwarnings("default")
def test_demo_shows_the_others(install: Install) -> None:
    install(0)
    ran = CliRunner().invoke(app, ["demo", "--sessions", "2"])
    assert ran.exit_code == 0, ran.exception
    assert "from 2 providers" in ran.stdout
    assert ran.stderr.count("\n") == ran.stderr.count("Warning: left out of the sandbox") == 1


def raising(*_: Any, **__: Any) -> Any:
    raise KeyError("ada@example.com")


def none(*_: Any, **__: Any) -> Any:
    return None


@pytest.mark.parametrize("method", ["parse_page", "sign", "parse_error"])
@pytest.mark.parametrize("mistake", [raising, none])
def test_a_mistake_fails_its_account_alone_and_shows_nobody(
    method: str, mistake: Any, install: Install
) -> None:
    install(
        code=f"\nfrom {__name__} import {mistake.__name__}\nAcmeAdapter.{method} = {mistake.__name__}"
    )
    held = [Facts(serial="lunch", created=1_790_000_000)]
    with Sandbox(facts=held, providers=["acme", "stripe"]) as sandbox:
        if method == "parse_error":
            sandbox.misbehave("acme", faults.Status(400, times=None))
        with Client(sandbox.accounts) as client:
            sessions = client.sessions.list(on_error="report", kind="any")
            assert [one.account for one in sessions] == ["stripe"]
            assert not sessions.coverage.complete
            with pytest.raises(AdapterFailed) as caught:
                list(client.sessions.list(accounts="acme", kind="any"))
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert [one for one in chain if "ada@" in repr(one)] == []
    assert "account 'acme' (acme): the adapter in" in str(caught.value)


def test_a_verdict_that_is_missing_is_told(install: Install) -> None:
    install(
        code="\nimport attrs\ncompiled = AcmeAdapter.compile\n"
        "AcmeAdapter.compile = lambda *a: attrs.evolve(compiled(*a), verdicts=())"
    )
    with (
        Sandbox(sessions=1, providers=["acme"]) as sandbox,
        Client(sandbox.accounts) as client,
        pytest.raises(AdapterFailed, match="one verdict per predicate"),
    ):
        client.sessions.explain(currency="usd")


def test_a_key_that_an_adapter_repeats_is_not_shown(install: Install) -> None:
    install(
        code="\ndef kind(cls, key): raise ValueError(key)\nAcmeAdapter.key_kind = classmethod(kind)"
    )
    with pytest.raises(BrokenProvider, match="ValueError in acme_checkout, line") as caught:
        load("acme").key_kind("sk_live_obviously_fake")
    assert "sk_live" not in repr(caught.value) + repr(caught.value.__context__)


def test_a_class_is_what_it_was(install: Install) -> None:
    install()
    kind = load("acme")
    assert kind is load("acme")
    assert (kind.__name__, kind.__module__) == ("AcmeAdapter", "acme_checkout.adapter")
    assert issubclass(kind, Adapter)
    assert kind.provider_options == frozenset()


def test_what_a_signals_handler_raises_is_nobodys_mistake(install: Install) -> None:
    install(code="import signal\nAcmeAdapter.compile = lambda *_: signal.raise_signal(14)\n")

    def too_long(number: int, frame: object) -> None:
        raise TimeoutError("the time is up")

    before = signal.signal(signal.SIGALRM, too_long)
    try:
        with (
            Sandbox(providers=["acme"]) as sandbox,
            Client(sandbox.accounts) as client,
            pytest.raises(TimeoutError, match="the time is up"),
        ):
            client.sessions.page()
    finally:
        signal.signal(signal.SIGALRM, before)
