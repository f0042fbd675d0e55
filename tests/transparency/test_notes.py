from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wages.transparency import notes

# RFC 8032, 7.1, TEST 1: a known key pair, so the whole note is a known answer
SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
KEY = Ed25519PrivateKey.from_private_bytes(SECRET)
NAME = "example.com/log"
TREE = notes.Tree(origin=NAME, size=3, root=bytes(range(32)))
NOTE = notes.sign(TREE.text(), NAME, KEY)
VERIFIER = notes.verifier_key(NAME, KEY.public_key())


def test_the_verifier_key_is_name_id_and_type_byte_with_key() -> None:
    name, identifier, encoded = VERIFIER.split("+", 2)
    assert name == NAME
    assert bytes.fromhex(identifier) == notes.key_id(NAME, PUBLIC)
    assert base64.b64decode(encoded) == b"\x01" + PUBLIC


def test_the_c2sp_example_key_has_its_published_id() -> None:
    """The vkey printed in the documentation of Go's sumdb note package."""
    vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    name, _ = notes.parse_verifier_key(vkey)
    assert name == "PeterNeumann"
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert notes.open_note(f"{text}\n— PeterNeumann {line}\n", vkey) == text


def test_a_checkpoint_is_origin_size_and_root_and_opens() -> None:
    text = notes.open_note(NOTE, VERIFIER)
    assert text == f"{NAME}\n3\n{base64.b64encode(bytes(range(32))).decode()}\n"
    assert notes.parse_tree(text) == TREE


@pytest.mark.parametrize("changed", [("\n3\n", "\n4\n"), ("AAEC", "AAED"), (NAME, "example.com/lag")])
def test_a_changed_text_is_refused(changed: tuple[str, str]) -> None:
    with pytest.raises(notes.BadNote):
        notes.open_note(NOTE.replace(*changed), VERIFIER)


def test_a_note_of_another_key_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(notes.BadNote, match="has not signed"):
        notes.open_note(notes.sign(TREE.text(), NAME, other), VERIFIER)


def test_a_second_spelling_of_the_signature_is_refused() -> None:
    # the blob is 68 bytes, so its base64 ends in one "=" and the last digit has two unused bits
    place = NOTE.rindex("=") - 1
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    respelled = NOTE[:place] + letters[letters.index(NOTE[place]) | 1] + NOTE[place + 1 :]
    assert respelled != NOTE
    with pytest.raises(notes.BadNote, match="canonical base64"):
        notes.open_note(respelled, VERIFIER)


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "tab\tname"])
def test_a_name_that_the_format_forbids_is_refused(name: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.sign(TREE.text(), name, KEY)


@pytest.mark.parametrize(
    "text", ["a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "\n1\nAAAA\n", "a\n1\nAAAA\n", "a\nx\nAAAA\n"]
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.parse_tree(text)


@pytest.mark.parametrize(
    "vkey", ["", "a+b", "a+00000000+AAAA", VERIFIER.replace("+", "+0", 1), VERIFIER + "="]
)
def test_a_bad_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.parse_verifier_key(vkey)
