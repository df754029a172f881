"""enemy.py CASE [ARGUMENT]: what a hostile agent says to the supervisor's socket, from inside the sandbox. Prints what came of it."""
import os, signal, socket, struct, sys, time

PATH = "/run/checkrein/supervisor.sock"


def field(value):
    return struct.pack("<I", len(value)) + value


def message(*fields):
    return field(b"".join(field(f) for f in fields))


def speak(data, fds=()):
    """One conversation; the answer's bytes, b"" when it was ended without one."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(PATH)
    try:
        socket.send_fds(s, [data], list(fds)) if fds else s.sendall(data)
        return s.recv(65536)
    except ConnectionError:
        return b""


def persons_requests(_):
    for fields in ((b"approve", b"4be1c9"), (b"pending",), (b"freeze",), (b"thaw",), (b"may", b"changes commit")):
        print(fields[0].decode(), speak(message(*fields)))


def malformed(_):
    for data in (field(b"hello"), message(b"surprise"), message(b"exec"), field(b""), message(b"exec", b"x" * 32, b"more"), message(b"signal", b"\x09" + b"\0" * 7)):
        print(speak(data))
    print(speak(struct.pack("<I", 12) + b"\xff" * 12))


def descriptors(_):
    null = os.open("/dev/null", os.O_RDONLY)
    print(speak(field(b"hello"), [null] * 16))
    # A TCP connection with bytes that nobody will read, whose last close waits for an hour.
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    client.setblocking(False)
    try:
        while True:
            client.send(b"x" * 65536)
    except BlockingIOError:
        pass
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3600))
    s = socket.socket(socket.AF_UNIX)
    s.connect(PATH)
    if os.fork() == 0:
        socket.send_fds(s, [message(b"exec", b"0" * 32)], [client.fileno(), null, null])
        os._exit(0)  # the exit of a process does not wait for its connections, as a close does
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    os.close(client.detach())  # whoever closes it last waits
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        print(s.recv(4096))
    except ConnectionError:
        print(b"")


def flood(seconds):
    held, refused = [], 0
    while len(held) < 600 and refused < 50:
        s = socket.socket(socket.AF_UNIX)
        s.setblocking(False)
        try:
            s.connect(PATH)
            held.append(s)
            refused = 0
        except BlockingIOError:  # the queue is full: until somebody is let in
            refused += 1
            time.sleep(0.02)
    print("holding", len(held) > 256, flush=True)
    time.sleep(float(seconds))


def deaf(_):
    """Events whose answers are never read."""
    held = []
    for _ in range(64):
        s = socket.socket(socket.AF_UNIX)
        s.connect(PATH)
        s.sendall(message(b"event", b"claude", b"", b"{" * 100_000))
        held.append(s)
    print("sent")
    time.sleep(1)


{"persons-requests": persons_requests, "malformed": malformed, "descriptors": descriptors, "flood": flood, "deaf": deaf}[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else "")
