"""A throw-away PostgreSQL cluster from the programs of the Debian package, on a socket in a directory of its own."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.parse

ROLE = "tollbridge"
NOBODY = 65534  # PostgreSQL refuses to run as root


def programs() -> pathlib.Path:
    releases = pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")
    found = max(releases, key=lambda path: int(path.parts[-3]), default=None)
    assert found, "PostgreSQL is not installed: apt-get install postgresql"
    return found.parent


class Cluster:
    """A running server; commits wait for the disk."""

    def __init__(self, *settings: str, follows: Cluster | None = None):
        # A socket's path is short.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pg-"))
        self.data = self.folder / "data"
        self.user = {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}
        if self.user:
            os.chown(self.folder, NOBODY, NOBODY)
        if follows:
            self._run("pg_basebackup", "-h", follows.folder, "-U", ROLE, "-c", "fast", "-X", "stream", "-R",
                      "-d", "application_name=replica", "-D", self.data)
        else:
            self._run("initdb", "-N", "-A", "trust", "-E", "UTF8", "--locale=C", "-U", ROLE, "-D", self.data)
        with (self.data / "postgresql.conf").open("a") as conf:
            lines = ["listen_addresses = ''", f"unix_socket_directories = '{self.folder}'", "max_connections = 100"]
            conf.write("\n" + "\n".join([*lines, *settings]) + "\n")
        self.server: subprocess.Popen | None = None
        self.start()

    def _run(self, program, *arguments):
        ended = subprocess.run([programs() / program, *arguments], cwd="/", capture_output=True, text=True, **self.user)
        assert ended.returncode == 0, f"{program}: {ended.stderr}"
        return ended.stdout

    def start(self, timeout=60):
        log = (self.folder / "log").open("a")
        self.server = subprocess.Popen([programs() / "postgres", "-D", self.data], cwd="/", stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log, **self.user)
        deadline = time.monotonic() + timeout
        while subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder]).returncode:
            alive = self.server.poll() is None and time.monotonic() < deadline
            assert alive, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.05)

    def sql(self, statement, database="postgres") -> str:
        return self._run("psql", "-h", self.folder, "-U", ROLE, "-XAtq", "-d", database, "-c", statement).strip()

    def crash(self):
        """As a crash of the machine: nothing is finished, and the next start recovers from the log."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)
        self.server.wait()
        self.server = None

    def promote(self):
        self._run("pg_ctl", "promote", "-w", "-D", self.data)

    def close(self):
        if self.server:
            self.crash()
        shutil.rmtree(self.folder)


def url(database: str, *clusters: Cluster) -> str:
    """Where the database is; of several clusters, the one that takes writes is found."""
    hosts = ",".join(urllib.parse.quote(str(cluster.folder), safe="") for cluster in clusters)
    return f"postgres://{ROLE}@{hosts}/{database}"
