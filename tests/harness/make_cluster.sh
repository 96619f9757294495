#!/bin/sh
# make_cluster.sh - a cluster with all migrations in it, which tests copy: to
# make it took most of the time of the small ones. From the directory of the
# build:
#
#	make_cluster.sh DATA
#
# It is made anew when what it is made of has changed. Where PostgreSQL does not
# start there is none, and what that means is for the tests to say.

set -eu
src=$(cd "$(dirname "$0")/../.." && pwd)
data=$1
sum=$(cd "$src" && cat conf/quickstart/postgres tests/harness/make_cluster.sh \
    migrations/control/* | cksum)

[ "$(cat "$data/sum" 2>/dev/null)" != "$sum" ] || exit 0
rm -rf "$data"

top=$(mktemp -d "${TMPDIR:-/tmp}/make_cluster.XXXXXX")
chmod 755 "$top"	# as root, PostgreSQL runs as somebody else
postgres=$src/conf/quickstart/postgres
trap '"$postgres" stop "$top/cluster" || :; rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM

"$postgres" start "$top/cluster" --fast 2>/dev/null || exit 0
cat >"$top/conf" <<END
site.url = http://127.0.0.1
database.url = host=$top/cluster/sock dbname=chatelaine user=chatelaine
migrations.dir = $src/migrations
END
sbin/chatelaine --config "$top/conf" migrate up >/dev/null
"$postgres" stop "$top/cluster"
mkdir -p "${data%/*}"
mv "$top/cluster/data" "$data"
printf '%s\n' "$sum" >"$data/sum"	# last, as a move may be cut short
