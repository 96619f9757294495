# root.bash - for ./quickstart: what needs root. Packages, and a place where
# an ordinary user can do all the rest.

user=chatelaine		# who works for root

build_packages='autoconf autoconf-archive automake gcc libc6-dev make pkgconf
	check libcrypt-dev libcsv-dev libcurl4-openssl-dev libesmtp-dev
	libfcgi-dev libgmime-3.0-dev libjson-c-dev libjwt-dev liboath-dev
	libpq-dev libqrencode-dev libsodium-dev libssl-dev libunistring-dev
	libzxcvbn-dev'
run_packages='ca-certificates postgresql'
# apache2-bin brings no service with it that Debian would start.
apache_packages='apache2-bin libapache2-mod-fcgid multiwatch spawn-fcgi'
test_packages='chromium-headless-shell clang clang-format libclang-rt-14-dev
	mandoc openssl prometheus python3-aiosmtpd shellcheck systemd'

wanted_packages() {
	# shellcheck disable=SC2086 # the lists are words
	printf '%s\n' $build_packages $run_packages
	case $command:$server in
	test:*) printf '%s\n' lighttpd $apache_packages ;;
	*:apache*) printf '%s\n' $apache_packages ;;
	*) say lighttpd ;;
	esac
	# Other packages than Debian's have both in one.
	command -v node >/dev/null || say nodejs
	command -v npm >/dev/null || say npm
	# shellcheck disable=SC2086
	[ "$command" != test ] || printf '%s\n' $test_packages
}

missing_packages() {
	local installed
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
		sed -n 's/^installed //p' | sort -u)
	wanted_packages | sort | comm -23 - <(printf '%s\n' "$installed")
}

# Some of these packages bring services, which Debian would start at once. Not
# for us: prometheus, for one, comes for its promtool. Debian asks this file.
# shellcheck disable=SC2016 # for another shell
install='policy=/usr/sbin/policy-rc.d
	says="# Made by quickstart, for as long as it installs packages."
	if [ ! -e "$policy" ] || grep -qxF "$says" "$policy"; then
		trap "rm -f $policy" EXIT
		trap "exit 1" INT TERM HUP
		printf "%s\n" "#!/bin/sh" "$says" "exit 101" >"$policy"
		chmod 755 "$policy"
	fi
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
	    --no-install-recommends "$@"'

install_packages() {
	local missing as_root=''
	if ! command -v dpkg-query >/dev/null; then
		say "this is not Debian: $(wanted_packages | tr '\n' ' ')are yours to install"
		return
	fi
	missing=$(missing_packages | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null ||
			die "packages are missing; as root: apt-get install $missing"
		as_root=sudo
	fi
	say "installing, which may take minutes: $missing"
	(
		umask 022
		$as_root apt-get -qq update || true	# an old list may do
		# shellcheck disable=SC2086 # words
		$as_root sh -euc "$install" sh $missing
	) >/dev/null || die "apt-get could not install them"
	case " $missing" in
	*' lighttpd '* | *' postgresql '* | *' prometheus '*)
		say "Debian starts services of its own at the next boot, a" \
		    "lighttpd (port 80) among them; none is used here"
		;;
	esac
}

# Root's part: nothing but packages is done as root. The tree is copied to a
# place where the user can work, and the script there goes on.

as_user() {
	setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@"
}

make_user() {
	id "$user" >/dev/null 2>&1 || {
		say "making the system user $user"
		useradd --system --user-group --no-create-home \
		    --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
	}
}

# DIR, unless a directory above it is closed to the user. A link then leads
# from DIR to the other place, which depends on DIR alone.
find_place() {
	local wish=$dir
	(umask 022 && mkdir -p "${dir%/*}/")
	if ! as_user test -x "${dir%/*}/"; then
		dir=/var/tmp/chatelaine-$(printf %s "$wish" | sha256sum | head -c 8)
		say "$user can't reach $wish; using $dir"
	fi
	if [ -e "$dir" ] || [ -L "$dir" ]; then
		check_owner
	else
		mkdir "$dir"
	fi
	chown -h "$user:$user" "$dir"
	[ "$dir" = "$wish" ] || {
		[ ! -d "$wish" ] || rmdir "$wish" 2>/dev/null || true
		[ -e "$wish" ] || ln -sfn "$dir" "$wish"
	}
}

check_owner() {
	local owner
	owner=$(stat -c %U "$dir")
	[ -d "$dir" ] && [ ! -L "$dir" ] || die "$dir is not a directory"
	[ "$owner" = "$user" ] || {
		[ "$owner" = root ] && [ -z "$(ls -A "$dir")" ]
	} || die "$dir belongs to $owner, not to $user; choose another --dir"
}

# shellcheck disable=SC2016 # for another shell
unpack='cd "$1"; mkdir -p home run src; touch .quickstart src.list
	exec 9>run/lock; flock 9	# another quickstart may be building
	tar -C src --quoting-style=literal -xvf - | sort >src.list.new
	comm -23 src.list src.list.new | sed "/\/$/d" |
		(cd src; xargs -d "\n" -r rm -f)
	mv src.list.new src.list'

# Read by root, written by the user. The times of the files are kept, so that
# only what changed is built again, and what vanished here vanishes there.
copy_tree() {
	tar -C "$src" --anchored --exclude=./.git --exclude=./var \
	    --exclude=./config.status --no-anchored --exclude=node_modules \
	    --exclude-tag-all=.quickstart -cf - . |
		as_user sh -euc "$unpack" sh "$dir"
}

# What the environment of root may tell the user: how to speak, how to get at
# npm's registry, and where the mail catcher is.
kept_environment() {
	local name
	for name in PATH TERM LANG LC_ALL http_proxy https_proxy no_proxy \
	    HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE NODE_EXTRA_CA_CERTS \
	    npm_config_cafile npm_config_registry QUICKSTART_CATCHER; do
		[ -z "${!name-}" ] || printf '%s=%s\0' "$name" "${!name}"
	done
}

go_on_as_user() {
	local arguments=("$command") setting environment
	make_user
	find_place
	[ "$command" = stop ] && [ -x "$dir/src/quickstart" ] || copy_tree
	[ -z "$port" ] || arguments+=(--port "$port")
	[ -z "$build" ] || arguments+=(--build "$build")
	[ "$mail" = yes ] || arguments+=(--no-mail)
	arguments+=(--server "$server")
	for setting in "${settings[@]}"; do
		arguments+=(--set "$setting")
	done
	mapfile -d '' environment < <(kept_environment)
	cd "$dir"
	exec setpriv --reuid "$user" --regid "$user" --clear-groups -- \
	    env -i "${environment[@]}" HOME="$dir/home" USER="$user" \
	    "$dir/src/quickstart" "${arguments[@]}" --dir "$dir"
}
