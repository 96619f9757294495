#!/usr/bin/env bash
# run.sh - run every fuzz target for a while, from its seeds.
#
#	run.sh BUILD SECONDS
#
# BUILD is a build directory made with --enable-fuzzers. What a target finds
# interesting is kept in BUILD/tests/fuzz/corpus/NAME for the next run; an input
# that breaks something is left in BUILD/tests/fuzz, named crash-..., and fails
# the run: mend it, and add it to tests/fuzz/seeds.

set -eu

[ $# = 2 ] || {
	echo 'usage: run.sh BUILD SECONDS' >&2
	exit 2
}
build=$(cd "$1" && pwd)
seconds=$2
src=$(cd "$(dirname "$0")/../.." && pwd)
postgres=$src/conf/quickstart/postgres
work=$(mktemp -d /tmp/chatelaine-fuzz-XXXXXX)
chmod 755 "$work"
trap '"$postgres" stop "$work/pg" --fast; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# The real one, as tokens are signed with keys that are kept there.
"$postgres" start "$work/pg" --fast
url="postgres:///chatelaine?host=$work/pg/sock&sslmode=disable"
export CHATELAINE_CONF="$src/tests/harness/site.conf"
export CHATELAINE_TEMPLATES_DIR="$src/templates"
export CHATELAINE_MIGRATIONS_DIR="$src/migrations"
export CHATELAINE_DATABASE_URL="$url&user=chatelaine_web"
export CHATELAINE_DATABASE_WORKER_URL="$url&user=chatelaine"
CHATELAINE_MASTER_KEY=$(printf '%064d' 0)
export CHATELAINE_MASTER_KEY
cd "$build/tests/fuzz"
"$build/sbin/chatelaine" migrate up >migrate.log 2>&1 || {
	cat migrate.log >&2
	exit 1
}

# The programs log what they refuse, input by input: close_fd_mask.
fuzz() { # NAME
	mkdir -p "corpus/$1"
	if "./fuzz_$1" -max_total_time="$seconds" -timeout=10 \
	    -rss_limit_mb=1024 -max_len=8192 -close_fd_mask=2 \
	    -print_final_stats=1 -verbosity=1 \
	    "corpus/$1" "$src/tests/fuzz/seeds/$1" >"$1.log" 2>&1; then
		printf '%s: %s inputs in %s s, none broke it\n' "$1" \
		    "$(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$1.log")" "$seconds"
	else
		tail -n 60 "$1.log" >&2
		printf '%s: broken, see %s\n' "$1" "$PWD"
		: >"$work/broken.$1"
	fi
}

export -f fuzz
export seconds src work

# As many at a time as there are processors.
names=$(find . -maxdepth 1 -name 'fuzz_*' ! -name '*.o' -printf '%f\n' |
	sed 's/^fuzz_//' | sort)
xargs -P "$(nproc)" -I NAME bash -euc 'fuzz NAME' <<<"$names"
count=$(wc -w <<<"$names")
failed=$(find "$work" -maxdepth 1 -name 'broken.*' | wc -l)
echo "$count targets, $failed broken"
[ "$count" -gt 0 ] && [ "$failed" = 0 ]
