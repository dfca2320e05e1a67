#!/usr/bin/env python3
"""door.py TARGET-PORT RULE-FILE: a TCP port in front of another one; prints its number.  The rule file is read at each
new connection: "BYTES WHAT" in one line; when that many bytes have passed, both ways together, it does WHAT once:
  cut          ends the connection, on both sides
  hang         passes nothing on any more, and keeps the connection
  run COMMAND  runs a command by the shell, waits for it, and goes on
An empty file: nothing is done."""

import socket
import subprocess
import sys
import threading


class Pair:
    def __init__(self, client, rule):
        self.client = client
        self.target = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        self.passed = 0
        self.limit, self.what = rule
        self.lock = threading.Lock()
        self.hung = threading.Event()

    def act(self):
        if self.what == "cut":
            self.shut()
        elif self.what == "hang":
            self.hung.wait()
        elif self.what.startswith("run "):
            subprocess.run(self.what[4:], shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)

    def count(self, size):
        with self.lock:  # held while it acts: the other direction stops, too
            before, self.passed = self.passed, self.passed + size
            if self.what and before < self.limit <= self.passed:
                self.act()

    def pump(self, source, drain):
        try:
            while data := source.recv(65536):
                self.count(len(data))
                drain.sendall(data)
            drain.shutdown(socket.SHUT_WR)
        except OSError:
            self.shut()

    def shut(self):
        for side in (self.client, self.target):
            try:
                side.shutdown(socket.SHUT_RDWR)  # wakes the other thread, as closing does not
            except OSError:
                pass

    def start(self):
        threading.Thread(target=self.pump, args=(self.client, self.target), daemon=True).start()
        threading.Thread(target=self.pump, args=(self.target, self.client), daemon=True).start()


def rule_of(path):
    with open(path, encoding="utf-8") as file:
        limit, _, what = file.read().strip().partition(" ")
    return int(limit or 0), what


def main():
    door = socket.create_server(("127.0.0.1", 0))
    print(door.getsockname()[1], flush=True)
    while True:
        client, _ = door.accept()
        try:
            Pair(client, rule_of(sys.argv[2])).start()
        except OSError:
            client.close()


main()
