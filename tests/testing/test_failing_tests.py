"""A test that fails, in whatever way tests fail, keeps no cassette; one that passes keeps it whole."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from testing.projects import cassettes, pytest_in

ASKING = """
import unittest

import pytest

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox

def ask(**query):
    with Sandbox(sessions=1, seed=1, now=1_760_000_000, providers=["flex"]) as sandbox:
        with Client(sandbox.accounts) as client:
            return [session.id for session in client.sessions.list(**query)]

"""


@pytest.mark.parametrize(
    "test",
    [
        """
        def test_it(checkout_cassette):
            assert not ask()
        """,
        """
        @pytest.mark.checkout_cassette
        class TestOne(unittest.TestCase):
            def test_it(self):
                self.assertEqual(ask(), [])
        """,
        """
        @pytest.mark.checkout_cassette
        class TestOne(unittest.TestCase):
            def test_it(self):
                for expected in ([], ask()):
                    with self.subTest(expected=expected):
                        self.assertEqual(ask(), expected)
        """,
        """
        @pytest.mark.checkout_cassette
        class TestOne(unittest.TestCase):
            def tearDown(self):
                self.assertEqual(ask(), [])

            def test_it(self):
                ask()
        """,
        """
        def test_it(checkout_cassette, subtests):
            for expected in ([], ask()):
                with subtests.test(expected=expected):
                    assert ask() == expected
        """,
    ],
    ids=["function", "TestCase", "subTest", "tearDown", "subtests"],
)
def test_a_test_that_fails_while_recording_leaves_no_cassette(tmp_path: Path, test: str) -> None:
    (tmp_path / "test_it.py").write_text(ASKING + dedent(test), encoding="utf-8")
    run = pytest_in(tmp_path)
    assert "1 failed" in run.stdout or "2 failed" in run.stdout
    assert cassettes(tmp_path) == {}


BROKEN = """
@pytest.fixture{scope}
def broken():
    yield
    assert not "ended well"

def test_it(checkout_cassette, broken):
    ask()
"""


@pytest.mark.parametrize(
    "test",
    [
        BROKEN.format(scope=""),
        BROKEN.format(scope="(scope='module')"),
        """
        @pytest.mark.checkout_cassette
        class TestOne(unittest.TestCase):
            @classmethod
            def tearDownClass(cls):
                raise ValueError("not ended well")

            def test_it(self):
                ask()
        """,
    ],
    ids=["fixture", "module", "tearDownClass"],
)
def test_a_test_that_does_not_end_well_leaves_no_cassette(tmp_path: Path, test: str) -> None:
    (tmp_path / "test_it.py").write_text(ASKING + dedent(test), encoding="utf-8")
    assert "1 passed, 1 error" in pytest_in(tmp_path).stdout
    assert cassettes(tmp_path) == {}


def test_a_cassette_that_was_there_before_is_there_again(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(ASKING + BROKEN.format(scope=""), encoding="utf-8")
    file = tmp_path / "cassettes" / "test_it" / "test_it.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"an older one\r\n")
    assert "1 passed, 1 error" in pytest_in(tmp_path, "--checkout-record=rewrite").stdout
    assert file.read_bytes() == b"an older one\r\n"


@pytest.mark.parametrize(
    "test",
    [
        """
        @pytest.mark.checkout_cassette
        class TestOne(unittest.TestCase):
            def test_it(self):
                for _ in range(2):
                    with self.subTest():
                        self.assertTrue(ask())
        """,
        """
        def test_it(checkout_cassette, subtests):
            for number in range(2):
                with subtests.test():
                    if number == 0:
                        pytest.skip("not of interest")
                with subtests.test():
                    assert ask()
        """,
    ],
    ids=["subTest", "subtests"],
)
def test_a_test_whose_subtests_pass_is_recorded_whole(tmp_path: Path, test: str) -> None:
    (tmp_path / "test_it.py").write_text(ASKING + dedent(test), encoding="utf-8")
    for options in ([], ["--checkout-record=none"]):
        run = pytest_in(tmp_path, *options)
        assert run.returncode == 0, run.stdout
    [text] = cassettes(tmp_path).values()
    assert text.count("request:") == 4
    name = "TestOne::test_it" if "TestOne" in test else "test_it"
    assert text.endswith(f"\nrecorded_by: test_it.py::{name}\n")


def test_a_mismatch_fails_a_test_case_too_and_the_hint_names_it(tmp_path: Path) -> None:
    test = """
        import os

        @pytest.mark.checkout_cassette
        class TestOne(unittest.TestCase):
            def test_it(self):
                ask(limit=int(os.environ["LIMIT"]))
                if os.environ["LIMIT"] == "1":
                    ask()

            @pytest.mark.xfail(strict=True)
            def test_that_is_expected_to_fail(self):
                self.test_it()
        """
    (tmp_path / "test_it.py").write_text(ASKING + dedent(test), encoding="utf-8")
    pytest_in(tmp_path, LIMIT="1")
    assert len(cassettes(tmp_path)) == 2
    run = pytest_in(tmp_path, LIMIT="2", CI="true")
    assert "1 failed, 1 xfailed" in run.stdout
    assert "pytest --checkout-record=rewrite test_it.py::TestOne::test_it" in run.stdout


def test_a_cassette_names_its_test_without_the_parameters(tmp_path: Path) -> None:
    test = """
        @pytest.mark.parametrize("email", ["buyer@example.com"])
        def test_it(checkout_cassette, email):
            assert ask(email=email) == []
        """
    (tmp_path / "test_it.py").write_text(ASKING + dedent(test), encoding="utf-8")
    assert pytest_in(tmp_path).returncode == 0
    [text] = cassettes(tmp_path).values()
    assert text.endswith("\nrecorded_by: test_it.py::test_it\n")
    assert "buyer@example.com" not in text
