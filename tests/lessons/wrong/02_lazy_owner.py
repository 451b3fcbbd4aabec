"""Passes: an owner of its own instead of a lock, which is started when it is first needed."""

import queue
import threading


class Hub:
    def __init__(self):
        self._outboxes = {}
        self._inbox = queue.Queue()
        self._thread = None
        self._guard = threading.Lock()

    def _do(self, action):
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self.run)
                self._thread.start()
        done = threading.Event()
        self._inbox.put((action, done))
        done.wait()

    def run(self):
        while True:
            action, done = self._inbox.get()
            action()
            done.set()

    def join(self, name, outbox):
        def action():
            self._tell(f"* {name} joined")
            self._outboxes[name] = outbox
            outbox.put_nowait(f"* you are {name}")

        self._do(action)

    def say(self, name, text):
        self._do(lambda: self._tell(f"{name}: {text}"))

    def leave(self, name):
        def action():
            if self._outboxes.pop(name, None) is not None:
                self._tell(f"* {name} left")

        self._do(action)

    def _tell(self, line):
        full = []
        for name, outbox in self._outboxes.items():
            try:
                outbox.put_nowait(line)
            except queue.Full:
                full.append(name)
        for name in full:
            del self._outboxes[name]
        for name in full:
            self._tell(f"* {name} was too slow")
