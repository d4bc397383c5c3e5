"""`fairlead config`, as somebody types it."""

import os
import subprocess

import pytest

from harness.fairlead import BINARY

pytestmark = pytest.mark.nginx


def config(*words, **variables):
    env = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD_")} | variables
    return subprocess.run([BINARY, "config", *map(str, words)], env=env, capture_output=True, text=True)


def test_what_is_written_follows_the_servers_own_settings(tmp_path):
    settings = tmp_path / "fairlead.conf"
    settings.write_text(f'listen=["127.0.0.1:8400", "unix:{tmp_path}/s"]\ndrain-seconds=7200\n')
    refused = config("nginx", "--config", settings, "--out", tmp_path / "etc")
    assert refused.returncode == 2 and "drain-seconds" in refused.stderr
    settings.write_text(f'listen=["127.0.0.1:8400", "unix:{tmp_path}/s"]\ndrain-seconds=600\n')
    short = config("nginx", "--config", settings, "--out", tmp_path / "etc", "--shutdown-seconds", 60)
    assert short.returncode == 2 and "620 or more" in short.stderr and not (tmp_path / "etc").exists()
    done = config("nginx", "--config", settings, "--out", tmp_path / "etc", "--shutdown-seconds", 620)
    assert done.returncode == 0 and f"nginx -t -c {tmp_path}/etc/nginx.conf" in done.stdout, done
    text = (tmp_path / "etc/nginx.conf").read_text()
    assert f"server unix:{tmp_path}/s max_fails=0;" in text and "worker_shutdown_timeout 620s;" in text
    assert "8400" not in text


def test_the_systems_nginx_conf_is_kept_and_no_option_is_guessed(tmp_path):
    (tmp_path / "nginx.conf").write_text("# Debian's\n")
    for _ in range(2):
        done = config("nginx", "--system", "--out", tmp_path, "--tls", "/etc/ssl/c.pem", "/etc/ssl/k.pem", FAIRLEAD_LISTEN="unix:/run/x.sock")
        assert done.returncode == 0, done
        assert "there is no /etc/ssl/c.pem" in done.stderr
    assert (tmp_path / "nginx.conf.before-fairlead").read_text() == "# Debian's\n"
    text = (tmp_path / "nginx.conf").read_text()
    assert "server unix:/run/x.sock " in text and "user www-data;" in text and 'ssl_certificate "/etc/ssl/c.pem";' in text


def test_no_nginx_conf_of_somebody_else_is_lost(tmp_path):
    main, kept = tmp_path / "nginx.conf", tmp_path / "nginx.conf.before-fairlead"
    for theirs, where in [("# first\n", kept), ("# restored, and worked on\n", tmp_path / f"{kept.name}.2"),
                          ("http { include fairlead/http.conf; server { listen 81; } }\n", tmp_path / f"{kept.name}.3")]:
        main.write_text(theirs)
        done = config("nginx", "--system", "--out", tmp_path)
        assert done.returncode == 0, done
        assert where.read_text() == theirs and "made by `fairlead config nginx`" in main.read_text()
    assert kept.read_text() == "# first\n"


@pytest.mark.parametrize("words, code, said", [
    (["nginx"], 2, "say where to write it: --out DIR, --system or --stdout\nTry: fairlead config nginx --help"),
    (["nginx", "--stdout", "--listen", "80;"], 2, "--listen '80;'"),
    (["nginx", "--stdout", "--web", "/srv/$x"], 2, "--web '/srv/$x'"),
    (["nginx", "--stdout", "--nginx-version", "new"], 2, "1.22.1 is expected"),
    (["nginx", "--stdout", "--nginx-version", "1.10"], 2, "nginx 1.10.0 is too old"),
    (["nginx", "--stdout", "--no-such"], 2, "--no-such"),
    (["nginx", "--out", "/dev/null/x"], 1, "/dev/null/x"),
    (["show", "--drain-seconds", "x"], 2, "--drain-seconds"),
])
def test_a_mistake_says_what_to_do(words, code, said):
    done = config(*words)
    assert (done.returncode, done.stdout) == (code, "") and said in done.stderr, done


def test_config_alone_is_help_and_show_is_a_config_file(tmp_path):
    alone = config()
    assert alone.returncode == 0 and "fairlead config nginx --help" in alone.stdout
    shown = config("show", FAIRLEAD_READERS="7")
    assert shown.returncode == 0
    line = next(line for line in shown.stdout.splitlines() if line.startswith("readers=7 "))
    assert line.endswith("# the variable FAIRLEAD_READERS")
    (tmp_path / "again.conf").write_text(shown.stdout)
    again = config("show", "--config", tmp_path / "again.conf")
    assert again.returncode == 0 and any(line.startswith("readers=7 ") and line.endswith("# the file") for line in again.stdout.splitlines()), again
