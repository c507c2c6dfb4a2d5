#!/usr/bin/env bash
# Comments on the pull request PULL_REQUEST what it changes in SPECS since BASE.
set -euo pipefail
shopt -s nullglob
base=$(git merge-base "$BASE" HEAD)

changed() { # $1: letters of git's --diff-filter
    git diff --no-renames --name-only --relative --diff-filter="$1" -z "$base" HEAD -- \
        $SPECS | grep -zE '\.(snn|ya?ml)$' || [ $? = 1 ]
}

said=$(
    while IFS= read -r -d '' spec; do
        snnc diff "git:$base:./$spec" "$spec" --format markdown || [ $? = 1 ]
        echo
    done < <(changed M)
    while IFS= read -r -d '' spec; do
        snnc report "$spec" --format markdown || [ $? = 1 ]
        echo
    done < <(changed A)
    while IFS= read -r -d '' spec; do
        echo "A spec is gone: \`${spec//\`/}\`"
        echo
    done < <(changed D)
)
[ -n "$said" ] || exit 0
# One comment a pull request: the last one of this token's is written anew.
gh pr comment "$PULL_REQUEST" --edit-last --body "$said" 2>/dev/null ||
    gh pr comment "$PULL_REQUEST" --body "$said"
