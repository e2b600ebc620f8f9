#!/usr/bin/env bash
# Lays artifact/ out anew from what the stages before have built.

source "$(dirname "$0")/setting.sh"

inside '. /recipe/recipe/package.inside.sh'
"$HERE/recipe/provenance.sh" > "$WORK/out/artifact/PROVENANCE.md"
(cd "$WORK/out/artifact" && sha256sum ./*.zst | sed 's|\./||' > SHA256SUMS)

rm -rf "$HERE/artifact"
cp -r "$WORK/out/artifact" "$HERE/artifact"
cat "$HERE/artifact/SHA256SUMS"
