"""The file through which processes keep to one rate: whatever stands there, whoever wrote it."""

from __future__ import annotations

import math
import os
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout import ConfigurationError
from unified_checkout.client import pacing
from unified_checkout.client.moments import Told
from unified_checkout.client.pacing import SharedPace
from unified_checkout.engine.policy import Share

filelock = pytest.importorskip("filelock")

RATE = 10.0
BOOT = 5000.0
"""What the machine's clock shows."""


def pace(path: Path, *, longest: float = 60.0, now: float = BOOT) -> SharedPace:
    """Another process's pace."""
    return SharedPace(RATE, longest=longest, path=lambda: path, account="us", clock=lambda: now)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rates" / "file"


def test_what_one_takes_the_other_waits_for(path: Path) -> None:
    assert pace(path).take(BOOT) == BOOT
    assert pace(path).take(BOOT) == pytest.approx(BOOT + 0.1, abs=0.03)


@pytest.mark.parametrize("hold", [1.0, 59.0, 4e5, math.inf])
def test_what_was_told_before_the_machine_was_started_anew_does_not_count(
    path: Path, hold: float
) -> None:
    before = BOOT + 4e5
    pace(path, now=before).hold(before + hold)
    assert pace(path).take(BOOT) == BOOT
    assert pace(path).take(BOOT) > BOOT


def test_who_waits_for_less_shortens_nothing_for_the_others(path: Path) -> None:
    pace(path).hold(BOOT + 6)
    impatient = pace(path, longest=1.0)
    sent = impatient.take(BOOT)
    assert sent == pytest.approx(BOOT + 1.1)
    assert impatient.take(sent) == sent
    impatient.hold(BOOT + 2)
    assert pace(path).take(BOOT + 2) == BOOT + 6


def test_why_a_request_is_held_back_is_known(path: Path) -> None:
    one, other = pace(path), pace(path)
    one.take(BOOT)
    assert one.reason(one.take(BOOT)) == "the account's rate"
    assert other.reason(other.take(BOOT)) == "the rate is shared with other processes"
    one.hold(BOOT + 6)
    assert one.reason(one.take(BOOT)) == "the provider asked for it"
    assert other.reason(other.take(BOOT)) == "the provider asked another process for it"


def test_who_waits_for_less_keeps_its_own_rate_meanwhile(path: Path) -> None:
    pace(path).hold(BOOT + 6)
    impatient = pace(path, longest=1.0)
    sent = impatient.take(BOOT)
    impatient.take(sent)
    assert impatient.take(sent) == pytest.approx(sent + 0.1, abs=0.03)


def test_what_one_was_told_itself_is_kept_to_though_it_waits_for_less(path: Path) -> None:
    one = pace(path, longest=1.0)
    one.hold(BOOT + 3)
    pace(path).hold(BOOT + 6)
    assert one.take(BOOT) == BOOT + 3


def test_a_moment_that_never_comes_is_waited_for_by_nobody(path: Path) -> None:
    pace(path).hold(math.inf)
    assert pace(path).take(BOOT) == BOOT


class Machine:
    """Processes of a machine, and its clock."""

    def __init__(self, path: Path) -> None:
        self.path, self.now = path, BOOT

    def pace(self, *, longest: float = 60.0) -> SharedPace:
        path = self.path
        return SharedPace(
            RATE, longest=longest, path=lambda: path, account="us", clock=lambda: self.now
        )

    def take(self, one: SharedPace) -> float:
        """Wait for a request, and send it."""
        while (sent := one.take(self.now)) > self.now:
            self.now = sent
        return sent

    def gap(self, one: SharedPace, at: float) -> float:
        """The seconds between two requests, neither of which is late."""
        self.now = at
        self.take(one)
        return -(self.take(one) - self.take(one))

    def refuse(self, one: SharedPace, at: float) -> None:
        self.now = at
        one.slow_down(at)


@pytest.fixture
def machine(path: Path) -> Machine:
    return Machine(path)


def test_what_one_was_refused_makes_all_send_less(machine: Machine) -> None:
    one, other = machine.pace(), machine.pace()
    machine.take(other)
    for number in range(4):
        machine.refuse(one, BOOT + 2 * number)
    refused = BOOT + 6
    assert machine.gap(other, refused + 1) == pytest.approx(0.1 / 0.7**4)
    assert machine.gap(machine.pace(), refused + 3) == pytest.approx(0.1 / 0.7**4)
    assert machine.gap(other, refused + 60) == pytest.approx(0.1)


def test_what_several_are_refused_at_once_counts_once(machine: Machine) -> None:
    several = [machine.pace() for _ in range(4)]
    for number, one in enumerate(several[:3]):
        machine.refuse(one, BOOT + 0.2 * number)
    machine.refuse(several[3], BOOT + 1.2)
    for number, one in enumerate(several):
        assert machine.gap(one, BOOT + 1.3 + number) == pytest.approx(0.1 / 0.7**2)


def test_a_refusal_that_could_not_be_told_is_told_with_the_next_request(machine: Machine) -> None:
    one = machine.pace()
    machine.take(one)
    with filelock.FileLock(f"{machine.path}.lock"):
        machine.refuse(one, BOOT + 2)
    machine.take(one)
    assert machine.gap(machine.pace(), BOOT + 4) == pytest.approx(0.1 / 0.7)


def test_who_waits_for_less_tells_of_a_refusal_and_shortens_nothing(machine: Machine) -> None:
    machine.pace().hold(BOOT + 4)
    machine.refuse(machine.pace(longest=1.0), BOOT)
    another = machine.pace()
    assert another.take(BOOT) == BOOT + 4
    assert machine.gap(another, BOOT + 4) == pytest.approx(0.1 / 0.7)


def test_a_share_has_grown_again_where_it_was_told_long_ago(machine: Machine) -> None:
    one, other = machine.pace(), machine.pace()
    machine.refuse(one, BOOT)
    machine.take(one)
    machine.refuse(other, BOOT + 10)
    assert machine.gap(one, BOOT + 12) == pytest.approx(0.1 / (0.8 * 0.7))


@given(st.floats(), st.floats())
def test_no_share_that_is_none_is_heeded(left: float, refused_at: float) -> None:
    told = Told.of(Told(BOOT, BOOT, False, Share(left, refused_at)).as_bytes(), BOOT)
    assert told is None or 0.05 <= told.share.at(BOOT) <= 1.0
    assert told is None or told.share.at(BOOT + 60) == 1.0


FORGED = struct.pack("<ddI", BOOT + 5, BOOT, 0)
GARBAGE = [
    FORGED,
    b"",
    b"half",
    bytes(8),
    bytes(20),
    b"\xff" * 21,
    bytes(37),
    bytes(100),
    b"\0" * 7 + b"\xf0\x7f" * 9,
]


@pytest.mark.parametrize("left", GARBAGE)
def test_whatever_stands_there_holds_nobody_back_and_is_mended(path: Path, left: bytes) -> None:
    pace(path).take(BOOT)
    path.write_bytes(left)
    assert pace(path).take(BOOT) == BOOT
    assert pace(path).take(BOOT) > BOOT


@given(
    left=st.binary(max_size=40)
    | st.tuples(*[st.floats()] * 2).map(lambda t: struct.pack("<dd", *t))
)
def test_no_bytes_but_its_own_hold_anybody_back(left: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(left)
        assert pace(path).take(BOOT) == BOOT
        assert pace(path).take(BOOT) > BOOT


@pytest.mark.parametrize("link", [os.symlink, os.link, lambda _, path: os.mkfifo(path)])
def test_what_is_planted_in_its_place_is_refused_and_left_alone(
    path: Path, tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"a file of the user's own, of some length")
    path.parent.mkdir()
    link(mine, path)
    mode = mine.stat().st_mode
    with pytest.raises(ConfigurationError, match="share_rate"):
        pace(path).take(BOOT)
    assert mine.stat().st_mode == mode
    assert mine.read_bytes() == b"a file of the user's own, of some length"


def test_a_lock_that_is_planted_is_refused_and_what_it_leads_to_left_alone(
    path: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"a file of the user's own")
    path.parent.mkdir()
    Path(f"{path}.lock").symlink_to(mine)
    with pytest.raises(ConfigurationError, match="share_rate"):
        pace(path).take(BOOT)
    assert mine.read_bytes() == b"a file of the user's own"


class TestLockedByAnother:
    """Another process is stopped while it holds the lock."""

    @pytest.fixture(autouse=True)
    def _lock(self, path: Path) -> Iterator[None]:
        path.parent.mkdir()
        with filelock.FileLock(f"{path}.lock"):
            yield

    def test_it_is_asked_for_again_and_in_between_nobody_is_blocked(self, path: Path) -> None:
        one = pace(path)
        again = one.take(BOOT)
        assert BOOT < again < BOOT + 0.1
        assert one.reason(again) == ""

    def test_after_a_while_each_keeps_to_the_rate_by_itself(self, path: Path) -> None:
        one = pace(path)
        one.take(BOOT)
        later = BOOT + pacing._PATIENCE
        assert one.take(later) == later
        assert one.take(later) == pytest.approx(later + 0.1, abs=0.03)
        assert one.take(later + 5) == later + 5

    def test_what_the_provider_asked_for_is_kept_to_and_told_afterwards(self, path: Path) -> None:
        one = pace(path)
        one.hold(BOOT + 6)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(pacing, "_PATIENCE", 0.0)
            assert one.take(BOOT + 2) == BOOT + 6


def test_what_could_not_be_told_is_told_with_the_next_request(path: Path) -> None:
    one = pace(path)
    one.take(BOOT)
    with filelock.FileLock(f"{path}.lock"):
        one.hold(BOOT + 6)
    assert one.take(BOOT + 2) == BOOT + 6
    assert pace(path).take(BOOT + 2) == BOOT + 6


def test_each_lock_is_waited_for_anew(path: Path) -> None:
    one = pace(path)
    one.take(BOOT)
    for at in (BOOT + 50, BOOT + 100):
        with filelock.FileLock(f"{path}.lock"):
            assert at < one.take(at) < at + 0.1
        assert one.take(at + 0.01) == at + 0.01


def test_in_a_folder_of_the_users_own_nobody_else_may_read_it(path: Path) -> None:
    pace(path).take(BOOT)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}


def test_the_files_permit_what_the_folder_permits_also_where_that_was_changed(path: Path) -> None:
    pace(path).take(BOOT)
    for folder, files in ((0o770, 0o660), (0o777, 0o666), (0o775, 0o660), (0o700, 0o600)):
        path.parent.chmod(folder)
        pace(path).take(BOOT)
        assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {files}


def test_a_process_that_died_as_it_made_the_folder_shuts_nobody_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    below = tmp_path / "unified-checkout-rates"
    below.mkdir(mode=0o700)
    pace(tmp_path / "file").take(BOOT)
    assert stat.S_IMODE(below.stat().st_mode) == 0o777


OTHER = """
import codecs, os, sys, tempfile
from pathlib import Path
from unified_checkout.client.pacing import SharedPace

def take(path):
    return SharedPace(10.0, longest=60.0, path=lambda: path, account="us", clock=lambda: now).take(now)

path, now, user = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
with tempfile.TemporaryDirectory() as folder:
    take(Path(folder) / "rates" / "file")  # imports what this user may not read
codecs.lookup("ascii")
os.setgroups([int(sys.argv[4])])
os.setgid(user)
os.setuid(user)
os.umask(0o077)
print(take(path))
"""
GROUP = 23_400


def taken_by(user: int, path: Path) -> float:
    """When another user of the machine may send, who is also in the group."""
    command = [sys.executable, "-c", OTHER, str(path), str(BOOT), str(user), str(GROUP)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return float(told.stdout)


@pytest.fixture(params=[0o1777, 0o1770, 0o770], ids=oct)
def everybodys(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder that several users may write to."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("takes root, who may be another user")
    with tempfile.TemporaryDirectory() as outside:
        folder = Path(outside) / "rates"
        folder.mkdir()
        os.chown(folder, -1, GROUP)
        folder.chmod(request.param)
        Path(outside).chmod(0o755)
        yield folder


def test_users_of_the_machine_share_a_folder_to_which_they_all_may_write(
    everybodys: Path,
) -> None:
    path = everybodys / "file"
    assert taken_by(23_456, path) == BOOT
    assert taken_by(23_457, path) > BOOT + 0.05
    assert pace(path).take(BOOT) > BOOT + 0.05
    files = [one for one in everybodys.rglob("*") if one.is_file()]
    writable = 0o666 if everybodys.stat().st_mode & stat.S_IWOTH else 0o660
    assert [stat.S_IMODE(one.stat().st_mode) for one in files] == [writable] * 2


def test_a_folder_that_is_planted_below_a_sticky_one_is_refused(tmp_path: Path) -> None:
    sticky, mine = tmp_path / "sticky", tmp_path / "mine"
    sticky.mkdir()
    sticky.chmod(0o1777)
    mine.mkdir()
    (sticky / "unified-checkout-rates").symlink_to(mine)
    with pytest.raises(ConfigurationError, match="share_rate"):
        pace(sticky / "file").take(time.monotonic())
    assert list(mine.iterdir()) == []
