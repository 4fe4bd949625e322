"""Files with the official SDK, links that open them to everybody, and bodies that are none."""

import io
import secrets
import time

import pytest
import requests
import stripe

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08 and so on"


@pytest.fixture
def world(server):
    """A key that nobody used: its clock may be moved."""
    stripe.upload_api_base = server.origin
    return "sk_test_" + secrets.token_hex(12)


def a_file(name, contents):
    file = io.BytesIO(contents)
    file.name = name
    return file


def test_a_file_and_its_link(server, world):
    file = stripe.File.create(
        purpose="dispute_evidence",
        file=a_file("/home/ann/receipt.png", PNG),
        file_link_data={"create": True, "metadata": {"case": "7"}},
        api_key=world,
    )
    assert (file.filename, file.type, file.size) == ("receipt.png", "png", len(PNG))
    assert stripe.File.retrieve(file.id, api_key=world).links.data[0].metadata["case"] == "7"
    assert [it.id for it in stripe.File.list(purpose="dispute_evidence", api_key=world)] == [file.id]
    contents = requests.get(file.url, auth=(world, ""))
    assert contents.content == PNG and contents.headers["content-type"] == "image/png"
    assert requests.get(file.url).status_code == 401

    link = file.links.data[0]
    opened = requests.get(link.url)
    assert opened.content == PNG and opened.headers["content-type"] == "image/png"
    assert opened.headers["content-disposition"] == "inline; filename*=UTF-8''receipt.png"
    assert "sandbox" in opened.headers["content-security-policy"]
    assert requests.head(link.url).content == b""

    ends = int(time.time()) + 3600
    link = stripe.FileLink.modify(link.id, expires_at=ends, api_key=world)
    assert not link.expired
    moved = requests.post(f"{server.origin}/_tollbridge/clock", auth=(world, ""), data={"advance": 3601})
    assert moved.status_code == 200
    assert requests.get(link.url).status_code == 404
    assert stripe.FileLink.retrieve(link.id, api_key=world).expired
    assert [it.id for it in stripe.FileLink.list(file=file.id, expired=True, api_key=world)] == [link.id]
    another = stripe.FileLink.create(file=file.id, expand=["file"], api_key=world)
    assert another.file.id == file.id and requests.get(another.url).content == PNG

    event = stripe.Event.list(type="file.created", api_key=world).data[0]
    assert event.data.object.id == file.id


def test_a_large_file(server, world):
    pdf = b"%PDF-1.7\n" + secrets.token_bytes(9 << 20)
    file = stripe.File.create(purpose="tax_document_user_upload", file=a_file("tax.pdf", pdf), api_key=world)
    assert requests.get(file.url, auth=(world, "")).content == pdf
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.File.create(purpose="dispute_evidence", file=a_file("tax.pdf", pdf), api_key=world)
    assert refused.value.param == "file" and refused.value.http_status == 400


def test_other_accounts_see_nothing(server, world):
    file = stripe.File.create(purpose="business_logo", file=a_file("a.png", PNG), api_key=world)
    stranger = "sk_test_" + secrets.token_hex(12)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.File.retrieve(file.id, api_key=stranger)
    assert refused.value.code == "resource_missing"
    assert requests.get(file.url, auth=(stranger, "")).status_code == 404


def test_bodies_that_are_no_form_in_parts(server, world):
    where = f"{server.origin}/v1/files"

    def send(body, kind="multipart/form-data; boundary=x", key=world):
        headers = {"content-type": kind}
        if key:
            headers["authorization"] = f"Bearer {key}"
        return requests.post(where, data=body, headers=headers)

    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    for body, kind in [
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data"),
        (head + PNG, "multipart/form-data; boundary=x"),
        (head + PNG + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n" + b"A" * 9000 + b"\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
    ]:
        answer = send(body, kind)
        assert answer.status_code == 400 and answer.json()["error"]["message"], answer.text
    # Room for large bodies is not given to strangers, nor beyond the largest file.
    much = head + b"0" * (2 << 20) + b"\r\n--x--\r\n"
    assert send(much, key=None).status_code == 413
    assert send(much).status_code == 400
    # A form in parts is a form for whatever else is asked.
    made = requests.post(
        f"{server.origin}/v1/customers", auth=(world, ""), files={"email": (None, "ann@shop.example")}
    )
    assert made.status_code == 200 and made.json()["email"] == "ann@shop.example"
