#!/usr/bin/env bash
# Measures the sandbox rows of the design's table: our node beside anvil and EthereumJS, in one run, and writes bench/results/sandbox.md.
# Needs the .NET SDK and node with npm. Takes about three minutes. Exit code 1 when a row misses its target.
set -euo pipefail
cd "$(dirname "$0")/.."

built=artifacts/bench
mkdir -p "$built"
[ -d contracts/node_modules/solc ] || (cd contracts && npm ci --silent)
[ -d bench/peers/node_modules/@ethereumjs/evm ] || (cd bench/peers && npm ci --silent) || echo "bench: EthereumJS does not install; its rows stay empty" >&2
peer=bench/peers/ethereumjs.mjs
[ -d bench/peers/node_modules/@ethereumjs/evm ] || peer=-
node bench/peers/compile.mjs contracts "$built/workload.hex"
dotnet build src/Purser.Cli -c Release -v q -nologo -clp:NoSummary
dotnet build bench/Purser.Bench -c Release -v q -nologo -clp:NoSummary
exec artifacts/bin/Purser.Bench/release/Purser.Bench sandbox artifacts/bin/Purser.Cli/release/purser \
  "$(node contracts/tools/foundry.mjs anvil)" "$built/workload.hex" "$peer" bench/results/sandbox.md
