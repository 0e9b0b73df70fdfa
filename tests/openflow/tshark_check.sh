#!/bin/sh
# tshark_check.sh EMITTER: tshark reads generated messages of every type and version (EMITTER is
# of_emit_pcap) and must find as many as were written, none malformed, nothing to complain about.
#
# Left out is only what tshark itself gets wrong (seen with 4.0.17). In each case its -V output shows
# every field of the message with the right value and then an exception past its end:
#
#   1.0 flow-mod of 72 bytes. It has no action, which means drop (OF 1.0 section 5.3.3: the list's
#   length is inferred from the header). The dissector takes it that there is at least one and reads
#   its header behind the end. Open vSwitch's ofp-print shows "actions=drop".
#
#   1.0 packet-out with other than one output action (OF 1.0 section 5.3.6: actions_len bytes of
#   actions, then the frame). The dissector reads one action whatever actions_len says, steps over it
#   only if it is an output, and takes what follows for the frame.
#
#   1.3 experimenter multipart reply (OF 1.3.5 section 7.3.5.15: experimenter, exp_type, data). The
#   dissector shows all three and then fails over the extent of the data.
#
#   1.3 meter band of an experimenter (OF 1.3.5 section 7.3.4.4: the experimenter, then its data). The
#   dissector shows the experimenter and then fails over the extent of the data.
#
#   1.4 experimenter multipart reply and experimenter's meter band: as in 1.3.
#
#   1.4 experimenter's action of 8 bytes (OF 1.4 section 7.2.4: type, length, experimenter, which is
#   all that there must be). The dissector calls it too short.
#
#   1.4 queue statistics (OF 1.4 section 7.3.5.9: six bytes of padding behind the length; 48 bytes in
#   all). The dissector takes them for two and reads everything behind them four bytes early.
#
#   1.4 queue descriptions (OF 1.4 section 7.3.5.10: port, queue, length, six bytes of padding;
#   properties of type, length and value). The dissector reads the layout of 1.3, less the port.
#
#   1.4 optical port statistics (OF 1.4 section 7.3.5.7: the property's length of 44 does not include
#   the padding to 48). The dissector does not step over the padding, and reads the next port early.
#
#   1.4 packet-out inside a bundle (OF 1.4 section 7.3.9: the message is held whole). The dissector
#   ends the frame that it carries 16 bytes early, which is the size of what is before the message.
#
#   1.5 anything with an OXM field (OF 1.5.1 section 7.2.3.2). The dissector shows the class and fails
#   before the field, also where it was right in 1.4.
#
#   1.5 groups (OF 1.5.1 ofp_bucket: length, length of the actions, id, actions, properties). The
#   dissector reads the layout of 1.3.
#
#   1.5 controller status (OF 1.5.1 ofp_controller_status_prop_uri: the length does not include the
#   padding). The dissector does not step over the padding.
#
#   1.5 flow descriptions and statistics, bundle features: OXS statistics and times are read as what
#   they are not, where they are not undecoded.
#
#   1.5 queue statistics and descriptions, optical port statistics, experimenters: as in 1.4.
#
# What it does not dissect at all it says so, in the group "Undecoded"; that is accepted only for the
# messages that it has no dissector for: in 1.0 the bodies of statistics, vendor, echo, error, flow
# removed, port status, port-mod and queue configuration, and actions other than output; in 1.3 what experimenters define; in
# 1.4 and 1.5 that, and the requests that errors of the types that are new in 1.4 quote; in 1.5 what
# it brought of asynchronous configuration.
set -u

emitter=$1
count=100
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
pcap=$dir/messages.pcap
failed=0

command -v tshark >/dev/null || { echo "tshark is not installed"; exit 1; }

# select FILTER FIELD...: one line for each frame.
select_frames() {
    filter=$1
    shift
    fields=
    for field in "$@"; do
        fields="$fields -e $field"
    done
    # shellcheck disable=SC2086 # The fields are words.
    tshark -r "$pcap" -Y "$filter" -T fields $fields 2>"$dir/errors" || {
        cat "$dir/errors" >&2
        exit 1
    }
}

# expect_none WHAT FILTER
expect_none() {
    select_frames "$2" frame.number _ws.col.Info _ws.expert.message >"$dir/bad" || exit 1
    if [ -s "$dir/bad" ]; then
        echo "$1: $(wc -l <"$dir/bad") messages, the first of them:"
        head -5 "$dir/bad"
        failed=1
    fi
}

"$emitter" "$pcap" $count >"$dir/written" || exit 1
written=$(awk '{n += $3} END {print n}' "$dir/written")
select_frames "openflow_v1 || openflow_v4 || openflow_v5 || openflow_v6" frame.number >"$dir/read" || exit 1
read_count=$(wc -l <"$dir/read")
echo "$(wc -l <"$dir/written") kinds, $written messages written, $read_count dissected"
if [ "$written" -ne "$read_count" ]; then
    failed=1
fi

not_one_output="openflow_1_0.type == 13 &&
    (openflow.actions_len != 8 || _ws.expert.message == \"Action not dissected yet\")"
no_actions="openflow_1_0.type == 14 && openflow.length == 72"
experimenter_reply="openflow_v4.multipart_reply.type == 0xffff"
experimenter_band="openflow_v4.meter_band.type == 0xffff"
wrong_14="(openflow_v5.type == 34 && openflow_v5.type == 13) ||
    openflow_v5.multipart_reply.type in {5, 15, 0xffff} ||
    openflow_v5.meter_band.type == 0xffff || openflow_v5.port.stats_prop.optical.bias_current ||
    (openflow_v5.action.type == 0xffff && _ws.expert.message == \"Length is too short.\")"
wrong_15="openflow_v6.oxm.class || openflow_v6.type in {15, 35} ||
    openflow_v6.multipart_reply.type in {1, 5, 7, 15, 17, 18, 19, 0xffff} ||
    openflow_v6.meter_band.type == 0xffff || openflow_v6.port.stats_prop.optical.bias_current"
expect_none "malformed" "_ws.malformed && !($no_actions) && !($not_one_output) &&
    !($experimenter_reply) && !($experimenter_band) && !($wrong_14) &&
    !($wrong_15)"

no_body_10="openflow_1_0.type in {1, 2, 3, 4, 11, 12, 15, 16, 17, 20, 21}"
no_action_10="openflow_1_0.type in {13, 14} && _ws.expert.message == \"Action not dissected yet\""
experimenter_13="openflow_v4 && _ws.expert.message matches \"^Experimenter.* body\""
experimenter_14="openflow_v5 && _ws.expert.message matches \"^Experimenter.* body\""
new_error_14="openflow_v5.error.type in {14, 15, 16, 17}"
unknown_15="openflow_v6.error.type in {14, 15, 16, 17} ||
    (openflow_v6 && _ws.expert.message matches \"^Experimenter.* body\") ||
    (openflow_v6.type in {27, 28} && _ws.expert.message == \"Unknown async config prop body.\")"
expect_none "undecoded" "_ws.expert.group == \"Undecoded\" && !($no_body_10) &&
    !($no_action_10) && !($experimenter_13) && !($experimenter_14) && !($new_error_14) &&
    !($wrong_14) && !($wrong_15) && !($unknown_15)"

expect_none "complaints" "_ws.expert.severity >= \"Warning\" &&
    !(_ws.expert.group == \"Undecoded\") && !_ws.malformed && !($not_one_output)"

expect_none "TCP" "tcp.analysis.flags || tcp.checksum.status == \"Bad\" || ip.checksum.status == \"Bad\""
exit $failed
