#!/bin/bash
# make_reports.sh - have a real Postfix report failures; what it sends is kept
# in tests/mail/reports, where check_report reads it.
#
#	apt-get install postfix; tests/mail/make_reports.sh
#
# Not run by the tests: Postfix has to be started by root, and with accounts of
# its own. It gets a queue and a configuration of its own here, listens nowhere,
# and hands all mail to tests/mail/smtp_server.py on 127.0.0.1.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(mktemp -d)
chmod 755 "$top"
etc=$top/etc server=''

# Of the mail that check_return_path makes an address for.
sender=bounces+pkoc2duvvnge5d3gb4vyvvi7e4imaxpidxfjmgj63w@house.example

clean_up() {
	postfix -c "$etc" stop >/dev/null 2>&1 || true
	[ -z "$server" ] || kill "$server"
	rm -rf "$top"
}
trap clean_up EXIT

mkdir "$etc" "$top/queue" "$top/data" "$top/server"
chown postfix "$top/data"
/usr/bin/python3 "$here/smtp_server.py" "$top/server" --plain &
server=$!
until [ -s "$top/server/port" ]; do sleep 0.1; done
port=$(cat "$top/server/port")

sed 's/^smtp *inet/#&/' /usr/share/postfix/master.cf.dist >"$etc/master.cf"
cat >"$etc/main.cf" <<END
compatibility_level = 3.6
queue_directory = $top/queue
data_directory = $top/data
maillog_file = /dev/stdout
maillog_file_prefixes = /dev
myhostname = relay.example
mydomain = example
mydestination = local.example
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
relayhost = [127.0.0.1]:$port
bounce_template_file =
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
END

# NAME RECIPIENT [SETTING ...]: the report on a mail to somebody.
report() {
	local name=$1 recipient=$2 before
	shift 2
	postconf -c "$etc" -e maximal_queue_lifetime=1d delay_warning_time=0h
	[ $# = 0 ] || postconf -c "$etc" -e "$@"
	postfix -c "$etc" start >/dev/null
	before=$(find "$top/server" -name '*.eml' | wc -l)
	sendmail -C "$etc" -i -f "$sender" -- "$recipient" <<-END
		From: House <house@house.example>
		To: $recipient
		Subject: Confirm your address for House
		Message-Id: <7a9c2d0e-95ab-4c4e-8f66-0f2b8ad51f27@house.example>

		Hello
	END
	until [ -s "$top/server/$((before + 1)).eml" ]; do sleep 0.1; done
	cp "$top/server/$((before + 1)).eml" "$here/reports/postfix-$name.eml"
	postfix -c "$etc" stop >/dev/null
	postsuper -c "$etc" -d ALL >/dev/null 2>&1
}

report unknown refuse-ada@example.org
report rejected reject-ada@example.org
report local nobody-here@local.example
report delayed defer-ada@example.org delay_warning_time=1s
report expired defer-ada@example.org maximal_queue_lifetime=2s
echo "made: $(cd "$here" && echo reports/*)"
