#!/usr/bin/env python3
"""Writes src/Purser.Ethereum/Keys/nfkd.gz: Unicode's compatibility decompositions, for CompatibilityDecomposition.cs; and
nfkc.gz: the pairs that compose, for CompatibilityComposition.cs, each line "<first> <second> <composed>" in hex.

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


# A primary composite is what its own canonical decomposition into two composes to again; the excluded ones do not.
pairs = []
for code in range(0x110000):
    if 0xD800 <= code <= 0xDFFF or 0xAC00 <= code <= 0xD7A3:
        continue
    form = unicodedata.decomposition(chr(code)).split()
    if len(form) == 2 and not form[0].startswith("<") and unicodedata.normalize("NFC", "".join(chr(int(c, 16)) for c in form)) == chr(code):
        pairs.append(f"{int(form[0], 16):x} {int(form[1], 16):x} {code:x}")

folder = pathlib.Path(__file__).resolve().parents[2] / "src/Purser.Ethereum/Keys"
for name, content in (("nfkd.gz", lines), ("nfkc.gz", pairs)):
    target = folder / name
    target.write_bytes(gzip.compress("\n".join(content).encode("ascii"), 9, mtime=0))
    print(f"{target.name}: {len(content)} lines, {target.stat().st_size} bytes")
