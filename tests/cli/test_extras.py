"""Where no extra is installed, whatever needs one says which line installs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest

MISSING = """
adbc_driver_manager adbc_driver_postgresql altair babel daft dlt duckdb filelock httptools hypothesis
jinja2 keyring mcp mcp_types opentelemetry pandas polars prometheus_client pyarrow pyspark pytest
socksio starlette uvicorn uvloop vcr vl_convert
"""

CONFIG = """
[accounts.us]
provider = "stripe"
api_key = "sk_test_obviously_fake"
share_rate = true

[accounts.locked]
provider = "stripe"
api_key = { keyring = "shop", user = "us" }

[accounts.open]
provider = "stripe"
api_key = "sk_test_obviously_fake"

[gateway.tokens.report]
sha256 = "%s"
accounts = ["us"]
"""

COMMANDS = {
    "gateway": ("gateway", "uvicorn"),
    "mcp": ("mcp", "mcp"),
    "sync": ("store", "pyarrow"),
    "sync --to postgresql://localhost/shop": ("store", "pyarrow"),
    "report shop.duckdb": ("report", "duckdb"),
    "report shop.duckdb --format html --out shop.html": ("report", "babel"),
    "demo": ("sandbox", "starlette"),
    "demo --report demo.html": ("report", "babel"),
    "sandbox": ("sandbox", "starlette"),
    "list --account us": ("shared-rate", "filelock"),
    "list --account locked": ("keyring", ""),
}
"""By command: the extra that it needs, and what is missing first."""

PROGRAMS = {
    "from unified_checkout import read_store; read_store('shop.duckdb')": ("store", "duckdb"),
    "from unified_checkout.store import Store; Store.open('shop.duckdb')": ("store", "duckdb"),
    "from unified_checkout.store import Store; Store.open('postgresql:///shop')": ("postgres", ""),
    "from unified_checkout.store import sync": ("store", "pyarrow"),
    "import unified_checkout.store.dlt": ("dlt", "pyarrow"),
    "import unified_checkout.daft": ("daft", "daft"),
    "import unified_checkout.columns": ("columns", "pyarrow"),
    "import unified_checkout.tasks": ("columns", "pyarrow"),
    "from unified_checkout import spark; spark.register(None)": ("spark", ""),
    "from unified_checkout.report import SessionTable; SessionTable()": ("report", "duckdb"),
    "from unified_checkout.testing import AdapterConformance": ("testing", "pytest"),
    "from unified_checkout.sandbox import Sandbox; Sandbox().__enter__()": ("sandbox", "starlette"),
}

RUN = """
import json, sys
sys.modules.update(dict.fromkeys(sys.argv[1].split()))
from typer.testing import CliRunner
from unified_checkout import ConfigurationError
from unified_checkout.cli.app import app

def program(text):
    try:
        exec(text)
    except ConfigurationError as error:
        return str(error)
    except Exception as error:
        return repr(error)

def command(text):
    ran = CliRunner().invoke(app, text.split())
    return ran.stderr if ran.exit_code == 2 else repr((ran.exit_code, ran.exception, ran.output))

told = {text: command(text) for text in json.loads(sys.argv[2])}
told |= {text: program(text) for text in json.loads(sys.argv[3])}
told["doctor"] = CliRunner().invoke(app, ["doctor", "--offline", "-o", "json"]).stdout
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What each says, in one process in which no extra is installed."""
    home = tmp_path_factory.mktemp("bare")
    (home / "checkout.toml").write_text(CONFIG % ("0" * 64))
    arguments = [MISSING, json.dumps([*COMMANDS]), json.dumps([*PROGRAMS])]
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=home,
        env={"HOME": str(home), "PATH": "", "ALL_PROXY": "", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    answers: dict[str, str] = json.loads(ran.stdout)
    return answers


@pytest.mark.parametrize("what", [*COMMANDS, *PROGRAMS])
def test_it_says_what_is_missing_and_the_line_that_installs_it(
    what: str, told: Mapping[str, str]
) -> None:
    extra, library = (COMMANDS | PROGRAMS)[what]
    (said,) = told[what].strip().splitlines()
    assert f"pip install 'unified-checkout[{extra}]'" in said
    assert library in said


def test_doctor_sends_nothing_and_finds_what_is_missing(told: Mapping[str, str]) -> None:
    checks = json.loads(told["doctor"])["checks"]
    failed = {one["account"]: one["detail"] for one in checks if one["outcome"] == "failed"}
    assert failed[None].startswith("the gateway needs uvicorn, which is not installed; run: pip in")
    assert failed["us"].endswith(
        "share_rate needs filelock, which is not installed; "
        "run: pip install 'unified-checkout[shared-rate]'"
    )
    assert failed["locked"].endswith("needs the extra: pip install 'unified-checkout[keyring]'")
    assert "open" not in failed
