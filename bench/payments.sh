#!/usr/bin/env bash
# Measures the payment rows of the design's table: our middleware and facilitator beside the official TypeScript ones, in one run, and
# writes bench/results/payments.txt. Needs the .NET SDK and node with npm. bench/payments.sh ROUNDS measures that many rounds (default 9,
# about three minutes). Exit code 1 when a row misses its target.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-9}
result=bench/results/payments.txt
[ -d contracts/node_modules/@foundry-rs ] || (cd contracts && npm ci --silent)
[ -d bench/peers/node_modules/@x402/express ] || (cd bench/peers && npm ci --silent)
dotnet build src/Purser.Cli -c Release -v q -nologo -clp:NoSummary
dotnet build bench/Purser.Bench -c Release -v q -nologo -clp:NoSummary
{
  echo "Payments, side by side; written by bench/payments.sh"
  echo
  eng/machine.sh
  echo "peers: node $(node --version)"
  echo
} >"$result"
exec artifacts/bin/Purser.Bench/release/Purser.Bench payments artifacts/bin/Purser.Cli/release/purser \
  "$(node contracts/tools/foundry.mjs anvil)" bench/peers "$rounds" "$result"
