#!/bin/sh
# run.sh - the pages in Chromium, as people meet them, on an instance of their
# own. With TEST_PICTURES=DIR, pictures of every page in every state are left
# there.
#
# TEST_NPM_DIR has the packages of tests/npm, QUICKSTART_CATCHER those of
# conf/quickstart. With TEST_ONLY set, only tests whose names match it are run;
# TEST_ONCE is for once.mjs.

set -eu
here=$(cd "${srcdir:-.}" && pwd)/tests/browser
quickstart=${here%/tests/browser}/quickstart
build=$PWD

skip() {
	echo "skipped: $1"
	exit 77
}

TEST_CHROMIUM=$(command -v chromium-headless-shell) ||
	skip 'no chromium-headless-shell'
command -v node >/dev/null || skip 'no node'
[ -d "${TEST_NPM_DIR-}/node_modules/playwright-core" ] ||
	skip 'TEST_NPM_DIR has no playwright-core'
[ -d "${QUICKSTART_CATCHER-}/node_modules/maildev" ] ||
	skip 'QUICKSTART_CATCHER has no maildev'

top=$(mktemp -d "${TMPDIR:-/tmp}/check_browser.XXXXXX")
chmod 755 "$top"	# as root, the instance runs as somebody else
dir=$top/instance
status=1

clean_up() {
	trap '' HUP INT TERM
	[ "$status" = 0 ] || tail -n 20 "$dir"/log/*.log 2>/dev/null || :
	"$quickstart" stop --dir "$dir" || status=1
	rm -rf "$top"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# One after the other, by one browser.
run() { # FILE...
	node --input-type=module --test-reporter=spec \
	    ${TEST_ONLY:+--test-name-pattern="$TEST_ONLY"} \
	    -e "$(printf 'import "./%s";\n' "$@")"
}

# Tests sign in and up more often than people.
unlimited=
for limit in password password_device password_ip code signup mail mail_ip \
    token refresh; do
	unlimited="$unlimited --set limit.$limit=off"
done

# shellcheck disable=SC2086 # several words
"$quickstart" start --dir "$dir" --build "$build" --port 0 \
    --set password.memory=19M $unlimited >"$top/out"
cat "$top/out"
TEST_URL=$(sed -n 's|^ready: \(.*\)/$|\1|p' "$top/out")
TEST_MAIL_URL=$(sed -n 's|^mail: \(.*\)/$|\1|p' "$top/out")
TEST_INSTANCE=$dir TEST_BUILD=$build
export TEST_URL TEST_MAIL_URL TEST_INSTANCE TEST_BUILD TEST_CHROMIUM
[ -z "${TEST_PICTURES-}" ] || mkdir -p "$TEST_PICTURES"

cd "$here"
# In the last two, the database is stopped or spoilt.
run pages.test.mjs journey.test.mjs account.test.mjs comforts.test.mjs \
    second_factor.test.mjs outage.test.mjs fault.test.mjs

# Access tokens that end while somebody looks on.
"$quickstart" stop --dir "$dir"
"$quickstart" start --dir "$dir" --build "$build" \
    --set access_token.ttl=8s >/dev/null
run session.test.mjs

# One wrong password and no more, and a second factor for everybody.
"$quickstart" stop --dir "$dir"
"$quickstart" start --dir "$dir" --build "$build" --set access_token.ttl=10m \
    --set limit.password=1/15m --set mfa.required=yes >/dev/null
run limits.test.mjs required.test.mjs

# Once more, by plain HTTP at an address that isn't this machine's own.
"$quickstart" stop --dir "$dir"
TEST_URL=http://chatelaine.test:${TEST_URL##*:}
"$quickstart" start --dir "$dir" --build "$build" --port "${TEST_URL##*:}" \
    --set mfa.required=no --set "site.url=$TEST_URL"
run insecure.test.mjs
status=0
