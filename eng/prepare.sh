# Sourced by ./test: finds what the wanted parts need, installs what Debian can give, says plainly what else is missing.
# Uses the functions wanted and give_up and the variable work of its caller.

has_secp256k1() { ldconfig -p 2>/dev/null | grep -q 'libsecp256k1\.so\.' || ls /usr/lib/*/libsecp256k1.so.* >/dev/null 2>&1; }
# The package carries the library's version in its name: 1 in Debian 12, 2 in Debian 13.
secp256k1_package() {
  if apt-cache show libsecp256k1-2 >/dev/null 2>&1; then echo libsecp256k1-2; else echo libsecp256k1-1; fi
}
has_postgres() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
has_chromium() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

# PostgreSQL's package would otherwise set up and start a server of its own beside the one that the tests start.
without_system_cluster() {
  [ -e /etc/postgresql-common/createcluster.conf ] && return
  mkdir -p /etc/postgresql-common
  echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
}

# install_debian PACKAGE…: without a fresh list first (it is slow, and most machines have one), with one when that fails
install_debian() {
  local options="-y -q --no-install-recommends -o Dpkg::Options::=--force-confold"
  export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
  # shellcheck disable=SC2086 # the options are words
  apt-get install $options "$@" >"$work/apt.log" 2>&1 && return 0
  # shellcheck disable=SC2086
  { apt-get update -q && apt-get install $options "$@"; } >>"$work/apt.log" 2>&1
}

prepare_debian() {
  local lacking=()
  has_secp256k1 || lacking+=("$(secp256k1_package)")
  if wanted storage || wanted services || wanted system || wanted wallet; then
    has_postgres || lacking+=("postgresql")
  fi
  # The pages for people are tested in the distribution's browser; the package that drives it downloads none.
  if wanted services; then
    has_chromium || lacking+=("chromium")
  fi
  [ ${#lacking[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    give_up "this machine lacks ${lacking[*]}. On Debian, as root: apt-get install ${lacking[*]}"
  fi
  echo "── installing ${lacking[*]}"
  if [[ " ${lacking[*]} " == *" postgresql "* ]]; then without_system_cluster; fi
  install_debian "${lacking[@]}" || { tail -n 20 "$work/apt.log" >&2; give_up "apt-get could not install ${lacking[*]}"; }
}

# npm's packages, exactly as the lock files say and without running any package's own script. The stamp lies inside
# node_modules, so that removing the folder removes it too.
prepare_interop() {
  local stamp=interop/node_modules/.installed want
  want=$(cat interop/package.json interop/package-lock.json interop/.npmrc | sha256sum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then return; fi
  echo "── npm packages of interop"
  (cd interop && npm ci --ignore-scripts --loglevel=error) >"$work/npm.log" 2>&1 && echo "$want" >"$stamp" ||
    { tail -n 20 "$work/npm.log" >&2; give_up "npm could not install the packages of interop"; }
}

prepare_contracts() {
  eng/contracts.sh install >"$work/npm.log" 2>&1 ||
    { tail -n 20 "$work/npm.log" >&2; give_up "npm could not install the packages of contracts"; }
}

prepare_machine() {
  command -v dotnet >/dev/null 2>&1 || give_up "the .NET 10 SDK is needed, and 'dotnet' is not in PATH"
  prepare_debian
  # The Ethereum layer's key stores are opened by cast, the sandbox is compared with anvil, the wallet's external signer is
  # anvil, and interop's control scenario runs on it: all are of the contracts' packages.
  if wanted contracts || wanted interop || wanted ethereum || wanted sandbox || wanted wallet; then
    { command -v node && command -v npm; } >/dev/null 2>&1 ||
      give_up "the parts contracts, interop, ethereum, sandbox and wallet need node (20 or newer) and npm in PATH; ./test repo storage … runs the others"
    prepare_contracts
  fi
  if wanted interop; then prepare_interop; fi
}
