#!/usr/bin/env bash
# The contracts: install, build, check, update, test. Needs node and npm; everything else comes from contracts/package-lock.json.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
committed="$root/src/Purser.Protocol/Contracts/artifacts"
committed_tests="$root/tests/Purser.Ethereum.Tests/Signatures/artifacts"
cd "$root/contracts"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# A profile of the caller's own would change the bytecode.
unset FOUNDRY_PROFILE
forge=

usage() {
  cat <<'TEXT'
usage: eng/contracts.sh <command>
  install      installs the locked npm packages, when they are missing or the lock has changed
  build        compiles sources and tests, and checks their formatting
  check        rebuilds the shipped artifacts and compares them byte for byte with the committed ones
  update       rewrites the committed artifacts and contracts/.gas-snapshot
  test [long]  runs the Solidity tests, compares the gas snapshot and the artifacts (these two count as one test each);
               long, or PURSER_TIER=long, runs many more inputs, from the seed PURSER_SEED (default 0).
               The last line is "contracts: N passed, N failed, N skipped".
TEXT
}

install_packages() {
  command -v npm > /dev/null || { echo "contracts: npm is needed (Node 20 or later)" >&2; exit 1; }
  # The stamp lies inside node_modules, so that removing the folder removes it too.
  local stamp=node_modules/.installed want
  want=$(node -p 'require("crypto").createHash("sha256").update(["package.json", "package-lock.json", ".npmrc"]
    .map((file) => require("fs").readFileSync(file, "utf8")).join("\0")).digest("hex")')
  if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$want" ]; then
    echo "contracts: npm ci"
    # No package's script runs here: those of the Foundry packages would only warn or download.
    npm ci --ignore-scripts --loglevel=error
    printf '%s\n' "$want" > "$stamp"
  fi
  forge=$(node tools/foundry.mjs forge)
}

build() {
  "$forge" fmt --check
  "$forge" build
}

check() {
  # Also called under `if`, where bash goes on after a command that failed.
  FOUNDRY_PROFILE=default node tools/artifacts.mjs shipped "$scratch/artifacts" || return 1
  FOUNDRY_PROFILE=default node tools/artifacts.mjs tests "$scratch/artifacts-of-tests" || return 1
  # The lines with bytecode are tens of kilobytes long.
  if ! diff -ru "$committed" "$scratch/artifacts" | cut -c1-200 || ! diff -ru "$committed_tests" "$scratch/artifacts-of-tests" | cut -c1-200; then
    echo "contracts: the committed artifacts differ from a rebuild, as above (long lines are cut)." >&2
    echo "contracts: if the contracts were meant to change, run: eng/contracts.sh update" >&2
    return 1
  fi
  echo "contracts: the committed artifacts equal a rebuild"
}

update() {
  build
  node tools/artifacts.mjs shipped "$scratch/artifacts"
  node tools/artifacts.mjs tests "$scratch/artifacts-of-tests"
  rm -rf "$committed" "$committed_tests"
  cp -r "$scratch/artifacts" "$committed"
  cp -r "$scratch/artifacts-of-tests" "$committed_tests"
  "$forge" snapshot --match-contract Gas --snap .gas-snapshot
  echo "contracts: wrote the artifacts and .gas-snapshot"
}

run_tests() {
  local seed=()
  case "${1:-${PURSER_TIER:-short}}" in
    short) ;;
    long)
      export FOUNDRY_PROFILE=long
      seed=(--fuzz-seed "${PURSER_SEED:-0}")
      ;;
    *) usage >&2; exit 2 ;;
  esac

  build
  local status=0
  "$forge" test "${seed[@]}" | tee "$scratch/tests" || status=1
  local counts passed failed skipped
  counts=$(sed -nE 's/^Ran [0-9]+ test suites? .*: ([0-9]+) tests? passed, ([0-9]+) failed, ([0-9]+) skipped.*/\1 \2 \3/p' "$scratch/tests")
  if [ -z "$counts" ]; then
    echo "contracts: forge printed no summary" >&2
    return 1
  fi
  read -r passed failed skipped <<< "$counts"

  if gas; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  if check; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  echo "contracts: $passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$status" = 0 ]
}

gas() {
  if FOUNDRY_PROFILE=default "$forge" snapshot --match-contract Gas --check .gas-snapshot > "$scratch/gas" 2>&1; then
    echo "contracts: the gas equals the snapshot"
    return
  fi
  grep '^Diff' "$scratch/gas" || cat "$scratch/gas"
  echo "contracts: the gas differs from contracts/.gas-snapshot; if that is meant, run: eng/contracts.sh update" >&2
  return 1
}

command=${1:-}
[ $# = 0 ] || shift
case "$command" in
  install) install_packages ;;
  build) install_packages; build ;;
  check) install_packages; check ;;
  update) install_packages; update ;;
  test) install_packages; run_tests "$@" ;;
  *) usage >&2; exit 2 ;;
esac
