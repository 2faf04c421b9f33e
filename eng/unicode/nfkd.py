#!/usr/bin/env python3
"""Writes src/Purser.Ethereum/Keys/nfkd.gz: Unicode's compatibility decompositions, for CompatibilityDecomposition.cs.

Each line is either "<code> <code> ..." (a character and its full NFKD form, in hex) or "<code>=<class>" (its canonical
combining class, decimal, where it is not 0). Hangul syllables are left out: they are computed. The data are those of the
Unicode Character Database that this Python carries (unicodedata.unidata_version).
"""
import gzip
import pathlib
import unicodedata

lines = [f"#{unicodedata.unidata_version}"]
for code in range(0x110000):
    if 0xD800 <= code <= 0xDFFF or 0xAC00 <= code <= 0xD7A3:
        continue
    form = unicodedata.normalize("NFKD", chr(code))
    if form != chr(code):
        lines.append(" ".join(f"{ord(c):x}" for c in chr(code) + form))
    if unicodedata.combining(chr(code)):
        lines.append(f"{code:x}={unicodedata.combining(chr(code))}")

target = pathlib.Path(__file__).resolve().parents[2] / "src/Purser.Ethereum/Keys/nfkd.gz"
target.write_bytes(gzip.compress("\n".join(lines).encode("ascii"), 9, mtime=0))
print(f"{target.name}: {len(lines)} lines, {target.stat().st_size} bytes")
