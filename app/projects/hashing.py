"""How secrets are kept: as hashes that are compared in constant time."""

import hashlib
import hmac
import secrets
from typing import Final

# The parameters of Node's scrypt when none are given, which OpenPanel's hashes were made
# with: an imported hash keeps working.
_COST: Final = 16_384
_BLOCK_SIZE: Final = 8
_PARALLELISM: Final = 1
_KEY_BYTES: Final = 32
_MEMORY_BYTES: Final = 64 * 1024 * 1024


def hash_client_secret(secret: str, salt: str) -> str:
    """`<salt>.<key>`, the key in hexadecimal.

    Costs about 50 ms of processor time and 16 MiB: call it from a worker thread. The salt
    is 32 hexadecimal characters and enters the hash as text.
    """
    key = hashlib.scrypt(
        _bytes(secret),
        salt=salt.encode(),
        n=_COST,
        r=_BLOCK_SIZE,
        p=_PARALLELISM,
        maxmem=_MEMORY_BYTES,
        dklen=_KEY_BYTES,
    )
    return f"{salt}.{key.hex()}"


def is_client_secret(secret: str, stored: str) -> bool:
    """Whether the stored hash is that of the secret; costs as much as hashing."""
    salt, _, _ = stored.partition(".")
    return hmac.compare_digest(hash_client_secret(secret, salt).encode(), stored.encode())


def new_salt() -> str:
    """A salt for one client's secret."""
    return secrets.token_hex(16)


def hash_token(token: str) -> str:
    """The SHA-256 of a secret that this program drew at random, in hexadecimal.

    Such a secret has 128 random bits or more: guessing it is hopeless at any speed, so a
    slow hash would protect nothing, and a hash without salt can be looked up.
    """
    return hashlib.sha256(_bytes(token)).hexdigest()


def is_token(token: str, stored: str) -> bool:
    """Whether the stored hash is that of the token."""
    return hmac.compare_digest(hash_token(token), stored)


class Fingerprints:
    """Makes keys for what is remembered about secrets, without keeping the secrets.

    The key of the digest lives in this process only, so that a dump of the memory of
    remembered keys is of no use to one who guesses.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def of(self, *parts: str) -> bytes:
        """The fingerprint of these parts, 32 bytes; where a part ends matters."""
        digest = hashlib.blake2b(key=self._key, digest_size=32)
        for part in parts:
            encoded = _bytes(part)
            digest.update(len(encoded).to_bytes(8, "big"))
            digest.update(encoded)
        return digest.digest()


def _bytes(secret: str) -> bytes:
    # A JSON body may hold half a surrogate pair: a wrong secret, not a broken server.
    return secret.encode("utf-8", "surrogatepass")
