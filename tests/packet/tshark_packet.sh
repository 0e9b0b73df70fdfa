#!/bin/sh
# Lets tshark judge the frames that pcap_frames writes: tshark_packet.sh PCAP_FRAMES.
# Fails when a frame is malformed, a checksum is wrong, or a protocol that we built is not recognised.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export HOME="$dir" # No preferences of the user.

"$1" "$dir/frames.pcap"

judge() {
    tshark -r "$dir/frames.pcap" \
        -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
        -o sctp.checksum:"CRC-32C" -o tcp.analyze_sequence_numbers:FALSE "$@" 2>"$dir/stderr" || {
        cat "$dir/stderr" >&2
        exit 1
    }
}

# Checksum status 1 is good, 0 bad, 2 not verified.
bad=$(judge -Y '_ws.malformed || _ws.expert.severity == "Error" || ip.checksum.status == 0 ||
    tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 ||
    icmpv6.checksum.status == 0 || sctp.checksum.status == 0')
if [ -n "$bad" ]; then
    echo "tshark complains:" >&2
    echo "$bad" >&2
    exit 1
fi

expect() {
    n=$(judge -Y "$1" | wc -l)
    if [ "$n" -lt "$2" ]; then
        echo "$n frames are '$1', expected at least $2" >&2
        exit 1
    fi
    echo "$n frames are '$1'"
}

expect 'arp' 2
expect 'ip.checksum.status == 1' 35
expect 'udp.checksum.status == 1' 20
expect 'tcp.checksum.status == 1' 14
expect 'sctp.checksum.status == 1' 7
expect 'icmp.checksum.status == 1' 14
expect 'icmpv6.checksum.status == 1' 28
expect 'icmpv6.nd.ns.target_address' 7
expect 'lldp.tlv.system.name == "sw-42"' 1
expect 'dhcp.option.dhcp == 2 && dhcp.option.ip_address_lease_time == 2385' 1
expect 'dhcpv6.msgtype == 12' 1
expect 'sflow_245.sampletype == 1 && sflow_245.sampletype == 2' 1
expect 'mpls.label == 2385' 4
expect 'vlan.id == 2385' 4
expect 'ieee8021ah' 4
