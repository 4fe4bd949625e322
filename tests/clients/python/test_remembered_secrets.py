"""An answer that holds a secret is remembered for its idempotency key, and lies sealed while it is."""

from harness import PLATFORM_SECRET, Server
from test_keys import keys, well


def test_a_remembered_secret_is_sealed_and_told_again(tmp_path):
    server = Server(tmp_path / "data").start()

    def make(key="hook"):
        return server.post("/v1/webhook_endpoints", PLATFORM_SECRET,
                           {"url": "http://127.0.0.1:9/hook", "enabled_events": ["charge.succeeded"], "description": "é" * 2000},
                           headers={"Idempotency-Key": key})

    first = make()
    assert first.status_code == 200, first.text
    secret = first.json()["secret"]
    assert secret.startswith("whsec_") and make().json() == first.json()
    server.stop()
    assert not [path for path in server.data.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    # It is sealed again with everything else, so that the old key can go.
    well(keys(server, "rotate"))
    well(keys(server, "reseal"))
    well(keys(server, "retire", "k1"))
    server.start()
    again = make()
    assert again.json() == first.json() and again.headers["Idempotent-Replayed"] == "true"
    server.stop()
