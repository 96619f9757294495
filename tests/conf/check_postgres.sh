#!/bin/sh
# check_postgres.sh - the private cluster comes up, whatever happened before.

set -eu
postgres=${srcdir:-.}/conf/quickstart/postgres
top=$(mktemp -d "${TMPDIR:-/tmp}/check_postgres.XXXXXX")
chmod 755 "$top"	# as root, PostgreSQL runs as somebody else
dir=$top/cluster

other=''

clean_up() {
	[ -z "$other" ] || kill "$other"
	"$postgres" stop "$dir" --fast 2>/dev/null || :
	rm -rf "$top"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

fail() {
	printf 'FAIL: %s\n' "$1" >&2
	exit 1
}

ask() { # ROLE SQL
	psql -XqAt -v ON_ERROR_STOP=1 -h "$dir/sock" -U "$1" -d chatelaine \
	    -c "$2"
}

# Start, and kill the script and all it waits for as soon as a file is there.
kill_at() { # FILE
	setsid "$postgres" start "$dir" --fast 2>/dev/null &
	group=$!
	until [ -e "$dir/$1" ] || ! kill -0 "$group" 2>/dev/null; do :; done
	kill -KILL "-$group" || fail "no kill at $1"
	wait "$group" 2>/dev/null || :
}

status=0
"$postgres" stop "$dir" 2>/dev/null || status=$?
[ "$status" != 3 ] || { echo 'SKIP: PostgreSQL is not installed'; exit 77; }
[ "$status" = 0 ] || fail 'stopping what never ran is an error'

# Survives a kill at any point.
for point in data.new data data/postmaster.pid sock/.s.PGSQL.5432; do
	kill_at "$point"
	"$postgres" start "$dir" --fast || fail "no start after a kill at $point"
	ask chatelaine_web 'SELECT' || fail "not whole after a kill at $point"
	[ "$point" = sock/.s.PGSQL.5432 ] && break
	"$postgres" stop "$dir" --fast
	rm -rf "$dir"
done
"$postgres" start "$dir" --fast || fail 'no second start'

# Has the roles and rights that the programs are written for.
[ "$(ask chatelaine "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles
    WHERE rolname = current_user")" = 'f|t|t' ] || fail 'chatelaine rights'
[ "$(ask chatelaine_web "SELECT rolsuper, rolcreatedb, rolcreaterole,
    pg_has_role('chatelaine_handler', 'usage') FROM pg_roles
    WHERE rolname = current_user")" = 'f|f|f|t' ] || fail 'web rights'
[ "$(ask chatelaine "SELECT pg_get_userbyid(datdba), datcollate,
    pg_encoding_to_char(encoding), current_setting('data_checksums'),
    current_setting('listen_addresses') FROM pg_database
    WHERE datname = current_database()")" = 'chatelaine|C.UTF-8|UTF8|on|' ] ||
	fail 'database settings'
ask chatelaine 'CREATE ROLE other; GRANT chatelaine_handler TO other' ||
	fail 'chatelaine can not grant the handler role'

# Keeps others out of the socket's directory.
[ "$(stat -c %a "$dir/sock")" = 700 ] || fail 'the socket is open to others'

# Keeps what is in it; --fast is the affair of one start.
ask chatelaine 'CREATE TABLE kept AS SELECT 42 AS n'
"$postgres" stop "$dir"
"$postgres" start "$dir"
[ "$(ask chatelaine 'SELECT n FROM kept')" = 42 ] || fail 'data lost'
[ "$(ask chatelaine 'SHOW fsync')" = on ] || fail 'still careless'

# Copies a new cluster from a pattern with all that is in it, and leaves that
# alone; makes one where there is none, or it is of another version or user.
"$postgres" stop "$dir"
mv "$dir/data" "$top/pattern"
rm -rf "$dir"
mkdir "$top/old" "$top/foreign"
echo 9 >"$top/old/PG_VERSION"
chown --reference "$top/pattern" "$top/old"
cp "$top/pattern/PG_VERSION" "$top/foreign"
[ "$(id -u)" != 0 ] || set -- "$top/foreign"
for pattern in "$top/none" "$top/old" "$@" "$top/pattern"; do
	"$postgres" start "$dir" --fast --pattern "$pattern" ||
		fail "no start by $pattern"
	ask chatelaine_web 'SELECT' || fail "not whole by $pattern"
	[ "$pattern" = "$top/pattern" ] && break
	[ -e "$dir/initdb.log" ] || fail "no initdb by $pattern"
	"$postgres" stop "$dir" --fast
	rm -rf "$dir"
done
[ ! -e "$dir/initdb.log" ] || fail 'initdb beside a pattern'
[ "$(ask chatelaine 'SELECT n FROM kept')" = 42 ] || fail 'an empty copy'
[ ! -e "$top/pattern/postmaster.pid" ] || fail 'the pattern runs'

# What a stop has written stays.
ask chatelaine 'UPDATE kept SET n = 43'
"$postgres" stop "$dir"
"$postgres" start "$dir" --fast

# Comes back at once when the server was killed.
kill -KILL "$(sed -n 1p "$dir/data/postmaster.pid")"
"$postgres" start "$dir" --fast || fail 'no start after a killed server'
[ "$(ask chatelaine 'SELECT n FROM kept')" = 43 ] || fail 'data lost in a kill'

# Gets past a postmaster.pid whose number another process has now.
"$postgres" stop "$dir"
owner=$(stat -c %U "$dir/data")
if [ "$(id -u)" = 0 ]; then
	setpriv --reuid "$owner" --clear-groups sleep 300 &
else
	sleep 300 &
fi
other=$!
cat >"$dir/data/postmaster.pid" <<END
$other
$dir/data
1
5432
../sock

0 0
ready
END
chown "$owner" "$dir/data/postmaster.pid"
"$postgres" start "$dir" --fast || fail 'no start beside a stale pid'
kill -0 "$other" || fail 'killed a process not its own'
kill "$other"
other=

# Says what is wrong with a path that no socket can have.
long=$top/$(printf '%090d' 0)
if "$postgres" start "$long" 2>"$top/message"; then
	fail 'took a path that is too long'
fi
grep -q 'too long by' "$top/message" || fail 'no word of the length'

# Leaves nothing running, though what has stopped may take a moment to end.
pid=$(sed -n 1p "$dir/data/postmaster.pid")
"$postgres" stop "$dir" --fast
# shellcheck disable=SC2016 # the inner shell's $1
timeout 60 sh -c 'while [ -e "/proc/$1/exe" ]; do sleep 0.1; done' sh "$pid" ||
	fail 'still running'
