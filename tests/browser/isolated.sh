#!/bin/bash
# Runs a command in a network namespace of its own: loopback, and a pair of interfaces that lead nowhere.
#
# Nothing can reach another host, no port clashes, and Firefox, which does not use 127.0.0.1 for media, has the
# address 10.99.0.1 with the default route it looks for. The namespace ends with the command.
set -euo pipefail

if [ "${TESTS_ISOLATED:-}" != yes ]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(--user --map-root-user)
    if ! unshare "${as_root[@]}" --net true 2>/dev/null; then
        echo "network namespaces are not allowed here: run as root, or allow unprivileged user namespaces" >&2
        exit 1
    fi
    TESTS_ISOLATED=yes exec unshare "${as_root[@]}" --net "$0" "$@"
fi

PATH=$PATH:/usr/sbin:/sbin
ip link set lo up
ip link add ff0 type veth peer name ff1
ip address add 10.99.0.1/24 dev ff0
ip link set ff0 up
ip link set ff1 up
ip -6 address flush dev ff0
ip route add default via 10.99.0.2 dev ff0 onlink
exec "$@"
