#!/bin/sh
# Runs one of the command-line programs: scripts/run.sh <agent|ecu|cloud|bench|hil> [arguments].
set -eu
. "$(dirname -- "$0")/bootstrap.sh"
program=${1:-}
[ $# -gt 0 ] && shift
case "$program" in
	agent) main=edge-agent/src/main.ts ;;
	ecu) main=ecu-firmware-sim/src/main.ts ;;
	cloud) main=cloud-lite/src/main.ts ;;
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
exec node "$ROOT/$main" "$@"
