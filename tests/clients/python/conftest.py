import json
import os
import pathlib

import pytest
import stripe

import harness
from harness import PLATFORM_SECRET, Receiver, Server


class Recorder(stripe.RequestsClient):
    """The SDK's own transport; keeps a copy of every answer, for the check of shapes.

    What a publishable key sees lies apart: it is shown no metadata.
    """

    def __init__(self, path: pathlib.Path, public: pathlib.Path):
        super().__init__(timeout=30)
        self.path, self.public = path, public

    def request(self, method, url, headers, post_data=None):
        content, status, answered = super().request(method, url, headers, post_data)
        if "/v1/" in url or "/oauth/" in url:
            caller = headers.get("Authorization", "")
            path = self.public if caller.startswith("Bearer pk_") else self.path
            with path.open("a", encoding="utf-8") as out:
                out.write(json.dumps(json.loads(content)) + "\n")
        return content, status, answered


@pytest.fixture(scope="session", autouse=True)
def recorder():
    folder = pathlib.Path(os.environ.get("TOLLBRIDGE_SHAPES", harness.TARGET / "shapes"))
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "python.jsonl", folder / "python.public.jsonl"
    for path in paths:
        path.unlink(missing_ok=True)
    stripe.default_http_client = Recorder(*paths)
    # A test that passes only at the second try should fail.
    stripe.max_network_retries = 0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("data")).start()
    stripe.api_base = stripe.connect_api_base = running.origin
    stripe.api_key = PLATFORM_SECRET
    stripe.client_id = harness.DEVELOPMENT
    yield running
    stripe.api_key = None
    running.stop()


@pytest.fixture(scope="module")
def connection(server):
    """The seller connected to the platform with read_write; not to be revoked by a test."""
    return server.connect()


@pytest.fixture(scope="module")
def token(connection):
    """The access token of that connection."""
    return connection["access_token"]


@pytest.fixture
def receiver():
    listening = Receiver()
    yield listening
    listening.close()
