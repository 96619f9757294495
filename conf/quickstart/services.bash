# services.bash - for ./quickstart: processes that outlive the script. Each has
# a session of its own, so that no signal to the script reaches it, and what it
# leaves behind when it is killed can be found.

# Of processes that run a program, where the web server does not start them: a
# socket each. After a - is what that set is for.
sets='auth auth-hash reset'
services="lighttpd apache2 $sets worker catcher postgres"
boot=$(cat /proc/sys/kernel/random/boot_id)

# stat: the line of a process. A cat for each would cost more than all the rest.
read_stat() { # FILE
	stat=''
	read -r -d '' stat 2>/dev/null <"$1" || [ -n "$stat" ]
}

# When a process started, in ticks since the boot: with the boot's name, what
# tells it from a later one of the same number.
started() { # PID
	local stat
	read_stat "/proc/$1/stat" || return 1
	# shellcheck disable=SC2086 # fields; the second is in parentheses
	set -- ${stat##*) }
	[ "$1" != Z ] || return 1
	printf '%s\n' "${20}"
}

remember() { # SERVICE PID
	printf '%s %s %s\n' "$2" "$(started "$2" || echo 0)" "$boot" \
	    >"$dir/run/$1.pid"
}

alive() { # SERVICE
	local pid start then
	read -r pid start then 2>/dev/null <"$dir/run/$1.pid" || return 1
	[ "$then" = "$boot" ] && [ "$(started "$pid")" = "$start" ]
}

session_of() { # PID: the numbers of all processes in its session
	local file stat fields
	for file in /proc/[0-9]*/stat; do
		read_stat "$file" || continue
		read -ra fields <<<"${stat##*) }"
		[ "${fields[3]}" != "$1" ] || [ "${fields[0]}" = Z ] ||
			printf '%s\n' "${stat%% *}"
	done
}

launch() { # SERVICE COMMAND...
	local name=$1 log=$dir/log/$1.log
	shift
	[ ! -f "$log" ] || mv "$log" "$log.old"
	cd "$dir"
	# Known before it can't be reached any more by a signal to the group.
	{
		remember "$name" "$BASHPID"
		exec setsid "${clean[@]}" "$@"
	} >>"$log" 2>&1 </dev/null 9>&- &
	until_true 5 test -s "$dir/run/$name.pid"
}

until_true() { # SECONDS COMMAND...: ask ten times a second
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

dead() {
	! alive "$1"
}

# A dead service's number isn't given to a new process while others are in its
# session, so whoever is there belongs to us.
session_empty() { # PID
	[ -z "$(session_of "$1")" ]
}

halt() { # SERVICE SIGNAL
	local pid start then
	read -r pid start then 2>/dev/null <"$dir/run/$1.pid" || return 0
	if alive "$1"; then
		kill -s "$2" "$pid" || true
		until_true 15 dead "$1" || kill -s KILL "$pid" || true
		until_true 5 dead "$1" || true
	fi
	if [ "$then" = "$boot" ] && ! started "$pid" >/dev/null; then
		# shellcheck disable=SC2046 # words
		session_empty "$pid" || {
			kill -s TERM $(session_of "$pid") 2>/dev/null || true
			until_true 5 session_empty "$pid" ||
				kill -s KILL $(session_of "$pid") 2>/dev/null || true
		}
	fi
	rm -f "$dir/run/$1.pid"
}

# The web server first, by what lets it answer the requests it has.
stop_services() {
	local set
	rm -f "$dir/run/ready"
	halt lighttpd INT
	halt apache2 WINCH
	for set in $sets; do
		halt "$set" TERM
	done
	halt worker TERM
	halt catcher TERM
	if [ -d "$dir/pg" ]; then
		"$src/conf/quickstart/postgres" stop "$dir/pg" 9>&-
	fi
	rm -f "$dir/run/postgres.pid"
}
