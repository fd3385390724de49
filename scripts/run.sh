#!/bin/sh
# Runs one of the command-line programs: scripts/run.sh <agent|ecu|cloud|bench|hil> [arguments].
set -eu
. "$(dirname -- "$0")/bootstrap.sh"
program=${1:-}
options=
[ $# -gt 0 ] && shift
case "$program" in
	agent) main=edge-agent/src/main.ts ;;
	ecu) main=ecu-firmware-sim/src/main.ts ;;
	# A heap that stays near what it holds: under load Node would let each generation grow by a hundred megabytes.
	# One thread collects its young part: on two processors beside PostgreSQL, several made that four times as long at times.
	cloud) main=cloud-lite/src/main.ts options="--max-semi-space-size=16 --heap-growing-percent=60 --no-parallel-scavenge" ;;
	bench) main=bench/src/main.ts ;;
	hil) main=hil/src/main.ts ;;
	--help | help)
		printf '%s\n' "usage: scripts/run.sh <agent|ecu|cloud|bench|hil> [arguments]; each program answers --help"
		exit 0
		;;
	*)
		say "error UNKNOWN_PROGRAM: there is no program \"$program\""
		say "usage: scripts/run.sh <agent|ecu|cloud|bench|hil> [arguments]; each program answers --help"
		exit 2
		;;
esac
bootstrap
# Paths in the arguments are meant from where the caller stands.
cd "${OLDPWD:-$ROOT}"
# shellcheck disable=SC2086
exec node $options "$ROOT/$main" "$@"
