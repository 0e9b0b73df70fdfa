#!/usr/bin/env python3
"""tambo bench against tambod over TLS: answers are measured, and each mistake with addresses and
certificates is said in words. Certificates are made by scripts/pki."""

import json
import os
import subprocess
import sys

from ovs_lib import Failure, Sandbox, Tambod, check, check_equal, run

PKI = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "pki")


class Pki:
    def __init__(self, sandbox, name):
        self.dir = sandbox.path(name)
        run(PKI, "init", self.dir)
        run(PKI, "controller", self.dir, "127.0.0.1")
        run(PKI, "controller", self.dir, "192.0.2.85")
        run(PKI, "switch", self.dir, "1")

    def path(self, name):
        return os.path.join(self.dir, name)


def controller(sandbox, tambod, pki, host, name):
    class TlsTambod(Tambod):
        def listen(self):
            return [{"address": f"127.0.0.1:{self.port}", "tls": True}]
    tls = {"certificate": pki.path(f"controller-{host}.pem"),
           "key": pki.path(f"controller-{host}.key"), "ca": pki.path("ca.pem")}
    return TlsTambod(sandbox, tambod, {"tls": tls}, name)


def bench(tambo, address, pki=None, **files):
    """(exit code, what it prints)."""
    names = {"ca": "ca.pem", "certificate": "switch-0000000000000001.pem",
             "key": "switch-0000000000000001.key"}
    args = [tambo, "bench", "--controller", address, "--switches", "2", "--hosts-per-switch", "20",
            "--seconds", "0.5", "--warmup-s", "0.1", "--settle-s", "1", "--json"]
    for option, name in names.items() if pki else ():
        args += [f"--{option}", files.get(option, pki.path(name))]
    done = subprocess.run(args, text=True, timeout=60, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout


def expect(found, code, *words):
    check_equal(found[0], code, "exit code\n" + found[1])
    check(all(word in found[1] for word in words), f"{words} are not in: {found[1]}")


def test(tambod, tambo):
    with Sandbox() as sandbox:
        pki, other = Pki(sandbox, "pki"), Pki(sandbox, "other")
        good = controller(sandbox, tambod, pki, "127.0.0.1", "good")
        tls = f"tls:127.0.0.1:{good.port}"
        code, text = bench(tambo, tls, pki)
        check_equal(code, 0, "exit code\n" + text)
        result = json.loads(text)
        check(result["responses_per_s"] > 0 and result["answered"] > 0, text)
        print(f"{result['responses_per_s']:.0f} answers/s over TLS")

        expect(bench(tambo, tls), 2, "needs --ca, --certificate and --key")
        expect(bench(tambo, f"tcp:127.0.0.1:{good.port}", pki), 2, "go with --controller tls:")
        expect(bench(tambo, "ssl:127.0.0.1:6653"), 2, "tcp:HOST:PORT or tls:HOST:PORT")
        expect(bench(tambo, tls, pki, ca="/nowhere/ca.pem"), 2, "--ca /nowhere/ca.pem: No such file")
        expect(bench(tambo, tls, pki, certificate=pki.path("ca.key")), 2, "--certificate", "ca.key")
        expect(bench(tambo, tls, pki, key=pki.path("ca.key")), 2, "--key", "key values mismatch")
        expect(bench(tambo, tls, other, ca=pki.path("ca.pem")), 1, "alert")
        expect(bench(tambo, tls, pki, ca=other.path("ca.pem")), 1,
               "the controller's certificate is not accepted")

        plain = Tambod(sandbox, tambod, {}, "plain")
        expect(bench(tambo, f"tls:127.0.0.1:{plain.port}", pki), 1, "does not speak TLS")
        elsewhere = controller(sandbox, tambod, pki, "192.0.2.85", "elsewhere")
        expect(bench(tambo, f"tls:127.0.0.1:{elsewhere.port}", pki), 1, "IP address mismatch")
        for each in (good, plain, elsewhere):
            each.stop()


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} TAMBOD TAMBO")
    try:
        test(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
    print("ok")


main()
