#!/bin/sh
# Makes a virtual environment, if it is not there, and installs snnc with extras into it.
#
#     tools/environment.sh FOLDER EXTRAS [PYTHON]
#
# Without PYTHON, an environment that is there keeps its interpreter, and a new one gets
# the first that runs: those with the full stack (nengo-dl needs Keras 2) come first.
set -eu
cd "${0%/*}/.."
folder=$1 extras=$2 python=${3-}

size="2.7 GB"
[ "$extras" != docs ] || size="135 MB"

fail() {
    echo "error: $1" >&2
    exit 1
}

# A shim that runs nothing, a Python without the modules of venv and one that snnc does
# not support are none.
runs() {
    "$1" -c 'import ensurepip, sys, venv
sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

first() {
    for name in python3.11 python3.10 python3.12 python3.13 python3 python; do
        rest=$PATH:
        while [ -n "$rest" ]; do
            found=${rest%%:*}/$name rest=${rest#*:}
            if [ -x "$found" ] && runs "$found"; then
                echo "$found"
                return
            fi
        done
    done
}

if [ -x "$folder/bin/python" ]; then
    runs "$folder/bin/python" || fail "the Python in $folder does not run, or is not\
 3.10 to 3.13: remove $folder, or use another folder with VENV=FOLDER"
    here=$(version "$folder/bin/python")
    [ -z "$python" ] || [ "$(version "$python")" = "$here" ] || fail "$folder uses Python\
 $here, not $python: remove $folder, or use another folder with VENV=FOLDER"
    echo "== installing snnc[$extras] into $folder, Python $here"
else
    [ -n "$python" ] || python=$(first)
    [ -n "$python" ] || fail "there is no Python 3.10 to 3.13 with venv: install one (on\
 Debian and Ubuntu: apt install python3 python3-venv), or name it with PYTHON=PATH"
    runs "$python" || fail "$python does not run, is not 3.10 to 3.13, or has no venv:\
 use another Python with PYTHON=PATH"
    echo "== creating $folder with $python ($(version "$python")) and installing" \
        "snnc[$extras] (about $size)"
    "$python" -m venv "$folder" || fail "can't create $folder: use a writable\
 folder with VENV=FOLDER"
fi
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    --editable ".[$extras]" || fail "pip did not install snnc[$extras]: see the error\
 above. Then run the command again, which keeps the downloads"
# Compile byte code for environments in which Python doesn't write any.
"$folder/bin/python" -m compileall -q snnc >/dev/null 2>&1 || :
