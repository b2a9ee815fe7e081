"""on-terminal.py COMMAND...: a command on a terminal of its own, driven over standard input, a JSON object a line.

{"keys": "..."} types, {"rows": n, "columns": n} makes the terminal another size, {"signal": n} goes to the command.
Standard output says, a JSON object a line: {"said": "..."}, and when it ended {"exit": n, "signal": n, "raw": bool}:
whether the terminal was left in raw mode."""
import fcntl, json, os, pty, select, struct, sys, termios

main, inner = pty.openpty()


def size(rows, columns):
    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


size(24, 80)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(inner, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(inner, fd)
    os.execvp(sys.argv[1], sys.argv[1:])

# `inner` stays open here: what mode the command left behind is read from it.
asked = b""
listening = [main, 0]
while True:
    ready, _, _ = select.select(listening, [], [], 0.05)
    if main in ready:
        say(said=os.read(main, 65536).decode("utf8", "replace"))
    elif os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        break
    if 0 in ready:
        more = os.read(0, 65536)
        if not more:
            listening.remove(0)
        asked += more
        while b"\n" in asked:
            line, asked = asked.split(b"\n", 1)
            what = json.loads(line)
            if "keys" in what:
                os.write(main, what["keys"].encode())
            if "rows" in what:
                size(what["rows"], what["columns"])
            if "signal" in what:
                os.kill(child, what["signal"])

_, status = os.waitpid(child, 0)
raw = not termios.tcgetattr(inner)[3] & termios.ICANON
say(exit=os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1, signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, raw=raw)
