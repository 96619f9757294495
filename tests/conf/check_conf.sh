#!/bin/sh
# check_conf.sh - what `make install` puts in place for web servers and systemd
# is what they understand.

set -eu
PATH=$PATH:/usr/sbin:/sbin
top=$(mktemp -d "${TMPDIR:-/tmp}/check_conf.XXXXXX")
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
root=$top/root
status=0 skipped=

fail() {
	printf 'FAIL: %s\n' "$1" >&2
	status=1
}

# Silence is consent.
silent() { # WHAT COMMAND...
	what=$1
	shift
	"$@" >"$top/out" 2>&1 || echo "exit status $?" >>"$top/out"
	[ ! -s "$top/out" ] || {
		cat "$top/out" >&2
		fail "$what"
	}
}

have() { # PROGRAM
	command -v "$1" >/dev/null || {
		echo "SKIP: no $1"
		skipped=yes
		return 1
	}
}

make -s install DESTDIR="$root" >"$top/install" 2>&1 || {
	cat "$top/install" >&2
	fail 'make install'
	exit 1
}
sample() { # NAME: where it was installed
	find "$root" -path "*/examples/$1"
}
units=$(dirname "$(find "$root" -name chatelaine-worker.service)")
prefix=${units%/lib/systemd/system}

# With the paths of this root, and without certificates that are not there.
adapted() { # SAMPLE INCLUDED
	sed -e "s|\"${prefix#"$root"}/|\"$prefix/|g" -e '/SSL/d' \
	    -e "s|/run/[a-z]*\"|$top\"|" -e "s|/var/www/html|$top|" \
	    -e "s|/conf/[a-z-]*\.conf\"\$|/conf/$2\"|" "$(sample "$1")"
}

check_apache() { # INCLUDED MODULE...
	included=$1
	shift
	{
		for module in mpm_event authn_core authz_core alias headers \
		    macro mime reqtimeout setenvif "$@"; do
			printf 'LoadModule %s_module %s/mod_%s.so\n' "$module" \
			    /usr/lib/apache2/modules "$module"
		done
		printf 'Define APACHE_LOG_DIR "%s"\n' "$top"
		printf 'ServerName example.org\nTypesConfig /dev/null\n'
		printf 'ErrorLog "%s/error.log"\n' "$top"
		adapted apache-site.conf "$included"
	} >"$top/apache.conf"
	apache2 -t -f "$top/apache.conf" >"$top/out" 2>&1 || :
	[ "$(cat "$top/out")" = 'Syntax OK' ] || {
		cat "$top/out" >&2
		fail "$included"
	}
}

check_lighttpd() { # INCLUDED
	{
		printf 'server.document-root = "%s"\n' "$top"
		adapted lighttpd-site.conf "$1"
	} >"$top/lighttpd.conf"
	silent "$1" lighttpd -tt -f "$top/lighttpd.conf"
}

check_units() {
	# Where systemd looks, whatever the prefix is.
	looks=$root/usr/lib/systemd/system
	mkdir -p "$looks"
	[ "$units" = "$looks" ] || cp -R "$units/." "$looks"
	for target in sockets multi-user network basic sysinit shutdown; do
		cp "/lib/systemd/system/$target.target" "$looks"
	done
	sets=$(cd "$units" && printf '%s\n' chatelaine-*.socket |
	    sed 's/\.socket$//')
	# Words, each the name of a set.
	# shellcheck disable=SC2046,SC2086
	silent 'the units' systemd-analyze verify --root="$root" --man=no \
	    $(printf '%s.socket ' $sets) $(printf '%s@1.service ' $sets) \
	    chatelaine-worker.service
	# Each set runs the program that it is named after.
	for set in $sets; do
		program=${set#chatelaine-}
		grep -q "^ExecStart=.*/${program%%-*}\.fcgi$" \
		    "$units/$set@.service" || fail "$set@.service"
	done
	# The drop-in is heeded: without it, the figure is above 9.
	# shellcheck disable=SC2086
	for unit in $(printf '%s@1 ' $sets) chatelaine-worker; do
		systemd-analyze security --offline=yes --root="$root" \
		    --threshold=20 "$unit.service" >"$top/out" 2>&1 || {
			cat "$top/out" >&2
			fail "$unit is not shut in"
		}
	done
}

! have lighttpd || {
	check_lighttpd lighttpd.conf
	check_lighttpd lighttpd-cgi.conf
}
! have apache2 || {
	check_apache apache-proxy-fcgi.conf buffer env proxy proxy_fcgi
	check_apache apache-cgi.conf cgid env
	[ ! -e /usr/lib/apache2/modules/mod_fcgid.so ] ||
		check_apache apache-fcgid.conf fcgid env
}
# Every program has a set of processes, and everything that is installed is fit
# to run.
for program in "$prefix"/libexec/chatelaine/*.fcgi; do
	name=$(basename "$program" .fcgi)
	[ -e "$units/chatelaine-$name.socket" ] || fail "$name has no units"
	for conf in lighttpd lighttpd-cgi apache-proxy-fcgi apache-fcgid \
	    apache-cgi; do
		grep -Eq "^Use ChatelaineProgram $name |_program = \"$name\"" \
		    "$prefix"/share/chatelaine/conf/$conf.conf ||
			fail "$conf.conf does not know $name"
	done
	grep -q "chatelaine/$name\.cgi" "$prefix/share/chatelaine/conf/htaccess" ||
		fail "htaccess does not know $name"
done
! have systemd-analyze || check_units
[ ! -x /usr/sbin/logrotate ] ||
	logrotate -d "$(sample logrotate)" >"$top/out" 2>&1 || fail logrotate
[ "$status" = 0 ] || exit 1
[ -z "$skipped" ] || exit 77
