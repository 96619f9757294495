# server.bash - for ./quickstart: the web server, with a configuration of its
# own that includes the one in conf/. Nothing of /etc is read.

servers='lighttpd lighttpd-cgi apache-proxy-fcgi apache-fcgid apache-cgi apache-htaccess'

write_server() {
	case $server in
	lighttpd*) write_lighttpd ;;
	apache-htaccess) write_apache htaccess_site && make_customer ;;
	apache*) write_apache own_site ;;
	esac
}

# lighttpd

write_lighttpd() {
	local option variables="\"CHATELAINE_CONF\" => \"$conf\""
	for option in "${sanitizer_options[@]}"; do
		variables+=", \"${option%%=*}\" => \"${option#*=}\""
	done
	cat >"$dir/lighttpd.conf" <<END
# Written by ./quickstart at every start.
server.bind = "127.0.0.1"
server.port = $port
server.document-root = "$dir/empty"
server.upload-dirs = ( "$dir/tmp" )
server.feature-flags = ( "server.graceful-shutdown-timeout" => 10 )
accesslog.filename = "$dir/log/access.log"

var.chatelaine_programs = "$programs"
var.chatelaine_data = "$data"
var.chatelaine_run = "$dir/run"
var.chatelaine_environment = ( $variables )
include var.chatelaine_data + "/conf/$server.conf"
END
}

# Apache

modules() { # of this server
	printf '%s\n' mpm_event authn_core authz_core dir env mime reqtimeout \
	    setenvif
	case $server in
	apache-proxy-fcgi) printf '%s\n' alias buffer headers macro proxy proxy_fcgi ;;
	apache-fcgid) printf '%s\n' alias fcgid headers macro ;;
	apache-cgi) printf '%s\n' alias cgid headers macro ;;
	apache-htaccess) printf '%s\n' cgid headers rewrite ;;
	esac
}

load_modules() {
	local module
	for module in $(modules); do
		printf 'LoadModule %s_module %s/mod_%s.so\n' "$module" \
		    /usr/lib/apache2/modules "$module"
	done
}

write_apache() { # HOW
	{
		printf '# Written by ./quickstart at every start.\n'
		load_modules
		cat <<END
ServerRoot "$dir"
ServerName 127.0.0.1
ServerTokens Prod
Listen 127.0.0.1:$port
PidFile "$dir/run/httpd"
DefaultRuntimeDir "$dir/run"
Mutex "file:$dir/run"
ErrorLog "$dir/log/apache2.log"
TypesConfig /dev/null
GracefulShutdownTimeout 10
<Directory "/">
	Require all denied
	AllowOverride None
	Options None
</Directory>
END
		"$1"
	} >"$dir/apache.conf"
}

own_site() {
	cat <<END
Define chatelaine_programs "$programs"
Define chatelaine_data "$data"
Define chatelaine_conf "$conf"
Define chatelaine_run "$dir/run"
DocumentRoot "$dir/empty"
<Directory "$dir/empty">
	Require all granted
</Directory>
CustomLog "$dir/log/access.log" chatelaine
END
	case $server in
	apache-cgi) printf 'ScriptSock "%s/run/cgid"\n' "$dir" ;;
	apache-fcgid)
		printf 'FcgidIPCDir "%s/run"\n' "$dir"
		printf 'FcgidProcessTableFile "%s/run/fcgid"\n' "$dir"
		;;
	esac
	printf 'Include "%s/conf/%s.conf"\n' "$data" "$server"
}

# What a web host gives to its customers, and no more. It runs their programs
# as themselves, by suexec or the like: here, all runs as one user.
htaccess_site() {
	cat <<END
ScriptSock "$dir/run/cgid"
TraceEnable Off
DocumentRoot "$dir/site"
<Directory "$dir/site">
	Require all granted
	Options SymLinksIfOwnerMatch Indexes
	AllowOverride AuthConfig FileInfo Indexes Limit Options=ExecCGI,Indexes
</Directory>
LogFormat "%h %l %u %t \"%r\" %>s %b" common
CustomLog "$dir/log/access.log" common
END
}

# What a customer does with it, once.
make_customer() {
	local program
	rm -rf "$dir/site"
	mkdir -p "$dir/site/chatelaine"
	for program in "$programs"/*.fcgi; do
		program=${program##*/}
		cp -L "$programs/$program" \
		    "$dir/site/chatelaine/${program%.fcgi}.cgi"
	done
	cp -R "$data/templates/assets" "$dir/site"
	sed "s|/home/you/chatelaine/chatelaine.conf|$conf|" "$data/conf/htaccess" \
	    >"$dir/site/.htaccess"
}

# Starting

# In a build they are in a directory each, installed in one for all.
link_programs() {
	mkdir -p "$programs"
	ln -sfn "$build"/cgi-bin/*/*.fcgi "$programs"
}

# Two processes on a socket, as the units of systemd have it.
launch_handlers() { # SET
	rm -f "$dir/run/$1.sock"
	launch "$1" "$(command -v spawn-fcgi)" -n -M 0600 -s "$dir/run/$1.sock" \
	    -- /usr/bin/env CHATELAINE_CONF="$conf" \
	    "$(command -v multiwatch)" -f 2 -- "$programs/${1%-hash}.fcgi"
}

launch_server() {
	local set
	case $server in
	lighttpd*)
		launch lighttpd "$(command -v lighttpd)" -D -f "$dir/lighttpd.conf"
		;;
	apache*)
		[ "$server" != apache-proxy-fcgi ] || for set in $sets; do
			launch_handlers "$set"
		done
		launch apache2 "$(command -v apache2)" -D FOREGROUND \
		    -f "$dir/apache.conf"
		;;
	esac
}

# With .htaccess alone there is cron, each minute. A minute lasts a second here,
# and one is over when all is ready.
# shellcheck disable=SC2016 # for the inner shell
launch_worker() {
	local worker=("$chatelaine" --config "$conf" work)
	if [ "$server" = apache-htaccess ]; then
		step "$dir/log/cron.log" "${clean[@]}" "${worker[@]}" --once
		worker=(/bin/sh -c 'while sleep 1; do "$@" --once; done' cron
		    "${worker[@]}")
	fi
	launch worker "${worker[@]}"
}

# The services of this server, and whether one of all is among them.
expected() { # SERVICE
	case $1 in
	catcher) [ "$mail" = yes ] ;;
	lighttpd) [[ $server = lighttpd* ]] ;;
	apache2) [[ $server = apache* ]] ;;
	worker | postgres) true ;;
	*) [ "$server" = apache-proxy-fcgi ] ;;
	esac
}
