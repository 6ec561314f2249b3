# What happens to the crashes that are still here when the package goes: both packages carry this text in their script
# that runs last, when the program itself is gone. No percent sign may stand here: rpm would take it for a macro.
home=/var/lib/kdump-agent

configured() { # state_dir, where the settings give another
	sed -n 's/^[[:space:]]*\(agent\.\)\{0,1\}state_dir[[:space:]]*=[[:space:]]*["'\'']\([^"'\'']*\)["'\''].*/\2/p' \
		/etc/kdump-agent/config.toml /etc/kdump-agent/config.d/*.toml 2>/dev/null | tail -n 1
}

# A crash counts as delivered by its record's own line, which no text inside the record can look like.
waiting() { # FOLDER: how many of its crashes the endpoint does not have
	count=0
	for job in "$1"/jobs/*/; do
		[ ! -d "$job" ] || grep -qsE '^ "stage": "(delivered|pruned)",$' "$job/job.json" || count=$((count + 1))
	done
	echo "$count"
}

kept() { # FOLDER: say what is left there that is nowhere else; false if nothing is
	count=$(waiting "$1") found=1
	if [ "$count" != 0 ]; then
		echo "kdump-agent: crashes that were not delivered: $count; they are kept in $1/jobs," \
			"and the agent delivers them when it is installed again" >&2
		found=0
	fi
	if [ -n "$(find "$1" -path "$1/*/crashes/*/manifest.json" -print -quit 2>/dev/null)" ]; then
		echo "kdump-agent: crashes that went to no other host are kept in $1" >&2
		found=0
	fi
	return "$found"
}

case ${1-} in
0 | remove) # rpm's word for the last one's erasure, and dpkg's
	for folder in "$home" "$(configured)"; do
		[ -z "$folder" ] || kept "$folder" || :
	done
	;;
esac
