#!/usr/bin/env bash
# A private PostgreSQL server for tests, in a folder of its own, on a free port of the loopback.
#   eng/postgres.sh start DIR    makes DIR, starts the server, prints its url (postgres://user:password@127.0.0.1:port/postgres)
#   eng/postgres.sh stop DIR     stops it and removes DIR
#   eng/postgres.sh serve DIR    start, then wait until standard input ends, then stop: nothing is left when the caller dies
#   eng/postgres.sh restart DIR  stops the server and starts it again on its port, as a crash would have it
#   eng/postgres.sh find         prints the folder of the server's programs; fails when there is none
# Runs as root (the server then runs as the user postgres, or nobody) and as an ordinary user. Its data is not durable (fsync=off).
set -euo pipefail

find_programs() {
  local candidate
  for candidate in "${PURSER_POSTGRES_BIN:-}" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -V -r) /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/pgsql/bin "$(dirname "$(command -v initdb 2>/dev/null || echo /nowhere/x)")"; do
    if [ -n "$candidate" ] && [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_ctl" ]; then
      echo "$candidate"
      return 0
    fi
  done
  echo "postgres.sh: no PostgreSQL server programs found (Debian: apt-get install postgresql)" >&2
  return 1
}

# The server refuses to run as root.
server_user() { if id -u postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }
as_server() {
  if [ "$(id -u)" != 0 ]; then
    "$@"
  else
    setpriv --reuid="$(server_user)" --regid="$(id -g "$(server_user)")" --clear-groups env HOME="$home" "$@"
  fi
}

# Where the server's files lie: DIR itself, unless the server's user cannot come there (a folder under root's own).
find_home() { if [ -f "$dir/home" ]; then cat "$dir/home"; else echo "$dir"; fi; }

start() {
  local bin password port attempt
  bin=$(find_programs)
  mkdir -p "$dir"
  chmod 700 "$dir"
  home=$dir
  if [ "$(id -u)" = 0 ]; then
    chown "$(server_user)" "$dir"
    if ! as_server test -w "$dir"; then
      home=$(TMPDIR="" mktemp -d -t purser-postgres.XXXXXX)
      chown "$(server_user)" "$home"
      echo "$home" > "$dir/home"
    fi
  fi
  cd "$home"
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077; echo "$password" > "$home/password")
  [ "$(id -u)" != 0 ] || chown "$(server_user)" "$home/password"
  as_server "$bin/initdb" -D "$home/data" -U postgres --auth=scram-sha-256 --pwfile="$home/password" --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 ||
    { cat "$dir/initdb.log" >&2; return 1; }
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 20000))
    if launch "$bin" "$port"; then
      echo "$port" > "$dir/port"
      echo "postgres://postgres:$password@127.0.0.1:$port/postgres"
      return 0
    fi
    grep -q 'could not bind' "$home/server.log" || break
  done
  cat "$home/server.log" >&2
  return 1
}

launch() {
  as_server "$1/pg_ctl" -D "$home/data" -l "$home/server.log" -w -t 60 -o "-p $2 -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off -c deadlock_timeout=50ms -c max_connections=300 -c shared_buffers=32MB -c max_wal_size=256MB -c log_min_messages=fatal" start >/dev/null 2>&1 </dev/null 9>&-
}

stop_server() {
  local bin
  bin=$(find_programs)
  home=$(find_home)
  if [ -f "$home/data/postmaster.pid" ]; then
    (cd "$home" && as_server "$bin/pg_ctl" -D "$home/data" -m immediate -w -t 60 stop >/dev/null 2>&1) || true
  fi
}

remove() { cd /; rm -rf "$(find_home)" "$dir"; }

[ $# -ge 1 ] || { sed -n '2,8p' "$0" >&2; exit 2; }
if [ "$1" = find ]; then
  find_programs
  exit
fi
[ $# -eq 2 ] || { sed -n '2,8p' "$0" >&2; exit 2; }
dir=$(mkdir -p "$(dirname "$2")" && cd "$(dirname "$2")" && pwd)/$(basename "$2")
case "$1" in
  start) start ;;
  stop) stop_server; remove ;;
  restart) stop_server; cd "$home"; launch "$(find_programs)" "$(cat "$dir/port")" ;;
  serve)
    trap 'stop_server; remove' EXIT
    trap 'exit 0' TERM INT HUP
    start
    cat >/dev/null || true
    ;;
  *) sed -n '2,8p' "$0" >&2; exit 2 ;;
esac
