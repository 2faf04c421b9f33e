#!/usr/bin/env bash
# The contracts: install, build, check, update, test. Needs node and npm; everything else comes from contracts/package-lock.json.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
committed="$root/src/Purser.Protocol/Contracts/artifacts"
cd "$root/contracts"
export FOUNDRY_DISABLE_NIGHTLY_WARNING=1
forge=node_modules/.bin/forge

usage() {
  cat <<'TEXT'
usage: eng/contracts.sh <command>
  install      installs the locked npm packages, when they are missing or the lock has changed
  build        compiles sources and tests, and checks their formatting
  check        rebuilds the shipped artifacts and compares them byte for byte with the committed ones
  update       rewrites the committed artifacts
TEXT
}

# The stamp lies inside node_modules, so that removing the folder removes it too.
install() {
  local stamp=node_modules/.installed want
  want=$(cat package.json package-lock.json .npmrc | sha256sum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then return; fi
  echo "contracts: npm ci"
  # No package's script runs here: the Foundry packages' own would only warn or download.
  npm ci --ignore-scripts --loglevel=error
  printf '%s\n' "$want" > "$stamp"
}

build() {
  "$forge" fmt --check
  "$forge" build
}

check() {
  local fresh
  fresh=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder's name is fixed now
  trap "rm -rf '$fresh'" EXIT
  node tools/artifacts.mjs "$fresh"
  if ! diff -ru "$committed" "$fresh" | cut -c1-200; then
    echo "contracts: the committed artifacts differ from a rebuild (above; long lines cut)." >&2
    echo "contracts: if the change of the contracts is wanted, run: eng/contracts.sh update" >&2
    return 1
  fi
  echo "contracts: the committed artifacts equal a rebuild"
}

update() {
  rm -rf "$committed"
  node tools/artifacts.mjs "$committed"
  git -C "$root" status --short -- contracts "$committed"
}

case "${1:-}" in
  install) install ;;
  build|check|update) install; "$@" ;;
  *) usage >&2; exit 2 ;;
esac
