#!/bin/bash
# The page's types, and its functions that know no document.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

type -P node >/dev/null || { echo "no node here" && exit 77; }
modules=$SOURCE_DIR/web/ui/node_modules
[ -d "$modules/esbuild" ] || { echo "npm ci has not run" && exit 77; }

node "$modules/typescript/bin/tsc" --project "$SOURCE_DIR/web/ui" || die "the types do not hold"
node "$modules/esbuild/bin/esbuild" "$SOURCE_DIR"/tests/page/*.test.ts --bundle --platform=node \
    --format=esm --outdir="$scratch" --out-extension:.js=.mjs --log-level=warning || die "no bundle"
node --test "$scratch"/*.mjs >log 2>&1 || die "$(cat log)"
