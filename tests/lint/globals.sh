#!/bin/sh
# No global or static variable that is not const: fails when an object has writable data of ours.
#     globals.sh LIBRARY...
# The one exception counts broken invariants, which may strike in any thread (sensor/base/err.c).
set -eu
bad=$(for lib in "$@"; do
    objdump -t "$lib" | awk -v lib="$lib" '/^[^ ]*\.o:/ { obj = $1 }
        / O (\*COM\*|\.(data|bss)[^ \t]*)[ \t]/ || / \.(tdata|tbss)/ && !/ d / {
            if ($0 ~ /\.data\.rel\.ro/ || ($NF == "bugs" && obj == "err.c.o:")) next
            print lib ": " obj " " $NF }'
done)
if [ -n "$bad" ]; then
    echo "variables that are not constant:"
    echo "$bad"
    exit 1
fi
echo "globals: clean"
