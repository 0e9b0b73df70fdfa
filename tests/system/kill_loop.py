#!/usr/bin/env python3
"""What an operator was told to be done outlives SIGKILL at any moment, and nothing is ever done by halves.

kill_loop.py TAMBOD [KILLS [SEED]]: makes changes of every kind that REST takes, kills tambod in the middle of
them, starts it again and compares all that it tells with a model; 25 times, or KILLS times."""

import copy
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
from urllib.parse import quote

from ovs_lib import Failure, Sandbox, Tambod, check, check_equal

N_KILLS = 25
OLD = "/networkService/v1.1/tenants/default"
ACL_PRIORITY = 30000  # Of rules that are entered as those of an access list.
POOL = {"name": "lab", "subnet": "10.24.0.0/24", "server": "10.24.0.1", "first": "10.24.0.100",
        "last": "10.24.0.199"}


def mac(n):
    return f"02:00:00:00:17:{n:02x}"


class Gone(Exception):
    """No answer: tambod was killed meanwhile, before, during or after the change."""


class Rest:
    def __init__(self, port):
        self.conn = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def ask(self, method, path, body=None):
        """(status, JSON)"""
        head = {"Content-Type": "application/json"} if body is not None else {}
        try:
            self.conn.request(method, path, body=None if body is None else json.dumps(body), headers=head)
            reply = self.conn.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException) as why:
            raise Gone(str(why)) from why
        return reply.status, json.loads(text) if text else None

    def get(self, path):
        status, answer = self.ask("GET", path)
        check_equal(status, 200, f"GET {path}")
        return answer

    def pages(self, path, key):
        """All elements of a list that comes in pages."""
        found, after = [], ""
        while True:
            answer = self.get(f"{path}?limit=200{after}")
            found += answer[key]
            if not answer.get("next"):
                return found
            after = "&after=" + quote(answer["next"], safe="")


# --- What there is --------------------------------------------------------------------------------

def empty():
    return {"networks": {1: {"name": None, "isolated": False, "rules": set()}}, "blocked": set(),
            "static": {}, "roots": set(), "domains": {}, "reservations": {}, "allowed": set(),
            "elephant_roots": set(), "elephants": set(), "firewall": {}, "enabled": True}


def visible(model):
    """Who is isolated is blocked for everybody: pairs with such a network are not told apart from that."""
    model = copy.deepcopy(model)
    isolated = {i for i, network in model["networks"].items() if network["isolated"]}
    model["blocked"] = {pair for pair in model["blocked"] if not pair & isolated}
    return model


def firewall(rest, ids):
    """Its rules by what they are about; 'ids' gets the number of each."""
    rules = {}
    ids.clear()
    for r in rest.pages("/v1/firewall/rules", "rules"):
        port = r["match"].get("tcp_dst")
        about = (r["priority"], r["match"]["ipv4_dst"], port and int(port))
        rules[about] = r["action"]
        ids[about] = r["id"]
    return rules


def told(rest, ids):
    """All that tambod tells, in the form of the model."""
    found = empty()
    found["firewall"] = firewall(rest, ids)
    found["enabled"] = rest.get("/v1/firewall")["enabled"]
    found["elephants"] = {f["sport"] for f in rest.pages("/v1/told-elephants", "flows")}
    for n in rest.pages("/v1/networks", "networks"):
        rules = set(rest.get(f"/v1/networks/{n['id']}/rules")["rules"])
        name = None if n["id"] == 1 else n["name"]
        found["networks"][n["id"]] = {"name": name, "isolated": n["isolated"], "rules": rules}
        for other in rest.get(f"/v1/networks/{n['id']}/blocked")["blocked"]:
            found["blocked"].add(frozenset((n["id"], other if isinstance(other, int) else other["id"])))
    for f in rest.pages("/v1/static-flows", "flows"):
        found["static"][(f["dpid"][-1], f["name"])] = (f["priority"], f["match"]["ipv4_dst"], f["enabled"])
    found["roots"] = {r["address"] for r in rest.get("/v1/circuit-roots")["circuit_roots"]}
    for d in rest.pages("/v1/interest-domains", "domains"):
        members = rest.get(f"/v1/interest-domains/{d['name']}")["members"]
        found["domains"][d["name"]] = set(members)
    for r in rest.get("/v1/dhcp/reservations")["reservations"]:
        found["reservations"][r["mac"]] = (r["ip"], r["name"])
    found["allowed"] = set(rest.get("/v1/dos/allowed")["allowed"])
    found["elephant_roots"] = {d[-2:] for d in rest.get("/v1/elephant-roots")["roots"]}
    return visible(found)


def elephant(n):
    return {"src_ip": f"10.26.0.{n}", "dst_ip": "10.26.1.1", "proto": 6, "sport": n, "dport": 443}


# --- Changes --------------------------------------------------------------------------------------

class Changes:
    """Each method changes 'm', a copy of the model, and returns the request that does the same: often that of
    today, sometimes that of the original controller."""

    def __init__(self, rng):
        self.rng = rng
        self.ids = {}  # Of the firewall's rules.
        self.about = None  # The rule that was added last.

    def answered(self, answer):
        """The number of a new rule."""
        if self.about:
            self.ids[self.about] = int(answer["rule-id"] if "rule-id" in answer else answer["id"])
            self.about = None

    def old(self):
        return self.rng.random() < 0.3

    def network(self, m):
        number = self.rng.randint(2, 9)
        if number in m["networks"] and self.rng.random() < 0.3:
            del m["networks"][number]
            m["blocked"] = {b for b in m["blocked"] if number not in b}
            return "DELETE", f"/v1/networks/{number}", None
        network = m["networks"].setdefault(number, {"name": "", "isolated": False, "rules": set()})
        network["name"] = f"n{number}-{self.rng.randint(0, 99)}"
        if self.old():
            return ("POST", f"{OLD}/networks",
                    {"network": {"id": str(number), "name": network["name"]}})
        network["isolated"] = self.rng.random() < 0.2
        return "PUT", f"/v1/networks/{number}", {k: network[k] for k in ("name", "isolated")}

    def rule(self, m):
        number = self.rng.choice(sorted(m["networks"]))
        rules = m["networks"][number]["rules"]
        rule = self.rng.choice([f"mac {mac(self.rng.randint(0, 60))}",
                                f"port {self.rng.randint(1, 9):016x}-{self.rng.randint(1, 9)}",
                                f"ip 10.24.{self.rng.randint(0, 9)}.0/24"])
        if rule in rules:
            rules.remove(rule)
            return "DELETE", f"/v1/networks/{number}/rules/{quote(rule, safe='')}", None
        rules.add(rule)
        kind, match = rule.split(" ")
        if kind != "port" and self.old():
            kind = {"mac": "2", "ip": "3"}[kind]
            return ("PUT", f"{OLD}/rules/type/{kind}/network/{number}",
                    {"attachment": {"type": kind, "vnid": str(number), "match": match}})
        return "POST", f"/v1/networks/{number}/rules", {"rule": rule}

    def block(self, m):
        numbers = sorted(i for i, network in m["networks"].items() if not network["isolated"])
        if len(numbers) < 2:
            return self.network(m)
        a, b = self.rng.sample(numbers, 2)
        pair = frozenset((a, b))
        path = f"/v1/networks/{a}/blocked/{b}"
        if self.old():
            m["blocked"] ^= {pair}
            return ("PUT", f"{OLD}/networks/filter/{a}",
                    {"isolate": {"type": "1" if pair in m["blocked"] else "0", "vnid": str(a), "nets": str(b)}})
        if pair in m["blocked"]:
            m["blocked"].remove(pair)
            return "DELETE", path, None
        m["blocked"].add(pair)
        return "PUT", path, None

    def static(self, m):
        dpid, name = str(self.rng.randint(1, 4)), f"f {self.rng.randint(1, 9)}"
        path = f"/v1/static-flows/{dpid}/{quote(name)}"
        old = m["static"].get((dpid, name))
        what = self.rng.random()
        if old and what < 0.3:
            del m["static"][dpid, name]
            if self.old():
                return "DELETE", "/wm/staticflowpusher/json", {"name": name, "switch": dpid}
            return "DELETE", path, None
        if old and what < 0.5:
            m["static"][dpid, name] = (*old[:2], not old[2])
            return "DELETE" if old[2] else "PUT", path + "/enabled", None
        # Its own destination and priority, so that no two are the same entry.
        new = (2000 + 10 * int(name[2:]) + self.rng.randint(0, 9), f"10.25.{dpid}.{int(name[2:])}", True)
        m["static"][dpid, name] = new
        if self.old():
            return ("POST", "/wm/staticflowpusher/json",
                    {"switch": dpid, "name": name, "priority": str(new[0]), "active": "true",
                     "eth_type": "0x0800", "ipv4_dst": new[1], "actions": "output=3"})
        return "PUT", path, {"priority": new[0], "match": {"eth_type": 2048, "ipv4_dst": new[1]},
                             "actions": [{"output": 3}]}

    def root(self, m):
        address = self.rng.choice([mac(self.rng.randint(0, 9)), f"10.24.0.{self.rng.randint(1, 9)}"])
        if address in m["roots"]:
            m["roots"].remove(address)
            return "DELETE", f"/v1/circuit-roots/{address}", None
        m["roots"].add(address)
        if "." in address and self.old():
            return "PUT", "/trafficManager/mice", {"mice": {"ipadd": address}}
        return "POST", "/v1/circuit-roots", {"address": address}

    def members(self, d):
        """Of domain 'd' alone: a member is in one domain."""
        ports = [f"port {d + 1:016x}-{n}" for n in range(1, 60)]
        return set(self.rng.sample(ports, self.rng.randint(0, 50)))

    def domain(self, m):
        d = self.rng.randint(0, 3)
        name, what = f"d{d}", self.rng.random()
        if name in m["domains"] and what < 0.2:
            del m["domains"][name]
            return "DELETE", f"/v1/interest-domains/{name}", None
        if name in m["domains"] and what < 0.5:
            member = f"mac {mac(100 + d)}"
            path = f"/v1/interest-domains/{name}/members"
            if member in m["domains"][name]:
                m["domains"][name].remove(member)
                return "DELETE", f"{path}/{quote(member, safe='')}", None
            m["domains"][name].add(member)
            return "POST", path, {"member": member}
        m["domains"][name] = self.members(d)
        return "PUT", f"/v1/interest-domains/{name}", {"members": sorted(m["domains"][name])}

    def reservation(self, m):
        n = self.rng.randint(2, 30)
        path = f"/v1/dhcp/reservations/lab/{mac(n)}"
        if mac(n) in m["reservations"] and self.rng.random() < 0.5:
            del m["reservations"][mac(n)]
            return "DELETE", path, None
        m["reservations"][mac(n)] = (f"10.24.0.{n}", f"h{self.rng.randint(0, 99)}")
        ip, name = m["reservations"][mac(n)]
        return "PUT", path, {"ip": ip, "name": name}

    def allowed(self, m):
        address = mac(self.rng.randint(0, 30))
        m["allowed"] ^= {address}
        return "PUT" if address in m["allowed"] else "DELETE", f"/v1/dos/allowed/{address}", None

    def elephant_root(self, m):
        dpid = f"{self.rng.randint(1, 30):02x}"
        m["elephant_roots"] ^= {dpid}
        method = "PUT" if dpid in m["elephant_roots"] else "DELETE"
        return method, f"/v1/elephant-roots/{dpid}", None

    def elephant(self, m):
        n = self.rng.randint(1, 40)
        if n in m["elephants"]:
            m["elephants"].remove(n)
            return "DELETE", f"/v1/told-elephants/10.26.0.{n}/10.26.1.1/6/{n}/443", None
        m["elephants"].add(n)
        return "POST", "/v1/elephants", elephant(n)

    def forget_rule(self, m, about):
        del m["firewall"][about]
        number = self.ids[about]
        if not self.old():
            return "DELETE", f"/v1/firewall/rules/{number}", None
        if about[0] == ACL_PRIORITY:
            return "DELETE", "/wm/acl/rules/json", {"ruleid": str(number)}
        return "DELETE", "/wm/firewall/rules/json", {"ruleid": str(number)}

    def firewall(self, m):
        """Rules about destinations, each of which is there once; those of access lists have a priority of
        their own."""
        last = self.rng.randint(1, 40)
        is_acl = last % 3 == 0
        about = (ACL_PRIORITY if is_acl else 65535 - last, f"10.27.0.{last}", last if last % 2 else None)
        if about in m["firewall"]:
            return self.forget_rule(m, about)
        action = m["firewall"][about] = self.rng.choice(["allow", "deny"])
        self.about = about
        if is_acl and self.old():
            body = {"dst-ip": about[1] + "/32", "action": action}
            body |= {"nw-proto": "TCP", "tp-dst": str(last)} if last % 2 else {}
            return "POST", "/wm/acl/rules/json", body
        if not is_acl and self.old():
            body = {"dst-ip": about[1] + "/32", "action": action.upper(), "priority": str(last)}
            body |= {"nw-proto": "TCP", "tp-dst": str(last)} if last % 2 else {"dl-type": "IPv4"}
            return "POST", "/wm/firewall/rules/json", body
        match = {"eth_type": 2048, "ipv4_dst": about[1]}
        match |= {"ip_proto": 6, "tcp_dst": last} if last % 2 else {}
        return "POST", "/v1/firewall/rules", {"priority": about[0], "action": action, "match": match}

    def change_rule(self, m):
        """Another action."""
        if not m["firewall"]:
            return self.firewall(m)
        about = self.rng.choice(sorted(m["firewall"], key=str))
        action = m["firewall"][about] = "deny" if m["firewall"][about] == "allow" else "allow"
        match = {"eth_type": 2048, "ipv4_dst": about[1]}
        match |= {"ip_proto": 6, "tcp_dst": about[2]} if about[2] else {}
        return ("PUT", f"/v1/firewall/rules/{self.ids[about]}",
                {"priority": about[0], "action": action, "match": match})

    def enable(self, m):
        m["enabled"] = not m["enabled"]
        if self.old():
            return "PUT", f"/wm/firewall/module/{'enable' if m['enabled'] else 'disable'}/json", None
        return "PUT", "/v1/firewall", {"enabled": m["enabled"]}

    def some(self, m):
        kinds = [self.network, self.rule, self.rule, self.block, self.static, self.root, self.domain,
                 self.domain, self.reservation, self.allowed, self.elephant_root, self.elephant,
                 self.firewall, self.firewall, self.change_rule, self.enable]
        return self.rng.choice(kinds)(m)


# --- The loop -------------------------------------------------------------------------------------

def difference(found, expected):
    lines = []
    for key in expected:
        a, b = found[key], expected[key]
        if isinstance(a, dict):
            for k in sorted(set(a) | set(b), key=str):
                x, y = a.get(k), b.get(k)
                if isinstance(x, set) and isinstance(y, set):
                    x, y = x - y, y - x
                if x != y:
                    lines.append(f"  {key} {k}: told {x}, expected {y}")
        elif a != b:
            lines += [f"  {key}: surplus {a - b}, missing {b - a}"]
    return "\n".join(line[:600] for line in lines)


def change_until_killed(rest, model, changes):
    """The model as acknowledged, the one with the change that was not, and how many were."""
    n = 0
    while True:
        after = copy.deepcopy(model)
        method, path, body = changes.some(after)
        try:
            status, answer = rest.ask(method, path, body)
        except Gone:
            return model, (after, f"{method} {path}"), n
        check(200 <= status < 300, f"{method} {path} {body}: {status} {answer}")
        changes.answered(answer)
        model, n = after, n + 1


def one_kill(tambod, port, model, changes, rng):
    pid = tambod.process.popen.pid
    timer = threading.Timer(rng.uniform(0.02, 0.6), os.kill, (pid, signal.SIGKILL))
    timer.start()
    try:
        model, (after, what), n = change_until_killed(Rest(port), model, changes)
    finally:
        timer.join()
    tambod.process.popen.wait()
    tambod.start()
    rest = Rest(rest_port(tambod))
    changes.about = None
    found = told(rest, changes.ids)
    if found == visible(model):
        return model, n, False
    check(found == visible(after),
          f"after {n} changes and a kill during {what}, it is neither what it was\n"
          f"{difference(found, visible(model))}\n nor what it should be\n"
          f"{difference(found, visible(after))}")
    return after, n, True


def rest_port(tambod):
    return int(tambod.wait_log(r"REST on http://127\.0\.0\.1:(\d+)").group(1))


def main():
    n_kills = int(sys.argv[2]) if len(sys.argv) > 2 else N_KILLS
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 2385
    rng = random.Random(seed)
    changes = Changes(rng)
    n_changes = n_unacknowledged = 0
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, sys.argv[1], {
            "store": {"path": sandbox.path("tambod.sqlite")}, "rest": {"listen": "127.0.0.1:0"},
            "apps": {"dhcp": {"pools": [POOL]}}})
        model = empty()
        for kill in range(n_kills):
            try:
                model, n, more = one_kill(tambod, rest_port(tambod), model, changes, rng)
            except Failure as why:
                raise Failure(f"seed {seed}, kill {kill + 1}: {why}") from why
            n_changes += n
            n_unacknowledged += more
        tambod.stop()
    print(f"{n_kills} kills, {n_changes} changes acknowledged and kept, {n_unacknowledged} more were done "
          "before the kill without an answer, none by halves")


if __name__ == "__main__":
    started = time.monotonic()
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
    print(f"{time.monotonic() - started:.1f} s")
