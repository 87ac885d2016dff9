"""CRC-32C against the published vectors and the portable implementation."""

import random

import crcmod.predefined
import pytest

from mantisdb_engine import checksum

# RFC 3720, B.4, and the check value of the CRC catalogue.
VECTORS = [
    (bytes(32), 0x8A9136AA),
    (b"\xff" * 32, 0x62A8AB43),
    (bytes(range(32)), 0x46DD794E),
    (bytes(range(31, -1, -1)), 0x113FDB5C),
    (b"123456789", 0xE3069283),
    (b"", 0),
]


@pytest.mark.parametrize("function", [checksum.crc32c, checksum._portable()], ids=["in use", "portable"])
def test_published_vectors_hold(function):
    for data, expected in VECTORS:
        assert function(data) == expected


def test_both_implementations_agree_on_random_buffers_in_pieces():
    reference = crcmod.predefined.mkPredefinedCrcFun("crc-32c")
    rng = random.Random(20)
    for _ in range(300):
        data = rng.randbytes(rng.randrange(3000))
        cut = rng.randrange(len(data) + 1)
        assert checksum.crc32c(data[cut:], checksum.crc32c(data[:cut])) == reference(data)
        assert checksum.crc32c_batch([data[:cut], data[cut:]]) == reference(data)


def test_a_file_is_read_in_pieces_and_may_not_end_early(monkeypatch):
    monkeypatch.setattr(checksum, "FILE_PIECE_BYTES", 7)
    data = bytes(range(100))
    assert checksum.crc32c_file(lambda size, at: data[at : at + size], 100) == checksum.crc32c(data)
    with pytest.raises(EOFError):
        checksum.crc32c_file(lambda size, at: data[at : at + size], 101)
