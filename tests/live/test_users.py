"""Users: who comes in, who does not, and what lies on the disk."""

import json
import os
import stat
import threading
import time

import pytest

from steelyard.errors import AccessError, TooManyError
from steelyard.live import users as room
from steelyard.live.access import ROLES, host_of
from steelyard.live.users import FAILURES, PASSWORDS, USERS, Users


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with users, made once: hashing takes its time."""
    path = tmp_path_factory.mktemp("server") / "users"
    Users(path)
    return path


@pytest.fixture
def users(folder):
    return Users(folder)


def test_each_role_has_a_user_with_a_password_of_its_own(users, folder):
    passwords = users.passwords()
    assert sorted(passwords) == sorted(row["name"] for row in users.table()) == sorted(ROLES)
    assert len(set(passwords.values())) == len(ROLES)
    session = users.check("controller", passwords["controller"], "rest", "127.0.0.1:5")
    assert (session.user, session.roles, session.via) == ("controller", {"controller"}, "rest")
    assert session.id != users.check("controller", passwords["controller"], "rest").id


def test_the_files_are_for_their_owner_only(folder):
    for name in (USERS, PASSWORDS):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not (folder / USERS).read_text().count(json.loads((folder / PASSWORDS).read_text())["viewer"])


@pytest.mark.parametrize("name", ["viewer", "nobody", "", "vie\0wer", "\ud800", "x" * 100_000])
def test_wrong_is_wrong_whoever_it_is(users, name):
    with pytest.raises(AccessError, match="user name or password is wrong"):
        users.check(name, "wrong\udfff", "rest", "127.0.0.1:5")


def test_who_is_unknown_takes_as_long_as_who_is_known(users):
    def spent(name):
        begin = time.process_time()
        with pytest.raises(AccessError, match="wrong"):
            users.check(name, "wrong", "rest", f"10.0.0.{len(name)}:5")
        return time.process_time() - begin

    known, unknown = min(spent("viewer") for _ in range(2)), min(spent("nobody-at-all") for _ in range(2))
    assert known > 0.02
    assert 0.5 < unknown / known < 2.0


def test_who_guesses_one_name_keeps_no_other_user_out_of_the_same_host(users):
    for k in range(FAILURES + 3):
        with pytest.raises(AccessError):
            users.check("viewer", f"guess {k}", "rest", f"127.0.0.1:{1000 + k}")
    with pytest.raises(TooManyError, match="of this user from here"):
        users.check("viewer", "guess", "rest", "127.0.0.1:5")
    assert users.check("planner", users.passwords()["planner"], "rest", "127.0.0.1:6").user == "planner"


def test_a_host_that_guesses_many_names_has_to_wait_and_known_users_there_need_not(users, monkeypatch):
    monkeypatch.setattr(room, "HOST_FAILURES", 4)
    passwords = users.passwords()
    assert not users.known("controller", passwords["controller"])
    users.check("controller", passwords["controller"], "rest", "127.0.0.1:5")
    for k in range(4):
        with pytest.raises(AccessError, match="wrong"):
            users.check(f"nobody {k}", "guess", "rest", "127.0.0.1:5")
    with pytest.raises(TooManyError, match="from here"):
        users.check("planner", passwords["planner"], "rest", "127.0.0.1:5")
    assert users.known("controller", passwords["controller"])
    assert not users.known("controller", "guess")
    assert users.check("controller", passwords["controller"], "rest", "127.0.0.1:5").user == "controller"
    assert users.check("planner", passwords["planner"], "rest", "127.0.0.2:5").user == "planner"


def test_what_the_limiter_remembers_is_bounded(monkeypatch):
    monkeypatch.setattr(room, "PLACES", 10)
    limiter = room.Limiter()
    for k in range(100):
        limiter.failed(f"10.0.0.{k}", f"name {k}")
    assert len(limiter._names) == len(limiter._hosts) == 10


def test_a_running_server_takes_what_another_process_changed(tmp_path, folder):
    for name in (USERS, PASSWORDS):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    here, elsewhere = Users(tmp_path), Users(tmp_path)
    old, before = here.passwords(), here.generation
    here.check("viewer", old["viewer"], "rest")
    elsewhere.set("viewer", "a longer secret")
    assert here.generation > before
    assert not here.known("viewer", old["viewer"])
    with pytest.raises(AccessError, match="wrong"):
        here.check("viewer", old["viewer"], "rest")
    assert here.check("viewer", "a longer secret", "rest").user == "viewer"
    left = json.loads((tmp_path / USERS).read_text())
    del left["viewer"]
    (tmp_path / "new").write_text(json.dumps(left))
    os.replace(tmp_path / "new", tmp_path / USERS)
    with pytest.raises(AccessError, match="wrong"):
        here.check("viewer", "a longer secret", "rest")
    assert "viewer" not in {row["name"] for row in here.table()}
    here.set("planner", "another secret")
    assert "viewer" not in json.loads((tmp_path / USERS).read_text()), "what another one changed is not undone"
    (tmp_path / USERS).write_text("{ half")
    assert here.check("planner", "another secret", "rest").user == "planner"


def test_a_host_that_guesses_has_to_wait_and_others_need_not(users, monkeypatch):
    password = users.passwords()["viewer"]
    for k in range(FAILURES):
        with pytest.raises(AccessError, match="wrong"):
            users.check("viewer", f"guess {k}", "rest", f"127.0.0.9:{1000 + k}")
    with pytest.raises(AccessError, match="too many"):
        users.check("viewer", password, "rest", "127.0.0.9:4000")
    assert users.check("viewer", password, "rest", "127.0.0.8:4000").user == "viewer"
    assert users.check("viewer", password, "rest", "127.0.0.9:4000").user == "viewer"
    monkeypatch.setattr(room, "PAUSE_S", 0.0)
    with pytest.raises(AccessError, match="wrong"):
        users.check("viewer", "guess", "rest", "127.0.0.9:4001")


def test_many_at_once_come_in_and_many_guesses_do_not(users):
    password = users.passwords()["planner"]
    told: list[str] = []

    def come(secret, host):
        try:
            told.append(users.check("planner", secret, "mqtt", f"{host}:1").user)
        except AccessError as error:
            told.append(str(error)[:8])

    for secret, host in ((password, "10.1.1.1"), ("guess", "10.1.1.2")):
        crowd = [threading.Thread(target=come, args=(secret, host)) for _ in range(20)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
    assert told.count("planner") == 20
    assert FAILURES <= told.count("user nam") <= FAILURES + room.AT_ONCE
    assert told.count("user nam") + told.count("too many") == 20


def test_a_new_password_takes_the_place_of_the_old(tmp_path, folder):
    for name in (USERS, PASSWORDS):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    users = Users(tmp_path)
    old = users.passwords()["viewer"]
    users.check("viewer", old, "rest")
    users.set("viewer", "a longer secret")
    users.set("shift", "another secret", ["viewer", "controller"])
    with pytest.raises(AccessError):
        users.check("viewer", old, "rest")
    again = Users(tmp_path)
    assert again.check("viewer", "a longer secret", "rest").roles == {"viewer"}
    assert again.check("shift", "another secret", "rest").roles == {"viewer", "controller"}
    assert "viewer" not in again.passwords()
    for bad in (
        ("", "long enough", None),
        ("a\nb", "long enough", None),
        ("a", "short", None),
        ("a", "long enough", ["king"]),
    ):
        with pytest.raises(AccessError):
            users.set(*bad)


def test_a_damaged_file_is_told(tmp_path):
    for text in ("", "[]", "{", '{"a": 1}', '{"a": {"roles": 1}}'):
        (tmp_path / USERS).write_text(text)
        if text == "[]":
            continue
        with pytest.raises(AccessError, match="mend it"):
            Users(tmp_path)
    assert os.listdir(tmp_path) == [USERS]


@pytest.mark.parametrize(
    ("peer", "host"),
    [("127.0.0.1:80", "127.0.0.1"), ("[::1]:80", "[::1]"), ("::1", "::1"), ("", ""), ("pipe", "pipe")],
)
def test_the_host_of_a_peer(peer, host):
    assert host_of(peer) == host
