#!/usr/bin/env python3
"""The web page of tambod in a real browser: it draws the switches of Open vSwitch, their links and hosts,
lists them, shows what happened, loads nothing from elsewhere, and asks for a token when one is needed."""

import os
import re
import subprocess
import sys

from ovs_lib import (Failure, OpenVSwitch, Sandbox, Tambod, check, check_equal, mac_text, need,
                     wait_until)
from ovs_row import SETTINGS, Row
from rest import ask, rest_port, with_rest, write_tokens


def browse(sandbox, port):
    """What the browser has made of the page, after five seconds of its own time."""
    need("chromium")
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={sandbox.path('profile')}", "--enable-logging=stderr",
         "--virtual-time-budget=5000", "--dump-dom", f"http://127.0.0.1:{port}/"],
        text=True, timeout=90, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check_equal(done.returncode, 0, "exit code of chromium\n" + done.stderr[-2000:])
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def check_network(row, sandbox, port):
    wait_until("four links", lambda: len(ask(port, "/v1/links")[2]["links"]) == 4)
    row.announce(1, 2, 3)
    wait_until("three hosts", lambda: len(ask(port, "/v1/hosts")[2]["hosts"]) == 3)
    page, complaints = browse(sandbox, port)
    check_equal(complaints, [], "complaints of the browser")
    check_equal([len(re.findall(f'class="{kind}"', page)) for kind in ("switch", "link", "host")],
                [3, 2, 3], "switches, links and hosts in the picture")
    check("3 of 3 switches ready" in page, "summary")
    check(f"<td>{mac_text(2)}</td><td>10.0.0.2</td><td>a1</td><td>2</td>" in page, "row of h2")
    check(re.search(r"<div>\d+ s  host_added mac=" + mac_text(3) + " dpid=a3 port=1", page), "events")
    check_equal(re.findall(r'(?:src|href)="([^"]*)', page), ["/v1/topology.svg?hosts=true"],
                "what it loads or leads to")
    status, headers, picture = ask(port, "/v1/topology.svg?hosts=true")
    check_equal((status, headers["Content-Type"]), (200, "image/svg+xml; charset=utf-8"), "picture")
    check(all(f">{text}</text>" in picture for text in ("a1", "a2", "a3", "10.0.0.3", mac_text(1))),
          "names in the picture")
    check('role="alert"></span>' in page, "trouble")


def browser(program):
    with Sandbox() as sandbox:
        ovs = OpenVSwitch(sandbox)
        tambod = Tambod(sandbox, program, with_rest(SETTINGS))
        row = Row(ovs, "OpenFlow13", tambod.port)
        row.wait_ready()
        check_network(row, sandbox, rest_port(tambod))
        tambod.stop()
        write_tokens(sandbox.path("tokens"), read="reader-2385-reader")
        tambod = Tambod(sandbox, program, with_rest({}, tokens_file=sandbox.path("tokens")),
                        name="closed")
        page, _ = browse(sandbox, rest_port(tambod))
        check('style="display: block;"' in page and "a token is needed" in page, "question for a token")
        tambod.stop()


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} TAMBOD")
    try:
        browser(os.path.abspath(sys.argv[1]))
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
    print("ok")


main()
