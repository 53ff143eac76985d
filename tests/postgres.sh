#!/bin/bash
# `tests/postgres.sh COMMAND…`: a PostgreSQL of its own, in a temporary folder and on a socket there, while the command
# runs. It is told the address by TESTS_POSTGRES.
set -euo pipefail
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$programs" ] || { echo "PostgreSQL is not installed: tests/setup.sh postgres" >&2; exit 1; }
folder=$(mktemp -d)
# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
    as=(runuser -u nobody --)
    chown nobody: "$folder"
fi

# By its own word: under runuser the process we started is not the server.
stopped() {
    local main
    main=$(head -1 "$folder/data/postmaster.pid" 2>/dev/null) && kill -INT "$main" && wait || true
    rm -rf "$folder"
}
trap stopped EXIT
cd "$folder"
"${as[@]}" "$programs/initdb" -D "$folder/data" -U preau -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/log" 2>&1 ||
    { cat "$folder/log" >&2; exit 1; }
# What survives a power cut is PostgreSQL's own business, and fsync on a busy test machine takes its time.
"${as[@]}" "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=200 \
    >>"$folder/log" 2>&1 &
server=$!
for _ in $(seq 600); do
    "$programs/pg_isready" -q -h "$folder" -U preau -d postgres && break
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
cd "$OLDPWD"
TESTS_POSTGRES="postgres:///postgres?host=$folder&user=preau" "$@"
