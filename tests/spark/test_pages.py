"""The programs for Spark that pages show run, with a configuration at an absolute path."""

from __future__ import annotations

from pathlib import Path

import pytest
from spark.conftest import Spark

from handbook.pages import pages

pytestmark = [pytest.mark.needs_spark, pytest.mark.quick]
PROGRAMS = {
    page.name: block.text
    for page in pages()
    for block in page.blocks()
    if block.note == "run by tests/spark/test_pages.py"
}


@pytest.mark.parametrize("page", PROGRAMS)
def test_the_program_for_spark_runs(
    page: str, spark: Spark, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = PROGRAMS[page].replace("checkout.toml", str(config))
    exec(compile(program, page, "exec"), {"spark": spark.session})
    assert "account" in capsys.readouterr().out
