"""Three switches in a row and three hosts, for the tests on dummy switches.

      h1 ─1┐                                        ┌1─ h3
           s1 ─11────────12─ s2 ─13────────11─ s3
      h2 ─2┘

Labels are given in the order in which switches get their first host."""

import ovs_entries
from ovs_lib import arp, check_equal, mac_text, udp, wait_equal, wait_until

SWITCHES = ("s1", "s2", "s3")
PLACES = {1: ("s1", 1), 2: ("s1", 2), 3: ("s3", 1)}
LABELS = {"s1": 2, "s3": 3}
SETTINGS = {"core": {"edge_settle_s": 0.1}}


class Row:
    def __init__(self, ovs, version, port):
        self.ovs = ovs
        self.version = version
        for number, name in enumerate(SWITCHES):
            ovs.add_bridge(name, 0xa1 + number, version)
        for host, (switch, number) in PLACES.items():
            ovs.add_dummy_port(switch, f"h{host}", number)
        ovs.add_patch("s1", 11, "s2", 12)
        ovs.add_patch("s2", 13, "s3", 11)
        for name in SWITCHES:
            ovs.set_controller(name, port)

    # --- What is expected -------------------------------------------------------------------------

    def infrastructure(self):
        return ovs_entries.infrastructure()

    def reverse(self, host):
        switch, port = PLACES[host]
        return ovs_entries.reverse(self.version, LABELS[switch], mac_text(host), port)

    def own(self, switch):
        return ovs_entries.own(LABELS[switch])

    def transit(self, to_switch, port):
        return ovs_entries.transit(LABELS[to_switch], port)

    def ingress(self, host, port, to_switch=None, hold_s=300):
        """Towards 'host', with the label of 'to_switch' unless it is the same switch."""
        return ovs_entries.ingress(self.version, mac_text(host), port, LABELS.get(to_switch), hold_s)

    # --- What is done -----------------------------------------------------------------------------

    def flows(self, switch):
        return self.ovs.flows(switch, self.version)

    def wait_flows(self, switch, expected, within_s=15.0):
        wait_equal(f"entries of {switch}", lambda: self.flows(switch), expected, within_s)

    def wait_ready(self):
        for name in SWITCHES:
            self.wait_flows(name, self.infrastructure())

    def announce(self, *hosts):
        """The hosts are heard (gratuitous ARP) until the controller answers for each of them."""
        for host in hosts:
            asker = 2 if host == 1 else 1

            def is_known(host=host, asker=asker):
                self.ovs.receive(f"h{host}", arp(1, host, host))
                self.ovs.receive(f"h{asker}", arp(1, asker, host))
                return arp(2, host, asker) in self.ovs.sent(f"h{asker}")
            wait_until(f"host {host} is known", is_known, every_s=0.1)

    def send(self, src, dst, payload):
        """A datagram from 'src' arrives at 'dst', as it was, once."""
        frame = udp(src, dst, payload)
        self.ovs.receive(f"h{src}", frame)
        wait_until(f"{payload} from host {src} to host {dst}",
                   lambda: frame in self.ovs.sent(f"h{dst}"))
        check_equal(self.ovs.sent(f"h{dst}").count(frame), 1, f"copies of {payload}")
