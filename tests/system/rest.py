#!/usr/bin/env python3
"""The REST interface of tambod and its client tamboctl, with Open vSwitch: what is asked agrees with what
the switches hold; events arrive; tokens, certificates, rates, sizes and slow clients are kept to their
limits; a reload changes tokens."""

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

from ovs_lib import (Failure, OpenVSwitch, Sandbox, Tambod, check, check_equal, mac_text, run,
                     wait_until)
from ovs_row import SETTINGS, Row

PKI = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/pki")
READ, OPERATE, ADMIN = "reader-2385-reader", "operator-2385-oper", "admin-2385-admin-x"


def with_rest(settings, **rest):
    return dict(settings, rest=dict({"listen": "127.0.0.1:0"}, **rest))


def rest_port(tambod):
    return int(tambod.wait_log(r"REST on https?://127\.0\.0\.1:(\d+)").group(1))


def ask(port, path, method="GET", body=None, token=None, headers=None):
    """(status, headers, JSON or text) of one request."""
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    head = dict(headers or {})
    if token:
        head["Authorization"] = "Bearer " + token
    if body is not None:
        head.setdefault("Content-Type", "application/json")
        body = body if isinstance(body, (str, bytes)) else json.dumps(body)
    conn.request(method, path, body=body, headers=head)
    reply = conn.getresponse()
    text = reply.read().decode()
    conn.close()
    is_json = (reply.getheader("Content-Type") or "").startswith("application/json")
    return reply.status, reply.headers, json.loads(text) if is_json and text else text


class Ctl:
    """tamboctl at one tambod."""

    def __init__(self, program, url, *options):
        self.args = [program, "--url", url, *options]

    def run(self, *args, code=0):
        env = {k: v for k, v in os.environ.items() if not k.startswith("TAMBO_")}
        done = subprocess.run([*self.args, *args], text=True, timeout=60, env=env, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        check_equal(done.returncode, code, f"exit code of tamboctl {args}\n{done.stderr}")
        return done.stderr if code else done.stdout

    def json(self, *args):
        return json.loads(self.run("--json", *args))


# --- What is asked --------------------------------------------------------------------------------

def check_views(row, port):
    wait_until("four links", lambda: len(ask(port, "/v1/links")[2]["links"]) == 4)
    row.announce(1, 2, 3)
    row.send(1, 3, b"over the core")
    hosts = wait_until("three hosts", lambda: (lambda h: h if len(h) == 3 else None)(
        ask(port, "/v1/hosts")[2]["hosts"]))
    check_equal([h["mac"] for h in hosts], [mac_text(n) for n in (1, 2, 3)], "hosts")
    check_equal(ask(port, f"/v1/hosts/{mac_text(3)}")[2]["dpid"], f"{0xa3:016x}", "switch of h3")
    hops = ask(port, "/v1/paths?src=10.0.0.1&dst=10.0.0.3")[2]["hops"]
    check_equal([h["dpid"][-2:] for h in hops], ["a1", "a2", "a3"], "path from h1 to h3")
    for bridge, dpid in (("s1", 0xa1), ("s2", 0xa2), ("s3", 0xa3)):
        wait_until(f"as many entries on {bridge} as are wanted", lambda b=bridge, d=dpid:
                   len(ask(port, f"/v1/switches/{d:x}/flows")[2]["flows"]) == len(row.flows(b)))
    flows = ask(port, "/v1/switches/a1/flows")[2]["flows"]
    check({"clustering", "core"} <= {f["app"] for f in flows}, f"apps of the entries: {flows}")
    check_asked(row, port, flows)
    status = ask(port, "/v1/status")[2]
    check_equal((status["n_switches_ready"], status["n_hosts"]), (3, 3), "switches and hosts")
    check(status["counters"]["live"]["frames_in"] > 0, "counters of the live driver")
    check("\ntambo_hosts 3\n" in ask(port, "/metrics")[2], "metrics")


def check_asked(row, port, wanted):
    """What the switch says agrees with what is wanted, and with what it tells its own tools."""
    status, _, answer = ask(port, "/v1/switches/a1/installed-flows")
    check_equal((status, len(answer["flows"])), (200, len(row.flows("s1"))), "installed entries")
    check_equal(sorted((f["priority"], f["cookie"], sorted(f["match"].items()))
                       for f in answer["flows"]),
                sorted((f["priority"], f["cookie"], sorted(f["match"].items())) for f in wanted),
                "installed and wanted entries")
    check(sum(f["n_packets"] for f in answer["flows"]) > 0, "counters of entries")
    ports = ask(port, "/v1/switches/a1/ports")[2]["ports"]
    check({1, 2, 11} <= {p["port"] for p in ports}, f"ports: {ports}")
    check_equal(ask(port, "/v1/switches/a1/tables")[2]["tables"][0]["n_entries"], len(wanted), "table")
    check_equal(ask(port, "/v1/switches/a1/groups")[2]["groups"], [], "groups")
    check_equal(ask(port, "/v1/switches/a1/meters")[0], 200, "meters")
    check_asked_as_of_old(port, wanted)


def check_asked_as_of_old(port, wanted):
    """The same at the paths of the original controller, of one switch and of all."""
    name = "00:00:00:00:00:00:00:a1"
    flows = ask(port, f"/wm/core/switch/{name}/flow/json")[2]["flows"]
    check_equal(sorted((int(f["priority"]), int(f["cookie"])) for f in flows),
                sorted((f["priority"], int(f["cookie"], 16)) for f in wanted), "entries")
    for stat, member in (("aggregate", "aggregate"), ("desc", "desc"), ("port", "port"),
                         ("queue", "queue"), ("table", "table"), ("group", "group"),
                         ("group-desc", "groupDesc"), ("group-features", "groupFeatures"),
                         ("meter", "meter"), ("meter-config", "meterConfig"),
                         ("meter-features", "meterFeatures"), ("table-features", "tableFeatures"),
                         ("port-desc", "portDesc"), ("features", "capabilities")):
        status, _, answer = ask(port, f"/wm/core/switch/all/{stat}/json")
        check_equal((status, len(answer)), (200, 3), f"{stat} of all switches")
        check(member in answer[name], f"{stat}: {answer[name]}")
    check_equal(int(ask(port, f"/wm/core/switch/{name}/aggregate/json")[2]["aggregate"]["flowCount"]),
                len(wanted), "number of entries")
    role = f"/wm/core/switch/{name}/role/json"
    check_equal(ask(port, role, "POST", {"role": "MASTER"})[2], {name: "MASTER"}, "role")
    check_equal(ask(port, role, "POST", {"role": "EQUAL"})[2], {name: "EQUAL"}, "role")


def check_tamboctl(ctl):
    check_equal([s["dpid"] for s in ctl.json("switches")["switches"]],
                [f"{d:016x}" for d in (0xa1, 0xa2, 0xa3)], "switches of tamboctl")
    table = ctl.run("hosts").splitlines()
    check(table[0].split()[:3] == ["MAC", "DPID", "PORT"] and len(table) == 4, f"table: {table}")
    check(mac_text(2) in table[2] and "10.0.0.2" in table[2], f"row of h2: {table[2]}")
    check_equal(len(ctl.json("paths", "10.0.0.1", "10.0.0.3")["hops"]), 3, "hops")
    check("clustering" in ctl.run("flows", "a1"), "entries")
    check("digraph" in ctl.run("topology"), "graph")
    check("edge" in ctl.run("switch", "a1"), "ports")
    check_equal(ctl.json("log", "debug")["level"], "debug", "level of the log")
    check_equal(ctl.json("log", "hosts=warn")["modules"], {"hosts": "warn"}, "levels of modules")
    check("no such switch" in ctl.run("flows", "77", code=1), "message for a missing switch")
    check("usage" in ctl.run("flows", code=2), "message for a missing argument")
    check("no command" in ctl.run("flow", code=2), "message for an unknown command")
    check("usage" in ctl.run("--help"), "help")
    check_tamboctl_lists(ctl)


def check_tamboctl_lists(ctl):
    """Lists whose name in the answer is not that of the command."""
    port = f"port {0xa1:016x}-11"
    ctl.run("post", "/v1/circuit-roots", '{"address": "10.0.0.3"}')
    check("10.0.0.3" in ctl.run("roots"), "the circuit root")
    ctl.run("delete", "/v1/circuit-roots/10.0.0.3")
    check_equal(ctl.run("roots"), "(none)\n", "no circuit root")
    ctl.run("put", "/v1/interest-domains/lab", json.dumps({"members": [port]}))
    check(ctl.run("domains").splitlines()[1].split()[:2] == ["lab", "1"], "the domain")
    check_equal(ctl.json("get", "/v1/interest-domains/lab")["members"], [port], "its member")
    ctl.run("delete", "/v1/interest-domains/lab")
    check_equal(ctl.run("domains"), "(none)\n", "no domain")
    check_equal(ctl.run("multicast"), "(none)\n", "no multicast group")


class Events:
    """A listener: lines of server-sent events as they come."""

    def __init__(self, port, after=0):
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.sendall(f"GET /v1/events?after={after} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.sock.settimeout(0.02)
        self.text = ""

    def has(self, *words):
        try:
            self.text += self.sock.recv(65536).decode()
        except TimeoutError:
            pass
        return any(all(w in part for w in words) for part in self.text.split("\n\n"))


def check_events(row, port):
    old = Events(port)
    wait_until("what happened before", lambda: old.has("event: switch_up", "a3") and
               old.has("event: host_added", mac_text(1)))
    new = Events(port, ask(port, "/v1/status")[2]["n_events"])
    row.ovs.vsctl("del-port", "s1", "h2")
    for listener in (old, new):
        wait_until("the port that went", lambda x=listener: x.has("event: port_down", "a1"))
    check(not new.has("event: switch_up"), "the new listener hears of old events")


def views(tambod_program, ctl_program):
    with Sandbox() as sandbox:
        ovs = OpenVSwitch(sandbox)
        tambod = Tambod(sandbox, tambod_program, with_rest(SETTINGS))
        row = Row(ovs, "OpenFlow13", tambod.port)
        row.wait_ready()
        port = rest_port(tambod)
        ctl = Ctl(ctl_program, f"http://127.0.0.1:{port}")
        check_views(row, port)
        check_tamboctl(ctl)
        check_events(row, port)
        tambod.stop()
        check("is tambod running" in ctl.run("status", code=1), "message without tambod")


# --- Who asks -------------------------------------------------------------------------------------

def write_tokens(path, **tokens):
    with open(path, "w") as file:
        file.write("# role name hash\n")
        for role, token in tokens.items():
            file.write(f"{role} {role}-1 {hashlib.sha256(token.encode()).hexdigest()}\n")


def check_tokens(tambod, port, path):
    level = {"level": "info"}
    check_equal(ask(port, "/v1/health")[0], 200, "health without a token")
    status, headers, _ = ask(port, "/v1/hosts")
    check_equal((status, headers["WWW-Authenticate"][:6]), (401, "Bearer"), "no token")
    check_equal(ask(port, "/v1/hosts", token="wrong-2385-wrong-x")[0], 401, "wrong token")
    check_equal(ask(port, "/v1/hosts", token=READ)[0], 200, "reader")
    check_equal(ask(port, "/v1/log", "PUT", level, READ)[0], 403, "reader who changes the log")
    check_equal(ask(port, "/v1/log", "PUT", level, OPERATE)[0], 403, "operator, likewise")
    check_equal(ask(port, "/v1/log", "PUT", level, ADMIN)[0], 200, "admin")
    tambod.wait_log("admin-1: PUT /v1/log: 200")
    write_tokens(path, read=ADMIN)
    tambod.process.popen.send_signal(signal.SIGHUP)
    wait_until("the reload", lambda: ask(port, "/v1/log", "PUT", level, ADMIN)[0] == 403)
    check_equal(ask(port, "/v1/hosts", token=READ)[0], 401, "token that was taken away")
    with open(path, "w") as file:
        file.write("root everybody 00\n")
    tambod.process.popen.send_signal(signal.SIGHUP)
    tambod.wait_log(r"tokens:1: expected the role")
    check_equal(ask(port, "/v1/hosts", token=ADMIN)[0], 200, "the tokens before the bad file")


def check_sites(port):
    """Pages of other sites, in a browser on this machine, get nothing."""
    check_equal(ask(port, "/v1/hosts", headers={"Origin": "http://evil.example"})[0], 403, "origin")
    check_equal(ask(port, "/v1/hosts", headers={"Host": "evil.example"})[0], 403, "host")
    here = f"127.0.0.1:{port}"
    check_equal(ask(port, "/v1/hosts", headers={"Host": here, "Origin": f"http://{here}"})[0], 200,
                "our own page")


def check_sizes(port):
    big = json.dumps({"level": "info", "x": "y" * 2000})
    check_equal(ask(port, "/v1/log", "PUT", big)[0], 413, "large body")
    check_equal(ask(port, "/v1/log", "PUT", "level=info", headers={"Content-Type": "text/x"})[0],
                415, "other type")
    status, headers, _ = ask(port, "/v1/log", "DELETE")
    check_equal((status, headers["Allow"]), (405, "GET, PUT"), "other method")
    check_equal(ask(port, "/v1/log", "HEAD")[::2], (200, ""), "HEAD")


def raw(port, text):
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(text)
    return sock


def is_closed(sock):
    sock.settimeout(0.02)
    try:
        return sock.recv(4096) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


def check_slow(port):
    """One that sends a byte now and then does not keep its place for ever, and many that send nothing do
    not keep others out."""
    slow = raw(port, b"GET /v1/hosts HTTP/1.1\r\nX: ")
    end = time.monotonic() + 20

    def drip():
        try:
            slow.sendall(b"y")
        except OSError:
            return True
        return is_closed(slow)
    wait_until("the slow client's end", drip, 20, 0.1)
    check(time.monotonic() < end, "the slow client stayed")
    idle = [raw(port, b"") for _ in range(12)]
    check_equal(ask(port, "/v1/health")[0], 200, "health beside idle connections")
    wait_until("the first idle connection's end", lambda: is_closed(idle[0]))
    for sock in idle:
        sock.close()


def check_listeners(port):
    """Two may listen; when one of them goes, another may."""
    first, second = Events(port), Events(port)
    for listener in (first, second):
        wait_until("a listener's greeting", lambda x=listener: x.has(": tambo"))
    check_equal(ask(port, "/v1/events")[0], 503, "a third listener")
    first.sock.close()

    def another():
        third = Events(port)
        if not third.has("503") and third.has(": tambo"):
            return third
        third.sock.close()
        return None
    wait_until("a place for another", another, every_s=0.2)


def check_rate(port):
    codes = [ask(port, "/v1/health")[0] for _ in range(60)]
    check(429 in codes and codes[0] == 200, f"rates: {codes}")
    wait_until("a share again", lambda: ask(port, "/v1/health")[0] == 200)


def doors(program):
    with Sandbox() as sandbox:
        path = sandbox.path("tokens")
        write_tokens(path, read=READ, operate=OPERATE, admin=ADMIN)
        tambod = Tambod(sandbox, program, with_rest({}, tokens_file=path))
        check_tokens(tambod, rest_port(tambod), path)
        tambod.stop()
        tambod = Tambod(sandbox, program, with_rest({}, max_body_bytes=1024, max_connections=8, max_listeners=2,
                                                    request_s=1), name="limits")
        port = rest_port(tambod)
        check_sites(port)
        check_sizes(port)
        check_listeners(port)
        check_slow(port)
        tambod.stop()
        tambod = Tambod(sandbox, program, with_rest({}, requests_per_s=5, requests_burst=20),
                        name="rates")
        check_rate(rest_port(tambod))
        tambod.stop()


# --- HTTPS ----------------------------------------------------------------------------------------

def https(program, ctl_program):
    with Sandbox() as sandbox:
        pki = sandbox.path("pki")
        run(PKI, "init", pki)
        run(PKI, "controller", pki, "127.0.0.1")
        run(PKI, "switch", pki, "2385")
        files = {"certificate": f"{pki}/controller-127.0.0.1.pem",
                 "key": f"{pki}/controller-127.0.0.1.key"}
        tambod = Tambod(sandbox, program, with_rest({}, tls=files))
        url = f"https://127.0.0.1:{rest_port(tambod)}"
        check_equal(Ctl(ctl_program, url, "--ca", f"{pki}/ca.pem").json("hosts")["hosts"], [],
                    "hosts over TLS")
        check("not trusted" in Ctl(ctl_program, url).run("hosts", code=1), "unknown authority")
        tambod.stop()
        tls = dict(files, ca=f"{pki}/ca.pem", client_role="read")
        tambod = Tambod(sandbox, program, with_rest({}, tls=tls), name="mutual")
        url = f"https://127.0.0.1:{rest_port(tambod)}"
        own = Ctl(ctl_program, url, "--ca", f"{pki}/ca.pem", "--certificate",
                  f"{pki}/switch-0000000000002385.pem", "--key", f"{pki}/switch-0000000000002385.key")
        check_equal(own.json("hosts")["hosts"], [], "hosts with a certificate")
        check("\"admin\" is needed" in own.run("log", "debug", code=1), "role of a certificate")
        Ctl(ctl_program, url, "--ca", f"{pki}/ca.pem").run("hosts", code=1)
        tambod.stop()


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} TAMBOD TAMBOCTL")
    programs = [os.path.abspath(p) for p in sys.argv[1:]]
    try:
        views(*programs)
        doors(programs[0])
        https(*programs)
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
    print("ok")


if __name__ == "__main__":
    main()
