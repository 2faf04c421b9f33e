#!/usr/bin/env bash
# Measures the crypto rows of the design's table beside their peers, in one run, and writes bench/results/crypto.md; then
# BenchmarkDotNet's table with what a verify allocates, bench/results/crypto-memory.md.
# Needs the .NET SDK, cc, node with npm, and libsecp256k1 (its runtime package is enough). Takes under four minutes.
# Exit code 1 when a row misses its target, or a verify allocates. Other benchmarks: dotnet run -c Release --project bench/Purser.Bench -- --filter '*'
set -euo pipefail
cd "$(dirname "$0")/.."

built=artifacts/bench
mkdir -p "$built"
library=
for soname in 1 2 5 6; do
  if ldconfig -p | grep -q "libsecp256k1\.so\.$soname "; then
    library=libsecp256k1.so.$soname
    break
  fi
done
[ -n "$library" ] || { echo "bench: libsecp256k1 is missing (apt-get install libsecp256k1-1)" >&2; exit 2; }

cc -O3 -Wall -Wextra bench/peers/keccak.c -o "$built/keccak"
cc -O3 -Wall -Wextra bench/peers/recover.c -o "$built/recover" "-l:$library"
[ -d bench/peers/node_modules/viem ] || (cd bench/peers && npm ci --silent)
dotnet build bench/Purser.Bench -c Release -v q -nologo -clp:NoSummary
missed=0
artifacts/bin/Purser.Bench/release/Purser.Bench crypto "$built" bench/results/crypto.md || missed=1
artifacts/bin/Purser.Bench/release/Purser.Bench memory bench/results/crypto-memory.md >"$built/memory.log" || { missed=1; tail -n 40 "$built/memory.log" >&2; }
cat bench/results/crypto-memory.md
exit $missed
