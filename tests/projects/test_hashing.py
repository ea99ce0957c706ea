import pytest

from app.projects.hashing import (
    Fingerprints,
    hash_client_secret,
    hash_token,
    is_client_secret,
    is_token,
    new_salt,
)

STORED = (
    "00112233445566778899aabbccddeeff."
    "d504f087ec27d3900f6b61b68bb58676accb2ae0c85e5bdb363c99af286bab85"
)


def test_client_secret_has_the_hash_that_openpanel_gives_it() -> None:
    assert hash_client_secret("sec_example", "00112233445566778899aabbccddeeff") == STORED


@pytest.mark.parametrize(
    ("secret", "stored", "is_right"),
    [
        ("sec_example", STORED, True),
        ("sec_Example", STORED, False),
        ("", STORED, False),
        ("sec_example", STORED[:-1], False),
        ("sec_example", "", False),
        ("sec_example", "ünfug", False),
    ],
)
def test_client_secret_is_compared_with_its_hash(
    secret: str, stored: str, is_right: object
) -> None:
    assert is_client_secret(secret, stored) is is_right


def test_salts_are_long_and_differ() -> None:
    assert len(new_salt()) == 32
    assert new_salt() != new_salt()


def test_token_is_found_by_its_sha256() -> None:
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hash_token("abc") == digest
    assert is_token("abc", digest)
    assert not is_token("abd", digest)


def test_fingerprint_depends_on_where_parts_end_and_on_the_process() -> None:
    here = Fingerprints()
    assert here.of("ab", "c") == here.of("ab", "c")
    assert here.of("ab", "c") != here.of("a", "bc")
    assert here.of("ab", "c") != Fingerprints().of("ab", "c")
