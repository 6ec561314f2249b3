"""Settings: what is accepted, and how a fault reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kdump_agent import config, units
from kdump_agent.errors import ConfigError

from .machine import Machine


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_no_file_at_all_ships_to_the_outbox(tmp_path: Path) -> None:
    assert config.load(tmp_path / "none.toml").url == "file:///var/lib/kdump-agent/outbox"


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        config.load(tmp_path / "none.toml", required=True)


def test_a_later_file_overrides_an_earlier_one_key_by_key(tmp_path: Path) -> None:
    main = write(tmp_path / "config.toml", '[pack]\nlevel = 5\nthreads = 2\n[host]\nname = "a"\n')
    write(tmp_path / "config.d/20.toml", "[pack]\nlevel = 9\n")
    write(tmp_path / "config.d/10.toml", '[pack]\nlevel = 7\n[host]\ntags = { rack = "b4" }\n')
    found = config.load(main)
    assert (found.pack.level, found.pack.threads, found.host.name, found.host.tags) == (9, 2, "a", {"rack": "b4"})


@pytest.mark.skipif(sys.version_info < (3, 11), reason="has no tomllib")
def test_settings_are_read_where_the_distribution_has_no_tomli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tomli", None)
    assert config.load(write(tmp_path / "config.toml", "[pack]\nlevel = 5\n")).pack.level == 5
    with pytest.raises(ConfigError, match="is not TOML"):
        config.load(write(tmp_path / "config.toml", "[pack"))


def test_every_fault_is_told_at_once_with_file_key_wish_and_value(tmp_path: Path) -> None:
    main = write(
        tmp_path / "config.toml",
        'stray = 1\n[pack]\nlevel = 99\nspeed = "high"\n[retain]\nkeep = true\nmax_age = "soon"\n'
        '[endpoint]\nurl = "ftp://host/"\n[agent]\ncrash_dir = "relative"\n',
    )
    write(tmp_path / "config.d/broken.toml", "[pack\n")
    with pytest.raises(ConfigError) as caught:
        config.load(main)
    text = str(caught.value)
    for part in (
        "config.toml: stray: want one of the tables",
        "config.toml: pack.level: want a whole number, 1 to 19; got 99",
        "config.toml: pack.speed: is no setting; want one of level, threads, min_saving",
        'config.toml: retain.keep: want a whole number, 0 to 100000, or "none"; got True',
        "config.toml: retain.max_age: want a duration",
        "config.toml: endpoint.url: want file:///folder",
        "config.toml: agent.crash_dir: want an absolute path; got 'relative'",
        "broken.toml: is not TOML",
    ):
        assert part in text
    assert len(text.splitlines()) == 8


@pytest.mark.parametrize(
    "line",
    [
        'url = "tus+https://user:hunter2@host/files/"',
        'url = "tus+https://host/files/?key=hunter2"',
        'proxy = "http://user:hunter2@host:3128"',
        'token = "hunter2"',
        'token_file = "hunter2"',
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    for text in (f"[endpoint]\n{line}\n", f"[endpiont]\n{line}\n"):
        with pytest.raises(ConfigError) as caught:
            config.load(write(tmp_path / "config.toml", text))
        assert "hunter2" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away takes root")
def test_a_folder_that_may_hide_settings_is_a_fault(machine: Machine) -> None:
    more = write(machine.home / "config.d/more.toml", "[retain]\nkeep = 7\n").parent
    more.chmod(0o700)
    os.chown(more, 65534, 65534)
    answer = machine.run_powerless("config", "show")
    assert answer.returncode == 2
    assert f"{more}: cannot be read: Permission denied" in answer.stderr


def test_a_folder_whose_name_no_file_system_takes_is_no_endpoint(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="want file:///folder"):
        config.load(write(tmp_path / "config.toml", '[endpoint]\nurl = "file:///srv/a%00b"\n'))


@pytest.mark.parametrize("line", ["[ship]\nbandwidth = 0", "[agent]\nrescan = 0"])
def test_what_would_hold_everything_up_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match="or more"):
        config.load(write(tmp_path / "config.toml", line))


@pytest.mark.parametrize("key", ["ca_file", "client_cert", "client_key", "token_file"])
def test_a_file_that_is_not_there_is_no_sound_setting(machine: Machine, key: str) -> None:
    machine.write_config(f'{key} = "/no/such.pem"\n', url="tus+https://192.0.2.1/files/")
    answer = machine.run("config", "check")
    assert answer.returncode == 2
    assert "/no/such.pem" in answer.stderr


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_settings_that_others_may_write_are_refused(tmp_path: Path, mode: int) -> None:
    main = write(tmp_path / "config.toml", "")
    main.chmod(mode)
    with pytest.raises(ConfigError, match="may be written by others; chmod go-w"):
        config.load(main)


def test_settings_in_a_folder_that_others_may_write_are_refused(tmp_path: Path) -> None:
    main = write(tmp_path / "open/config.toml", "")
    main.parent.chmod(0o777)
    with pytest.raises(ConfigError, match="open may be written by others"):
        config.load(main)


@pytest.mark.parametrize(
    ("text", "count"),
    [("20 GiB", 20 << 30), ("1.5 GB", 1_500_000_000), ("7", 7), ("10M", 10 << 20), ("0", 0), ("3 tb", 3 * 10**12)],
)
def test_sizes_read_as_people_write_them(text: str, count: int) -> None:
    assert units.size(text) == count


@pytest.mark.parametrize(
    ("text", "seconds"), [("30 d", 2592000), ("10 min", 600), ("1.5h", 5400), ("45", 45), ("2 weeks", 1209600)]
)
def test_durations_read_as_people_write_them(text: str, seconds: float) -> None:
    assert units.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "GiB", "-1 s", "1 parsec", "1e9", "nan", "1 2 s", "\uff19 s"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    for read in (units.size, units.duration):
        with pytest.raises(ValueError, match=r"unit|number"):
            read(text)


def test_the_command_names_the_fault_and_exits_2(machine: Machine) -> None:
    assert machine.run("config", "check").returncode == 0
    machine.write_config("[pack]\nlevel = 0\n")
    answer = machine.run("config", "check")
    assert answer.returncode == 2
    assert "pack.level: want a whole number, 1 to 19; got 0" in answer.stderr


def test_what_is_shown_can_be_read_again(machine: Machine, tmp_path: Path) -> None:
    machine.write_config(
        '[host]\nname = "h1"\ntags = { a = "x \\"y\\"\\u001b" }\n[pack]\nmin_saving = 1\n'
        '[retain]\nmax_age = "1234567 s"\nkeep = "none"\n[analysis]\ncommand_time = 1.5\n',
        ship='bandwidth = "1 MiB"',
    )
    shown = machine.run("config", "show").stdout
    assert config.load(write(tmp_path / "again.toml", shown)) == config.load(machine.config)


def test_a_command_by_hand_uses_the_token_that_the_service_uses(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = machine.home / "token"
    token.write_text("canary")
    token.chmod(0o600)
    assert f'token_file = "{token}"' in machine.run("config", "show").stdout
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(machine.home / "elsewhere"))
    assert "# token_file is not set" in machine.run("config", "show").stdout


def test_a_token_never_leaves_in_the_clear(machine: Machine) -> None:
    token = machine.home / "token"
    token.write_text("canary")
    token.chmod(0o600)
    machine.write_config(f'token_file = "{token}"\n', url="tus+http://192.0.2.1/files/")
    answer = machine.run("config", "check")
    assert answer.returncode == 2
    assert "want tus+https: when there is a token" in answer.stderr
    assert "canary" not in answer.stderr + answer.stdout
