#!/usr/bin/env bash
# The SQL page of acme beside harlequin: the same Parquet objects, the same rows, the
# same tmux.
#
#   python3 -m venv venv && venv/bin/pip install harlequin
#   docs/bench/tui_peer.sh ACME venv/bin/harlequin [FOLDER]
#
# It makes a lake in FOLDER (a temporary one), asks both for ten million rows of it and
# goes to the last one. A line is: program, from its start to a screen that takes a
# statement, from the run key to the first rows, to all of them, from the key for the
# last row to that row, and the memory of the program with its children then. Seconds
# and MiB. What is seen is looked for every 20 ms in what tmux shows.
set -euo pipefail
acme=$(realpath "$1") harlequin=$(realpath "$2" 2>/dev/null || command -v "$2")
folder=${3:-$(mktemp -d)}
most=${MOST:-600} # seconds that any step may take
rows=${ROWS:-10000000}
export HOME=$folder/home XDG_CACHE_HOME=$folder/home/cache XDG_STATE_HOME=$folder/home/state TERM=xterm-256color COLORTERM=truecolor LANG=C.UTF-8
unset XDG_CONFIG_HOME XDG_DATA_HOME
mkdir -p "$HOME"
lake=$folder/lake
[ -d "$lake" ] || "$acme" generate -q --lake "$lake" --scenario seed-hour --file-format parquet
objects=$lake/telemetry_parquet
have=$("$acme" query --lake "$lake" --format csv "SELECT count(*) FROM video_telemetry_parquet" | tail -1 | tr -d '"\r')
times=$(((rows + have - 1) / have))
total=$((have * times))
columns='event_id, customer_id, event_type, device_type, bandwidth_mbps, event_timestamp'

x() { tmux -L "tuipeer$$" "$@"; }
end() { x kill-server 2>/dev/null || true; }
trap end EXIT
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }
# see PATTERN: until the screen shows it
see() {
	local till=$((SECONDS + most))
	until x capture-pane -t p -p 2>/dev/null | grep -qE "$1"; do
		if ((SECONDS > till)); then
			echo "never: $1" >&2
			x capture-pane -t p -p >&2 || true
			exit 1
		fi
		sleep 0.02
	done
}
# memory PID: MiB of a process and all below it
memory() {
	ps -eo pid=,ppid=,rss= | awk -v root="$1" '
		{ parent[$1] = $2; rss[$1] = $3 }
		END { for (p in rss) { for (q = p; q > 1 && q != root; q = parent[q]); if (q == root) n += rss[p] } printf "%.0f", n / 1024 }'
}
grouped() { printf "%d" "$1" | sed -E ':a;s/([0-9])([0-9]{3})($|,)/\1,\2\3/;ta'; }

# measure NAME COMMAND READY STATEMENT FIRST ALL FOCUS LAST ROW; a ROW that cannot be
# known by its text is "changed": other rows than before are on the screen.
measure() {
	local begin start first all last before
	begin=$(now)
	x -f /dev/null new-session -d -s p -x 120 -y 30 "$2"
	x set-option -g remain-on-exit on
	see "$3"
	start=$(since "$begin")
	sleep 2
	printf '%s' "$4" >"$folder/statement.sql"
	x send-keys -t p C-a # what is there gives way
	x load-buffer "$folder/statement.sql"
	x paste-buffer -p -t p
	sleep 1
	begin=$(now)
	x send-keys -t p C-j
	see "$5"
	first=$(since "$begin")
	see "$6"
	all=$(since "$begin")
	x send-keys -t p "$7"
	sleep 1
	before=$(x capture-pane -t p -p)
	begin=$(now)
	x send-keys -t p "$8"
	if [ "$9" = changed ]; then
		while [ "$(x capture-pane -t p -p)" = "$before" ]; do sleep 0.02; done
	else
		see "$9"
	fi
	last=$(since "$begin")
	printf '%-10s %8s %10s %8s %8s %8s\n' "$1" "$start" "$first" "$all" "$last" "$(memory "$(x display -p -t p '#{pane_pid}')")"
	end
	sleep 1
}

printf '%s rows of %s\n%-10s %8s %10s %8s %8s %8s\n' "$(grouped $total)" "$("$harlequin" --version | head -1), $("$acme" version | head -1)" program start 'first rows' 'all rows' 'to last' MiB
measure acme "exec $acme tui --lake $lake --screen sql" 'F5 runs' \
	"SELECT $columns FROM video_telemetry_parquet CROSS JOIN UNNEST(sequence(1, $times)) AS t(n)" \
	'row 1 of' "of $(grouped $total)" Tab G "▶ *$total "
measure harlequin "exec $harlequin --limit -1 --viewer-max-rows -1 :memory:" 'Database Connected' \
	"SELECT $columns FROM read_parquet('$objects/**/*.parquet') CROSS JOIN range($times)" \
	'Query Results.*[1-9]' "$(grouped $total)" F5 C-End changed
