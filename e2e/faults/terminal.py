#!/usr/bin/env python3
"""terminal.py OUTPUT PROGRAM ARG...: runs it on a terminal of its own, its words into OUTPUT; at SIGUSR1 that terminal goes
away, as when a window is closed or a connection is lost.  Its exit status is the program's; 128 + the signal that ended it."""
import os
import pty
import select
import signal
import sys

lost = False


def lose(*_):
    global lost
    lost = True


signal.signal(signal.SIGUSR1, lose)
out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
while not lost:
    if not select.select([terminal], [], [], 0.2)[0]:
        continue
    try:
        text = os.read(terminal, 65536)
    except OSError:  # it has ended
        break
    os.write(out, text)
os.close(terminal)
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
