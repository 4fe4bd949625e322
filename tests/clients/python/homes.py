"""The homes of the data that the hard tests run over: a file of one server, or PostgreSQL and two of them."""

from __future__ import annotations

import base64
import pathlib
import subprocess

from books import check_file
from cluster import Cluster, url
from harness import BINARY, Server

HOMES = ("embedded", "postgresql")


class Home:
    def __init__(self, kind: str, folder: pathlib.Path, clusters: list[Cluster] | None = None):
        self.folder, self.clusters = folder, clusters or []
        if kind == "embedded":
            self.servers = [Server(folder / "data")]
            self.where = ("--data", str(folder / "data"))
            return
        if not self.clusters:
            self.clusters.append(Cluster())
        self.clusters[0].sql("CREATE DATABASE tollbridge")
        key = folder / "vault.key"
        key.touch(mode=0o600)  # one that others can read is refused
        key.write_bytes(base64.b64encode(bytes(range(32))))
        self.where = ("--database", url("tollbridge", *self.clusters))
        settings = (*self.where, "--vault-key-file", str(key))
        self.servers = [Server(folder / f"node{number}", *settings) for number in range(2)]

    def __enter__(self) -> Home:
        try:
            [server.start() for server in self.servers]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        [server.kill() for server in self.servers]
        [cluster.close() for cluster in self.clusters]

    def check(self):
        """What `tollbridge check` says of the state, and the database of its files; the servers are down."""
        checked = subprocess.run([BINARY, "check", *self.where], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        self.check_files()

    def check_files(self):
        """What the database itself says of its files; the servers are down."""
        if self.clusters:
            self.clusters[-1].sql("CREATE EXTENSION IF NOT EXISTS amcheck", "tollbridge")
            self.clusters[-1].sql("SELECT bt_index_check(c.oid, true) FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
                                  " WHERE a.amname = 'btree' AND c.relkind = 'i'", "tollbridge")
        else:
            check_file(self.servers[0].data)
