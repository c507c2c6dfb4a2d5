#!/usr/bin/env bash
# Comments on a pull request what it changes in SPECS since BASE. COMMENTS is the path of
# its comments in GitHub's interface, and REPOSITORY that of its repository.
set -euo pipefail
shopt -s nullglob
base=$(git merge-base "$BASE" HEAD)
most=65000 # bytes: GitHub refuses a comment of more than 65,536 characters
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
mark="<!-- snnc: what the specs change -->" # hidden, and finds the comment again
said="" left_out=0

changed() { # $1: letters of git's --diff-filter
    git diff --no-renames --name-only --relative --diff-filter="$1" -z "$base" HEAD -- \
        $SPECS | grep -zE '\.(snn|ya?ml)$' || [ $? = 1 ]
}

add() { # $1: the section of a spec
    local LC_ALL=C
    if ((${#said} + ${#1} > most)); then
        left_out=$((left_out + 1))
    else
        said+="$1"$'\n\n'
    fi
}

show() { # $1: the spec, then a command that prints its section
    local spec=$1 text status=0
    shift
    text=$("$@" 2> "$errors") || status=$?
    ((status < 2)) || { cat "$errors" >&2; exit "$status"; }
    if [ -z "$text" ]; then
        text="### \`${spec//\`/}\`"$'\n\n'"**Broken**: snnc can't read or compile it."
    fi
    if ((status == 1)); then
        text+=$'\n\n'$(head -c 4000 "$errors" | sed 's/^/    /')
    fi
    add "$text"
}

while IFS= read -r -d '' spec; do
    show "$spec" snnc diff "git:$base:./$spec" "$spec" --format markdown
done < <(changed M)
while IFS= read -r -d '' spec; do
    show "$spec" snnc report "$spec" --format markdown
done < <(changed A)
while IFS= read -r -d '' spec; do
    add "### \`${spec//\`/}\`"$'\n\nThis spec is removed.'
done < <(changed D)
((left_out == 0)) ||
    said+="$left_out more changed specs are too long for a comment: run \`snnc diff\`."
# One comment per pull request: the one with the mark is edited, or deleted.
id=$(gh api --paginate "$COMMENTS" --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)
if [ -n "$said" ]; then
    body="$mark"$'\n'"$said"
    if [ -n "$id" ]; then
        gh api --method PATCH "$REPOSITORY/issues/comments/$id" --raw-field body="$body"
    else
        gh api "$COMMENTS" --raw-field body="$body"
    fi
elif [ -n "$id" ]; then
    gh api --method DELETE "$REPOSITORY/issues/comments/$id"
fi
