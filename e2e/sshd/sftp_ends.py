#!/usr/bin/env python3
"""An SFTP server without posix-rename@openssh.com that ends before its third rename (the one that gives a new file its name, after the older one was put aside)."""
import os
import struct
import subprocess
import sys

RENAME = 18

server = subprocess.Popen(["/usr/lib/openssh/sftp-server", "-P", "posix-rename"], stdin=subprocess.PIPE)
renames = 0
while True:
    head = sys.stdin.buffer.read(5)
    if len(head) < 5:
        break
    renames += head[4] == RENAME
    if renames == 3:
        server.kill()
        os._exit(1)
    server.stdin.write(head + sys.stdin.buffer.read(struct.unpack(">I", head[:4])[0] - 1))
    server.stdin.flush()
server.stdin.close()
server.wait()
