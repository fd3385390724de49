#!/bin/sh
# Everything that must hold: format, lint, types, unit and integration tests, the HMI in a browser.
# Ends with "N passed, N failed, N skipped" over all of it; exit status 0 only with no failure.
# --no-install: never install a Debian package, skip what is missing and say so.
set -u
. "$(dirname -- "$0")/bootstrap.sh"

install=yes
for argument in "$@"; do
	case "$argument" in
		--no-install) install=no ;;
		*) die "unknown option $argument; known: --no-install" ;;
	esac
done

bootstrap
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0 failed=0 skipped=0

check() {
	name=$1
	shift
	say "== $name"
	if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); say "FAILED: $name"; fi
}

# Adds the counts of a vitest report; a run that ends without one counts as one failure.
count() {
	name=$1 status=$2
	counts=$(node -e '
		const r = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
		const broken = r.testResults.filter((f) => f.status === "failed" && f.assertionResults.length === 0).length;
		console.log(r.numPassedTests, r.numFailedTests + broken, r.numPendingTests + r.numTodoTests);
	' "$results/$name.json" 2>/dev/null) || counts="0 1 0"
	# shellcheck disable=SC2086 # three numbers
	set -- $counts
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
	if [ "$status" -ne 0 ] && [ "$2" -eq 0 ]; then failed=$((failed + 1)); fi
}

suite() {
	name=$1
	shift
	say "== $name"
	npx --no-install vitest run --reporter=default --reporter=json --outputFile.json="$results/$name.json" "$@"
	count "$name" $?
}

# The same where the kernel has CAN: here, or in a small virtual machine. 69: neither is possible, it has said why. Not
# beside others: the machine is emulated, and a loaded host makes it three times slower.
kernel_suite() {
	say "== kernel"
	sh scripts/kernel-can.sh --writable "$results" -- npx --no-install vitest run --config vitest.kernel.config.ts \
		--reporter=default --reporter=json --outputFile.json="$results/kernel.json"
	status=$?
	if [ "$status" -eq 69 ]; then
		skip "SocketCAN and the kernel's ISO-TP: the lines above say what is missing"
	else
		count kernel "$status"
	fi
}

skip() {
	say "SKIPPED: $1"
	skipped=$((skipped + 1))
}

# Debian packages that tests use: package and the command that shows it is there.
debian() {
	if command -v "$2" >/dev/null 2>&1; then return 0; fi
	[ "$install" = yes ] && command -v apt-get >/dev/null 2>&1 || return 1
	if [ "$(id -u)" -ne 0 ]; then
		say "not root: to have $1, run: sudo apt-get install -y --no-install-recommends $1"
		return 1
	fi
	say "Installing the Debian package $1 (forbid this with --no-install) ..."
	{ [ -n "$(find /var/lib/apt/lists -name '*Packages*' 2>/dev/null | head -n 1)" ] || apt-get update -qq; } >/dev/null 2>&1
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null 2>&1 ||
		{ apt-get update -qq >/dev/null 2>&1; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null 2>&1; } ||
		say "$1 could not be installed"
	command -v "$2" >/dev/null 2>&1
}

debian bsdiff bsdiff || say "without bsdiff the tests against the outside tool are skipped"
debian socat socat || say "without socat the slcan driver is not tested through pseudo-terminals"
debian mosquitto mosquitto || say "without mosquitto the broker that others run is not tested"
python_can() { /usr/bin/python3 -c 'import can, serial' >/dev/null 2>&1; }
if ! python_can && [ "$install" = yes ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
	say "Installing the Debian packages python3-can and python3-serial (forbid this with --no-install) ..."
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-can python3-serial >/dev/null 2>&1
fi
python_can || say "without Debian's python3-can and python3-serial, python-can is not tried on the hub"
for pair in qemu-system-x86:qemu-system-x86_64 busybox-static:busybox iproute2:ip can-utils:candump; do
	debian "${pair%%:*}" "${pair##*:}" || say "without ${pair%%:*} less is tested against the kernel's CAN"
done
debian chromium chromium || say "without chromium the HMI is not tested in a browser"
# Debian puts the server's programs where no path leads.
postgresql() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
postgresql || debian postgresql initdb || postgresql || say "without postgresql the cloud is tested embedded only"

check format npm run --silent format:check
check lint npm run --silent lint
check types npm run --silent types
suite tests

if command -v chromium >/dev/null 2>&1; then
	CHROMIUM_PATH=$(command -v chromium) suite browser --config vitest.browser.config.ts
else
	skip "the HMI in a browser: Chromium is missing (Debian: apt-get install chromium)"
fi

if postgresql; then
	suite postgres --config vitest.postgres.config.ts
else
	skip "the cloud on PostgreSQL: it is missing (Debian: apt-get install postgresql)"
fi

kernel_suite

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
