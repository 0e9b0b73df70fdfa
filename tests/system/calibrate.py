#!/usr/bin/env python3
"""tambo calibrate on a controller that runs: simulated switches ping through tambod, the control channels are captured
by its tap and by tcpdump, and both tell the same network: its hosts, how often they call each other, how long the
controller takes, and the holding time. What was fitted can be planned with and simulated."""

import json
import os
import signal

from ovs_lib import Process, Sandbox, Tambod, check, check_equal, need, run, wait_until
from switch_lib import TamboSwitch, main

ACCESS, HOSTS = 4, 5
PINGS_PER_S, SECONDS, HOLD_S = 60, 6, 1


def inside(estimate, value):
    """Twice the interval of 95 %: 3.9 standard errors each way."""
    return (estimate["value"] - 2 * (estimate["value"] - estimate["low"]) <= value
            <= estimate["value"] + 2 * (estimate["high"] - estimate["value"]))


def check_fit(tambo, sandbox, name, capture, *options):
    mine = sandbox.path(name + ".json")
    fit = json.loads(run(tambo, "calibrate", capture, *options, "--json", "--out", mine))
    n = ACCESS * HOSTS
    check_equal((fit["switches"], fit["edge_switches"], fit["hosts"], fit["hold_s"]), (ACCESS + 1, ACCESS, n, HOLD_S),
                f"the network by {name}")
    # A ping calls there and its answer back.
    rate = 2 * PINGS_PER_S / (n * (n - 1))
    check(inside(fit["rate_per_s"], rate), f"{name}: calls {fit['rate_per_s']}, in truth {rate:.4f}")
    check(fit["session_s"]["high"] < 0.5, f"{name}: a ping takes {fit['session_s']}")
    check(fit["service_law"] != "unknown", f"{name}: service times are not known")
    service = fit["service_per_s"]
    check(10 < service["low"] <= service["value"] <= service["high"] < 1e7, f"{name}: {service}")
    text = run(tambo, "calibrate", capture, *options)
    check("tambo plan --traffic" in text and "The largest network" in text, text)
    again = json.loads(run(tambo, "sim", mine, "--set", "measure.warmup_s=5", "--set", "measure.duration_s=5", "--json"))
    check(again["metrics"]["arrivals_per_s"] > 1, f"{name}: {again['metrics']}")
    return fit


def test(tambo, tambod):
    need("tcpdump")
    with Sandbox() as sandbox:
        tap, beside = sandbox.path("tap.pcap"), sandbox.path("beside.pcap")
        controller = Tambod(sandbox, tambod, {"apps": {"clustering": {"hold_s": HOLD_S}}, "tap": {"file": tap}})
        log = sandbox.path("tcpdump.log")
        sniffer = Process(["tcpdump", "-i", "lo", "-U", "-w", beside, "tcp", "port", str(controller.port)], log)

        def hears():
            with open(log) as file:
                return "listening on lo" in file.read()

        wait_until("tcpdump listens", hears)
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tcp:127.0.0.1:{controller.port}", "--topology",
                             f"campus:access={ACCESS},core=1,hosts={HOSTS}", "--ping-per-s", PINGS_PER_S, "--seconds",
                             SECONDS)
        wait_until("the switches' end", lambda: not switch.process.is_running(), 60)
        stats = switch.stop()
        check(stats["ready"] == ACCESS + 1 and not stats["errors"], f"{stats}")
        controller.stop()
        wait_until("the capture of the end", lambda: os.path.getsize(beside) > stats["out_bytes"])
        sniffer.stop(signal.SIGINT)
        fits = [check_fit(tambo, sandbox, "tap", tap),
                check_fit(tambo, sandbox, "tcpdump", beside, "--port", str(controller.port))]
        check_equal(run(tambo, "replay", tap).count("the same"), 1, "replays that are the same")
        for fit, name in zip(fits, ("tap", "tcpdump")):
            print(f"{name}: {fit['misses']} misses, calls {fit['rate_per_s']['value']:.4f}/s, "
                  f"service {fit['service_per_s']['value']:.0f}/s")


main(test, "TAMBOD")
