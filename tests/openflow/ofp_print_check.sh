#!/bin/sh
# ofp_print_check.sh FOLDER: Open vSwitch prints every good vector of FOLDER (of_*.hex, each message
# that ends with "= ") and must not find an error in any, but for what it does not know or asks more
# of than the specification does (seen with 3.1.0):
#
#   Experimenters, in messages, errors, multiparts, actions and bands: it knows its own.
#
#   Fields that it does not have: in_phy_port, those of PBB, pbb_uca. Actions that it does not have:
#   copy-ttl-out and -in, push-pbb and pop-pbb.
#
#   Of 1.5 statistics triggers, controllers' status, flow statistics apart from descriptions and
#   scheduled bundles; a meter in the action set, which is a switch's choice (OF 1.5.1 section
#   7.3.5.14, OFPMFF_ACTION_SET); reasons of asynchronous messages that it does not send. A switch's
#   meter features are as long there as in 1.4.
#
#   Table features that leave out properties (OF 1.4 section 7.3.5.18.1: a missing one means that the
#   table has none of it).
set -u

folder=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

command -v ovs-ofctl >/dev/null || { echo "ovs-ofctl is not installed"; exit 1; }

# "FILE LINE BYTES" of each good vector.
for file in "$folder"/of_*.hex; do
    awk -v "name=$(basename "$file" .hex)" '
        /^#/ { next }
        /^=/ { print name, NR, bytes; bytes = ""; next }
        /^[!~]/ { bytes = ""; next }
        { sub(/#.*/, ""); gsub(/[ \t]/, ""); bytes = bytes $0 }' "$file"
done >"$dir/vectors"

# "FILE ERROR" where one is expected.
cat >"$dir/expected" <<'END'
of_10_experimenter OFPBRC_BAD_VENDOR
of_10_flow_mod OFPBAC_BAD_VENDOR
of_10_stats_experimenter_reply OFPBRC_BAD_VENDOR
of_10_stats_experimenter_request OFPBRC_BAD_VENDOR
of_13_error OFPBRC_BAD_LEN
of_13_experimenter OFPBRC_BAD_VENDOR
of_13_flow_mod OFPBAC_BAD_TYPE
of_13_flow_mod OFPBMC_BAD_FIELD
of_13_meter_mod OFPBRC_BAD_LEN
of_13_multipart_experimenter_reply OFPBRC_BAD_VENDOR
of_13_multipart_experimenter_request OFPBRC_BAD_VENDOR
of_14_messages OFPBMC_BAD_FIELD
of_14_messages OFPBRC_BAD_LEN
of_14_messages OFPBRC_BAD_VENDOR
of_14_multiparts OFPBMC_BAD_FIELD
of_14_multiparts OFPBRC_BAD_VENDOR
of_14_multiparts OFPTFFC_BAD_FEATURES
of_15_controller_status OFPBRC_BAD_TYPE
of_15_error OFPBRC_BAD_LEN
of_15_experimenter OFPBRC_BAD_VENDOR
of_15_flow_mod OFPBAC_BAD_TYPE
of_15_flow_mod OFPBIC_UNKNOWN_INST
of_15_multipart_bundle_features_reply OFPBRC_BAD_STAT
of_15_multipart_bundle_features_request OFPBRC_BAD_STAT
of_15_multipart_controller_status_reply OFPBRC_BAD_STAT
of_15_multipart_controller_status_request OFPBRC_BAD_STAT
of_15_multipart_experimenter_reply OFPBRC_BAD_VENDOR
of_15_multipart_experimenter_request OFPBRC_BAD_VENDOR
of_15_multipart_flow_reply OFPBIC_UNKNOWN_INST
of_15_multipart_flow_stats_reply OFPBRC_BAD_STAT
of_15_multipart_flow_stats_request OFPBRC_BAD_STAT
of_15_multipart_meter_features_reply OFPBRC_BAD_LEN
of_15_multipart_table_features_reply OFPTFFC_BAD_FEATURES
of_15_multipart_table_features_request OFPTFFC_BAD_FEATURES
of_15_set_async OFPACFC_UNSUPPORTED
END

failed=0
count=0
while read -r name line bytes; do
    count=$((count + 1))
    ovs-ofctl ofp-print "$bytes" >"$dir/printed" 2>"$dir/complaints"
    errors=$(grep -o 'decode error: [A-Z_]*' "$dir/printed" | cut -d' ' -f3 | sort -u)
    if [ ! -s "$dir/printed" ]; then
        errors=nothing_printed
    fi
    for error in $errors; do
        if ! grep -qx "$name $error" "$dir/expected"; then
            echo "$name.hex:$line: $error"
            head -1 "$dir/printed" | cut -c1-200
            failed=1
        fi
    done
done <"$dir/vectors"

echo "$count vectors printed"
if [ "$count" -lt 200 ]; then
    echo "too few"
    failed=1
fi
exit $failed
