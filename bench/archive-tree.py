#!/usr/bin/env python3
"""Fills a directory for the archive benchmark: archive-tree.py DIR FILES MEGABYTES. Sizes as on a usual disk (Pareto), a third of the content random, the rest text. Always the same."""
import os
import random
import sys

directory, files, rest = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) * 1_000_000
chance = random.Random(3)
words = [chance.randbytes(chance.randrange(3, 9)).hex().encode() for _ in range(4000)]
sources = [b" ".join(chance.choice(words) for _ in range(400_000)), chance.randbytes(4 << 20)]
os.chdir(directory)


def write(path, size, most):
    with open(path, "wb") as file:
        while size > 0:
            source = sources[chance.random() >= 0.7]
            part = min(size, chance.randrange(1000, most))
            at = chance.randrange(len(source) - part)
            file.write(source[at:at + part])
            size -= part


for i in range(files):
    place = f"d{i // 2000}/e{i // 50 % 40}"
    if i % 50 == 0:
        os.makedirs(place, exist_ok=True)
    size = min(int(chance.paretovariate(1.1) * 9000), 3 << 20, max(rest, 0))
    write(f"{place}/f{i}", size, 200_000)
    rest -= size
for i in range(max(rest, 0) // 60_000_000 + 1):
    size = min(60_000_000, max(rest, 0))
    write(f"big{i}", size, 1_000_000)
    rest -= size
