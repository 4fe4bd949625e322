"""What deploy/ says is true of the program: settings, metrics, and the formats of those who read the files."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

from harness import BINARY, ROOT

DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
# Read by the first start of `serve` alone, and by the example itself.
BESIDE_SETTINGS = {"TOLLBRIDGE_ADMIN_EMAIL", "TOLLBRIDGE_ADMIN_PASSWORD", "TOLLBRIDGE_DB_PASSWORD"}


def run(*command: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)


@pytest.fixture(scope="module")
def offered() -> tuple[set[str], set[str]]:
    """The flags and the variables of `serve`, and the flags of the commands beside it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBRIDGE_")}
    helps = [run(BINARY, command, "--help", env=environment).stdout for command in ("serve", "health")]
    text = "\n".join(helps)
    flags = set(re.findall(r"^\s+(?:-\w, )?--([a-z-]+)", text, re.M))
    variables = set(re.findall(r"\[env: (TOLLBRIDGE_\w+)", helps[0]))
    assert {"listen", "ready"} <= flags and "TOLLBRIDGE_LISTEN" in variables
    return flags, variables


def own_flags(path: pathlib.Path, text: str) -> set[str]:
    """The flags of ours that a file names: where it speaks of the program, not of others."""
    flag = r"(?<![\w-])--([a-z][a-z-]+)"
    if path.suffix == ".md":
        return set(re.findall(rf"`{flag}", text)) | set(re.findall(rf"tollbridge[^`|\n]*?{flag}", text))
    lines = [line for line in text.splitlines() if re.search(r"tollbridge\"?,? .*--|^#.*(?<![\w-])--", line)]
    others = re.compile("podman|systemctl|pgbackrest")
    return {found for line in lines if not others.search(line) for found in re.findall(flag, line)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_that_is_named_exists(path: pathlib.Path, offered):
    flags, variables = offered
    text = path.read_text()
    assert own_flags(path, text) <= flags
    assert set(re.findall(r"TOLLBRIDGE_\w*[A-Z]", text)) <= variables | BESIDE_SETTINGS


def test_the_flags_are_found_at_all():
    """Else the test above would prove nothing."""
    readme = (DEPLOY / "README.md").read_text()
    assert {"trusted-proxies", "metrics-listen", "stop-delay"} <= own_flags(DEPLOY / "README.md", readme)
    unit = DEPLOY / "systemd" / "tollbridge.service"
    assert {"config", "stop-delay"} <= own_flags(unit, unit.read_text())


def test_the_configuration_is_one(offered):
    flags, _ = offered
    text = (DEPLOY / "systemd" / "tollbridge.toml").read_text()
    commented = "\n".join(re.findall(r'^# ([a-z-]+ = ".*)$', text, re.M))
    shown = tomllib.loads(text)
    assert set(shown) | set(tomllib.loads(commented)) <= flags
    port = shown["metrics-listen"].rsplit(":", 1)[1]
    prometheus = yaml.safe_load((DEPLOY / "monitoring" / "prometheus.yml").read_text())
    targets = prometheus["scrape_configs"][0]["static_configs"][0]["targets"]
    assert f"127.0.0.1:{port}" in targets


def test_a_broken_configuration_would_be_noticed(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text('lissten = "127.0.0.1:0"\n')
    refused = run(BINARY, "serve", "--config", str(broken))
    assert refused.returncode != 0 and "lissten" in refused.stderr


def test_the_image_holds_the_program_and_nothing_else():
    lines = (DEPLOY / "container" / "Containerfile").read_text().splitlines()
    last = max(n for n, line in enumerate(lines) if line.startswith("FROM "))
    assert lines[last] == "FROM scratch"
    image = [line.split() for line in lines[last:] if line and not line.startswith("#")]
    copied = [words[-1] for words in image if words[0] in ("COPY", "ADD")]
    assert copied == ["/tollbridge", "/data"]
    assert not [words for words in image if words[0] == "RUN"]
    user = next(words[1] for words in image if words[0] == "USER")
    assert user.split(":")[0] not in ("0", "root")
    check = next(words for words in image if words[0] == "HEALTHCHECK")
    assert '["/tollbridge",' in check


@pytest.mark.parametrize("path", ["container/compose.yaml", "postgres/compose.yaml"])
def test_compose_files_hold_together(path: str):
    file = DEPLOY / path
    compose = yaml.safe_load(file.read_text())
    for name, service in compose["services"].items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("./"):
                assert (file.parent / source).is_file(), f"{name} mounts {source}"
            else:
                assert source in compose["volumes"], f"{name} mounts {source}"
        assert set(service.get("depends_on", [])) <= set(compose["services"])
        assert set(service.get("secrets", [])) <= set(compose.get("secrets", {}))
        if service["image"] == "tollbridge":
            assert service["read_only"] and service["cap_drop"] == ["ALL"]


def metrics() -> set[str]:
    """Every name that the program may answer with."""
    source = (ROOT / "crates" / "server" / "src" / "metrics.rs").read_text()
    return set(re.findall(r'"(tollbridge_\w+)",\s*Kind::', source))


def test_alerts_ask_for_metrics_that_exist():
    rules = yaml.safe_load((DEPLOY / "monitoring" / "alerts.yml").read_text())["groups"][0]["rules"]
    assert len(rules) >= 5
    known = metrics()
    for rule in rules:
        for name in re.findall(r"tollbridge_\w+", rule["expr"]):
            assert re.sub(r"_(bucket|sum|count)$", "", name) in known, rule["alert"]
        assert rule["annotations"]["summary"] and rule["labels"]["severity"] in ("page", "ticket")


# Those who read the files, where they are installed.


def needs(program: str) -> str:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if not found:
        pytest.skip(f"{program} is not installed")
    return found


def test_prometheus_reads_its_files():
    promtool = needs("promtool")
    for what, name in (("config", "prometheus.yml"), ("rules", "alerts.yml")):
        checked = run(promtool, "check", what, str(DEPLOY / "monitoring" / name))
        assert checked.returncode == 0, checked.stderr + checked.stdout


def test_systemd_reads_the_unit(tmp_path):
    analyze = needs("systemd-analyze")
    text = (DEPLOY / "systemd" / "tollbridge.service").read_text()
    unit = tmp_path / "tollbridge.service"
    unit.write_text(text.replace("/usr/local/bin/tollbridge", BINARY))
    verified = run(analyze, "verify", str(unit))
    assert verified.returncode == 0 and "tollbridge.service" not in verified.stderr, verified.stderr


def test_nginx_reads_its_configuration(tmp_path):
    nginx, openssl = needs("nginx"), needs("openssl")
    made = run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=connect.example.com",
               "-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem"))
    assert made.returncode == 0, made.stderr
    ours = (DEPLOY / "proxy" / "nginx.conf").read_text().replace("/etc/ssl/connect.example.com", str(tmp_path))
    # Ports below 1024 are not for everybody.
    ours = re.sub(r"listen (\[::\]:)?(80|443)\b", lambda it: f"listen {it[1] or ''}{int(it[2]) + 30000}", ours)
    (tmp_path / "site.conf").write_text(ours)
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off; include {tmp_path}/site.conf; }}\n")
    checked = run(nginx, "-t", "-c", str(whole), "-p", str(tmp_path))
    assert checked.returncode == 0, checked.stderr


def test_caddy_reads_its_configuration(tmp_path):
    caddy = needs("caddy")
    file = str(DEPLOY / "proxy" / "Caddyfile")
    checked = run(caddy, "validate", "--adapter", "caddyfile", "--config", file, env={**os.environ, "HOME": str(tmp_path)})
    assert checked.returncode == 0, checked.stderr
