#!/usr/bin/env python3
"""tambod with Open vSwitch over TLS: several bridges at once find their links, a reload with a new
certificate drops nobody, a switch of another authority or with another's datapath id is refused,
and tambod --check says what is wrong with the files. Certificates are made by scripts/pki."""

import json
import os
import re
import signal
import socket
import ssl

from ovs_lib import OpenVSwitch, Sandbox, Tambod, check, check_equal, main, need, run, wait_until

PKI = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "pki")
SETTINGS = {"core": {"edge_settle_s": 0.1}}
N_BRIDGES = 4


class Pki:
    """An authority in a folder of the sandbox."""

    def __init__(self, sandbox, name):
        self.dir = sandbox.path(name)
        run(PKI, "init", self.dir)

    def path(self, name):
        return os.path.join(self.dir, name)

    def make(self, kind, name, *options):
        """(key, certificate) of a new certificate."""
        run(PKI, kind, self.dir, name, *options)
        base = f"{kind}-{name}" if kind == "controller" else f"switch-{int(name, 16):016x}"
        return self.path(base + ".key"), self.path(base + ".pem")


class TlsTambod(Tambod):
    """Listens for TLS, and on no other port."""

    def __init__(self, sandbox, program, pki, bind_dpid=False):
        self.key, self.certificate = pki.make("controller", "127.0.0.1")
        tls = {"certificate": self.certificate, "key": self.key, "ca": pki.path("ca.pem"),
               "bind_dpid": bind_dpid}
        super().__init__(sandbox, program, dict(SETTINGS, tls=tls))

    def listen(self):
        return [{"address": super().listen()[0], "tls": True}]


def add_bridges(ovs, port):
    """s1 to sN in a row, all at once."""
    for n in range(1, N_BRIDGES + 1):
        ovs.add_bridge(f"s{n}", 0xa0 + n, "OpenFlow13")
    for n in range(1, N_BRIDGES):
        ovs.add_patch(f"s{n}", 11, f"s{n + 1}", 12)
    for n in range(1, N_BRIDGES + 1):
        ovs.set_controller(f"s{n}", port, "ssl")


def wait_links(tambod):
    for n in range(1, N_BRIDGES):
        a, b = f"{0xa0 + n:016x}:11", f"{0xa1 + n:016x}:12"
        tambod.wait_log(f"link {a} to {b} is up")
        tambod.wait_log(f"link {b} to {a} is up")


def shown_certificate(pki, port):
    """What a client is shown now, as PEM."""
    key, certificate = pki.make("switch", "ff")
    context = ssl.create_default_context(cafile=pki.path("ca.pem"))
    context.load_cert_chain(certificate, key)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True))


def body(path):
    with open(path) as file:
        return re.sub(r"\s", "", file.read())


def reload(tambod):
    n = tambod.log().count("was read again")
    tambod.process.popen.send_signal(signal.SIGHUP)
    wait_until("the reload", lambda: tambod.log().count("was read again") == n + 1)


def n_ends(tambod):
    return len(re.findall("connection (?:lost|closed)", tambod.log()))


def check_reload(tambod, pki):
    """A new certificate is shown to whoever comes now; those who are there stay."""
    old = shown_certificate(pki, tambod.port)
    check_equal(re.sub(r"\s", "", old), body(tambod.certificate), "the first certificate")
    wait_until("the client has left", lambda: n_ends(tambod) == 1)
    pki.make("controller", "127.0.0.1")
    reload(tambod)
    new = shown_certificate(pki, tambod.port)
    check_equal(re.sub(r"\s", "", new), body(tambod.certificate), "the second certificate")
    check(new != old, "the certificate is the old one")
    wait_until("the second client has left", lambda: n_ends(tambod) == 2)


def check_bad_reload(tambod):
    """A file that is no good changes nothing."""
    with open(tambod.certificate) as file:
        good = file.read()
    with open(tambod.certificate, "w") as file:
        file.write("nonsense")
    tambod.process.popen.send_signal(signal.SIGHUP)
    tambod.wait_log(r"tls\.certificate: the file holds no certificate in PEM")
    tambod.wait_log("has mistakes: nothing was changed")
    with open(tambod.certificate, "w") as file:
        file.write(good)


def several_bridges(program):
    with Sandbox() as sandbox:
        pki = Pki(sandbox, "ours")
        ovs = OpenVSwitch(sandbox)
        ovs.set_ssl(*pki.make("switch", "a1"), pki.path("ca.pem"))
        tambod = TlsTambod(sandbox, program, pki)
        add_bridges(ovs, tambod.port)
        wait_links(tambod)
        check_reload(tambod, pki)
        check_bad_reload(tambod)
        for n in range(1, N_BRIDGES + 1):
            check_equal(len(re.findall(rf"switch {0xa0 + n:016x} at \S+ is up", tambod.log())), 1,
                        f"times that s{n} came up")
        check_equal(n_ends(tambod), 2, "ends of connections, both of the test's own")
        tambod.stop()
        print(f"{N_BRIDGES} bridges over TLS: links found, certificate replaced, nobody dropped")


def other_authority(program):
    with Sandbox() as sandbox:
        ours, other = Pki(sandbox, "ours"), Pki(sandbox, "other")
        ovs = OpenVSwitch(sandbox)
        ovs.set_ssl(*other.make("switch", "a1"), ours.path("ca.pem"))
        tambod = TlsTambod(sandbox, program, ours)
        ovs.add_bridge("s1", 0xa1, "OpenFlow13")
        ovs.set_controller("s1", tambod.port, "ssl")
        tambod.wait_log(r"127\.0\.0\.1:\d+: refused: its certificate is not signed by our authority")
        ovs.set_ssl(*ours.make("switch", "a1", "--expired"), ours.path("ca.pem"))
        tambod.wait_log(r"127\.0\.0\.1:\d+: refused: its certificate has expired")
        ovs.set_ssl(*ours.make("switch", "a1"), other.path("ca.pem"))
        tambod.wait_log(r"127\.0\.0\.1:\d+: refused: it does not accept our certificate: ")
        ovs.set_controller("s1", tambod.port, "tcp")
        tambod.wait_log(r"127\.0\.0\.1:\d+: refused: it speaks plain OpenFlow on a port for TLS")
        check(" is up" not in tambod.log(), "somebody got in")
        ovs.set_ssl(*ours.make("switch", "a1"), ours.path("ca.pem"))
        ovs.set_controller("s1", tambod.port, "ssl")
        tambod.wait_log(r"switch 00000000000000a1 at \S+ is up")
        tambod.stop()
        print("wrong authority, expired, distrust, plain: refused and said so; then let in")


def impostor(program):
    with Sandbox() as sandbox:
        pki = Pki(sandbox, "ours")
        ovs = OpenVSwitch(sandbox)
        ovs.set_ssl(*pki.make("switch", "a1"), pki.path("ca.pem"))
        tambod = TlsTambod(sandbox, program, pki, bind_dpid=True)
        for n in (1, 2):
            ovs.add_bridge(f"s{n}", 0xa0 + n, "OpenFlow13")
            ovs.set_controller(f"s{n}", tambod.port, "ssl")
        tambod.wait_log(r"switch 00000000000000a1 at \S+ is up")
        tambod.wait_log("it says it is datapath 00000000000000a2, "
                        "its certificate says 00000000000000a1")
        check("switch 00000000000000a2 at" not in tambod.log(), "the impostor got in")
        tambod.stop()
        print("a switch with another's datapath id: refused")


def complaints(program):
    """Each with the place of the key."""
    with Sandbox() as sandbox:
        pki = Pki(sandbox, "ours")
        key, certificate = pki.make("controller", "old", "--expired")
        other_key, _ = pki.make("switch", "a1")
        path = sandbox.path("bad.json")
        for tls, expected in (
                ({"certificate": certificate, "key": key, "ca": pki.path("ca.pem")},
                 f"{path}:3:18: tls.certificate: the file has expired on "),
                ({"certificate": pki.path("ca.pem"), "key": other_key, "ca": pki.path("ca.pem")},
                 f"{path}:4:10: tls.key: the file is not the key of the certificate"),
                ({"certificate": pki.path("ca.pem"), "key": pki.path("ca.key"), "ca": "/nowhere"},
                 f"{path}:5:9: tls.ca: the file cannot be read: No such file or directory")):
            with open(path, "w") as file:
                json.dump({"tls": tls}, file, indent=1)
            printed = run(program, "--check", "--config", path, may_fail=True)
            check(printed.startswith(expected) and printed.count("\n") == 1,
                  f"expected: {expected}\nfound: {printed}")
        print("--check names file, line, column and fault")


def test(program):
    need("openssl")
    complaints(program)
    several_bridges(program)
    other_authority(program)
    impostor(program)


main(test)
