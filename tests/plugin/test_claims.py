"""What is wrong with an installed plugin is said so that somebody can mend it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path

import pytest

from unified_checkout import AmbiguousProvider, BrokenProvider, UnknownProvider
from unified_checkout.adapters import installed, load, registry

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lay out a distribution that claims a provider's name, as an installer would."""

    def install(distribution: str, *, claims: str, code: str = "") -> None:
        site = tmp_path / distribution
        module = distribution.replace("-", "_")
        metadata = site / f"{module}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n"
        )
        entry = f"[unified_checkout.providers]\n{claims} = {module}:Adapter\n"
        (metadata / "entry_points.txt").write_text(entry)
        (site / f"{module}.py").write_text(code)
        monkeypatch.syspath_prepend(site)

    return install


def test_two_distributions_that_claim_one_name_are_both_named(install: Install) -> None:
    install("zenith-pay", claims="zenith")
    install("zenith-other", claims="zenith")
    said = "'zenith' is claimed by two distributions, zenith-other and zenith-pay; uninstall one"
    for ask in (installed, lambda: load("zenith")):
        with pytest.raises(AmbiguousProvider, match=said):
            ask()


def test_a_built_in_name_cannot_be_taken_over_in_silence(install: Install) -> None:
    install("better-stripe", claims="stripe")
    with pytest.raises(
        AmbiguousProvider, match=r"better-stripe.*unified-checkout|unified-checkout"
    ):
        load("stripe")


def test_a_quarrel_over_one_name_leaves_the_others_alone(install: Install) -> None:
    install("zenith-pay", claims="zenith")
    install("zenith-other", claims="zenith")
    assert load("stripe").name == "stripe"


def test_a_broken_import_is_told_with_its_reason(install: Install) -> None:
    install("zenith-pay", claims="zenith", code="raise RuntimeError('needs a moon')")
    said = "'zenith' from zenith-pay does not import: RuntimeError: needs a moon"
    with pytest.raises(BrokenProvider, match=said):
        load("zenith")


def test_a_missing_dependency_is_named(install: Install) -> None:
    install("zenith-lib", claims="zenith", code="import moon.phases")
    said = "'zenith' needs the module 'moon', which is not installed; install what zenith-lib dep"
    with pytest.raises(BrokenProvider, match=said):
        load("zenith")


def test_what_is_no_adapter_is_told(install: Install) -> None:
    install("zenith-kit", claims="zenith", code="Adapter = dict")
    with pytest.raises(BrokenProvider, match="zenith_kit:Adapter is not an Adapter class"):
        load("zenith")


def test_a_name_that_nobody_claims_is_told_with_those_that_are(install: Install) -> None:
    install("zenith-pay", claims="zenith")
    with pytest.raises(UnknownProvider, match=r"'zenit' is installed; installed: .*zenith"):
        load("zenit")


def test_what_is_installed_is_read_once_until_something_is_installed_or_uninstalled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(*, group: str) -> EntryPoints:
        read.append(group)
        return entry_points(group=group)

    monkeypatch.setattr(registry, "entry_points", counted)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(installed())
    for name in before:
        load(name)
    assert len(read) == 1

    metadata = tmp_path / "zenith_pay-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: zenith-pay\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(
        "[unified_checkout.providers]\nzenith = zenith_pay:Adapter\n"
    )
    os.utime(tmp_path, ns=(1, 1))  # Else two changes might be of one moment.
    assert set(installed()) == before | {"zenith"}

    shutil.rmtree(metadata)
    os.utime(tmp_path, ns=(2, 2))
    assert set(installed()) == before
    assert len(read) == 3
