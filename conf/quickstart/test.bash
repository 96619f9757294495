# test.bash - for ./quickstart test: every test there is, none skipped.

passed=0
failed=0

# For what nobody will run twice, compiling costs more than it gains. Least of
# all is gained where sanitizers watch the tests themselves.
quickly='CFLAGS=-g1 -O1'
at_once='CFLAGS=-g1 -O0'

stage() { # WORDS
	say "== $* (at $((SECONDS / 60)) min $((SECONDS % 60)) s)"
}

# A stage that is no test program: it counts when it fails.
require() { # WHAT COMMAND...
	local what=$1
	shift
	"$@" || {
		say "FAILED: $what"
		failed=$((failed + 1))
	}
}

# Much of a build is the work of one process, and the other processors wait.
together() { # FUNCTION...
	local jobs=$(((jobs + 1) / 2)) status=0 task tasks=()
	for task; do
		"$task" &
		tasks+=("$!")
	done
	for task in "${tasks[@]}"; do
		wait "$task" || status=1
	done
	return "$status"
}

fetch_packages() {
	[ ! -f "$src/tests/npm/package-lock.json" ] ||
		npm_ci "$src/tests/npm" "$TEST_NPM_DIR"
	npm_ci "$src/conf/quickstart" "$QUICKSTART_CATCHER"
}

build_plain() {
	make_in "$dir/test/plain" "$dir/test/plain.log" --enable-werror
}

build_sanitized() {
	make_in "$dir/test/sanitized" "$dir/test/sanitized.log" \
	    --enable-werror --enable-sanitizers "$quickly"
}

build_fuzzers() {
	step "$dir/test/fuzzers.log" make -C "$dir/test/plain" -j"$jobs" \
	    "$quickly" fuzz-programs
}

check_form() {
	cd "$src"
	require 'make format-check' make -s -C "$dir/test/plain" format-check
	require 'shellcheck' shellcheck -x quickstart .ci/run autogen.sh \
	    conf/quickstart/postgres tests/*/*.sh
	require 'mandoc -Tlint' lint_pages
	cd "$dir"
}

# Pages of ours and of other packages need not be installed here.
lint_pages() {
	local complaints
	[ -d docs ] || return 0
	complaints=$(find docs -name '*.[1-8]' -exec mandoc -Tlint {} + 2>&1 |
		sed -e '/STYLE: referenced manual not found/d' \
		    -e '/outdated mandoc.db/d') || true
	[ -z "$complaints" ] || {
		say "$complaints"
		return 1
	}
}

# The command itself, from a directory without anything to the last process
# stopped.
check_quickstart() {
	local at=$dir/test/quickstart status=0
	"$src/quickstart" stop --dir "$at" >/dev/null
	rm -rf "$at"
	"$src/quickstart" start --port 0 --dir "$at" &&
		[[ $("$src/quickstart" start --dir "$at") = 'running already'* ]] &&
		[[ $("$src/quickstart" start --dir "$at" --server lighttpd-cgi \
		    2>&1) = *'running already by lighttpd;'* ]] &&
		"$src/quickstart" stop --dir "$at" &&
		"$src/quickstart" start --dir "$at" || status=1
	"$src/quickstart" stop --dir "$at" || status=1
	return "$status"
}

# How Check and Node's runner close: what counts as many tests as they say.
closing='^([0-9]+%: Checks: |ℹ (pass|fail|cancelled|skipped) [0-9]+$)'

# Add up the closing lines of each program. One that has not passed as a whole,
# be it skipped or killed, counts as a failure.
count() { # BUILD
	local trs log name line result
	while read -r trs; do
		log=${trs%.trs}.log
		name=${1##*/}:${trs#"$1"/}
		name=${name%.trs}
		result=$(sed -n 's/^:test-result: //p' "$trs" | head -n 1)
		while read -r line; do
			say "$name: $line"
			add "$line"
		done < <(grep -E "$closing" "$log")
		case $result in
		PASS) grep -qE "$closing" "$log" || {
			say "$name: passed"
			passed=$((passed + 1))
		} ;;
		FAIL) grep -qE '((Failures|Errors):|^ℹ (fail|cancelled)) [1-9]' "$log" || {
			say "$name: failed"
			failed=$((failed + 1))
		} ;;
		*)
			say "$name: $result"
			failed=$((failed + 1))
			;;
		esac
	done < <(find "$1" -name '*.trs' | sort)
}

add() { # LINE: "90%: Checks: 10, Failures: 1, Errors: 0", or "ℹ pass 10"
	local numbers bad=0 good=0
	read -ra numbers <<<"${1//[!0-9]/ }"
	case $1 in
	*' pass '*) good=${numbers[0]} ;;
	ℹ*) bad=${numbers[0]} ;;
	*)
		bad=$((numbers[2] + numbers[3]))
		good=$((numbers[1] - bad))
		;;
	esac
	passed=$((passed + good))
	failed=$((failed + bad))
}

show_failures() { # BUILD
	local trs
	while read -r trs; do
		printf -- '--- %s\n' "${trs%.trs}.log"
		tail -n 200 "${trs%.trs}.log"
	done < <(grep -rlE --include='*.trs' '^:test-result: (FAIL|ERROR|SKIP)' "$1")
}

check_in() { # BUILD CFLAGS
	local log=$1/check.log
	find "$1" -name '*.trs' -delete
	# Those over HTTP wait more than they work.
	make -C "$1" -k -j"$((2 * jobs))" "$2" LDFLAGS=-fuse-ld=gold check \
	    >"$log" 2>&1 </dev/null 9>&- && return
	show_failures "$1"
	find "$1" -name '*.trs' | grep -q . || tail -n 60 "$log"
	say "FAILED: make check in $1"
	broken=yes
}

run_tests() {
	make_directories
	mkdir -p "$dir/test"
	lock "$dir/test/lock"
	trap end_group EXIT
	trap 'exit 130' INT TERM HUP
	guard run_stages
}

# Hundreds of clusters come and go, which is much for a disk and little for
# memory: a tenth of 2 GiB is in use at any time.
choose_tmpdir() {
	local room
	room=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
	[ -w /dev/shm ] && [ "${room:-0}" -ge $((2 * 1024 * 1024)) ] || return 0
	export TMPDIR=/dev/shm
}

run_stages() {
	local broken='' test=$dir/test
	choose_tmpdir
	export CK_TIMEOUT_MULTIPLIER=3	# sanitizers are slow
	export TEST_NPM_DIR=$test/npm QUICKSTART_CATCHER=$dir/npm-catcher
	export TEST_ONCE=$test/once	# from one build to the other
	rm -f "$TEST_ONCE"

	stage 'packages of npm, and builds'
	autogen
	together fetch_packages build_plain build_sanitized

	stage 'form'
	check_form
	stage 'quickstart, while fuzzers are built'
	require './quickstart start and stop, or the fuzzers' \
	    together check_quickstart build_fuzzers
	stage "make check, plain"
	check_in "$test/plain" "$quickly"
	# By both ways of calling a program; the other servers know no third.
	stage "make check, sanitized"
	TEST_SERVERS='lighttpd lighttpd-cgi' \
	    check_in "$test/sanitized" "$at_once"

	stage 'fuzzing, a short dose'
	require 'make fuzz' make -s -C "$test/plain" "$quickly" fuzz SECONDS=5

	stage 'stress, a short dose'
	require 'make stress' make -s -C "$test/plain" stress SECONDS=25

	stage 'result'
	count "$test/plain"
	count "$test/sanitized"
	[ -z "$broken" ] || [ "$failed" -gt 0 ] || failed=1
	say "$passed passed, $failed failed"
	[ "$failed" = 0 ] || exit 1
}
