"""Small harms to a file: the same seed harms it in the same way for ever."""

from __future__ import annotations

import random
import struct

_ODD = [0, 1, -1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
_FORMS = ["<I", ">I", "<H", ">H", "<Q", ">Q"]


def mutated(seeds: list[bytes], tokens: list[bytes], seed: int) -> bytes:
    """One of the seeds with one to six harms done to it."""
    chance = random.Random(seed)
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 6)):
        data = _harmed(data, seeds, tokens, chance)
    return bytes(data)


def _harmed(
    data: bytearray, seeds: list[bytes], tokens: list[bytes], chance: random.Random
) -> bytearray:
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice([1, 2, 4, 16, 200, len(data)]))
    match chance.randrange(9):
        case 0 | 1 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 2:
            del data[at:end]
        case 3:
            data[at:at] = data[at:end] * chance.choice([1, 2, 50])
        case 4:
            data[at:end] = chance.randbytes(min(end - at, 64))
        case 5:
            number = struct.pack(form := chance.choice(_FORMS), _fitting(chance, form))
            data[at : at + len(number)] = number
        case 6:
            other = chance.choice(seeds)
            data[at:] = other[chance.randrange(len(other) + 1) :]
        case 7 if tokens:
            data[at : at + chance.choice([0, 0, 4])] = chance.choice(tokens)
        case _:
            del data[at:]
    return data


def _fitting(chance: random.Random, form: str) -> int:
    return chance.choice(_ODD) & ((1 << 8 * struct.calcsize(form)) - 1)
