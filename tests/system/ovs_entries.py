"""The entries of tambod's apps as ovs-ofctl prints them, for a switch that speaks 'version'."""

ALL_TO_CONTROLLER = "CONTROLLER:65535"


def infrastructure():
    """ARP goes to the controller, and so does what matches nothing."""
    return [f"priority=60000,arp actions={ALL_TO_CONTROLLER}",
            f"priority=0 actions={ALL_TO_CONTROLLER}"]


def reverse(version, label, mac, port):
    """The label of this switch: off, and out to the host."""
    pop = "strip_vlan" if version == "OpenFlow10" else "pop_vlan"
    return f"priority=400,dl_vlan={label},dl_dst={mac} actions={pop},output:{port}"


def own(label):
    """The label of this switch, and a host that does not live here."""
    return f"priority=300,dl_vlan={label} actions={ALL_TO_CONTROLLER}"


def transit(label, port):
    """The label of another switch."""
    return f"priority=300,dl_vlan={label} actions=output:{port}"


def ingress(version, mac, port, label=None, hold_s=300):
    """No label: push the one of the host's switch, unless that is this one."""
    old = version == "OpenFlow10"
    flags, untagged = ("", "0x0000") if old else ("send_flow_rem ", "0x0000/0x1fff")
    push = ""
    if label:
        push = (f"mod_vlan_vid:{label}," if old else
                f"push_vlan:0x8100,set_field:{0x1000 | label}->vlan_vid,")
    return (f"idle_timeout={hold_s}, {flags}priority=200,vlan_tci={untagged},dl_dst={mac} "
            f"actions={push}output:{port}")
