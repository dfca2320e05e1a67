# ports.sh: free TCP ports of loopback, to be given to a server that is still to start.  They lie below those that the kernel gives
# to whoever asks for any port: one of those may be another's (a connection's own end is enough) before the server has come up.
# Sourced at the top of the repository.
# shellcheck shell=bash

# free_row N: the first of so many in a row, a different one each time
free_row() {
	python3 -c 'import random, socket, sys
while True:
    at = random.randrange(20000, 30000)
    s = [socket.socket() for _ in range(int(sys.argv[1]))]
    try:
        [x.bind(("127.0.0.1", at + i)) for i, x in enumerate(s)]
        print(at)
        break
    except OSError:
        pass
    finally:
        [x.close() for x in s]' "$1"
}

# free_ports N: so many, in one line
free_ports() {
	local at
	at=$(free_row "$1") && seq -s ' ' "$at" $((at + $1 - 1))
}
