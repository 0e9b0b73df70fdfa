#!/usr/bin/env python3
"""The index of conformance: for every message, multipart, match field, action, instruction, error and counter of
OpenFlow 1.3.5 its clause and the tests of the simulated switch that provoke it.

What there is comes from the tables of the code (of_msg.h, of_match.h, of_action.h, of_err.h); which test has to do
with what, from the names that the tests use. A thing that no test uses is an error, and so is an index in the guide
that lacks a thing or names a test that there is not.

usage: conformance.py ROOT [--write]"""

import pathlib
import re
import sys

GUIDE = "docs/conformance.md"
BEGIN, END = "<!-- index -->\n", "<!-- end of the index -->\n"
AT_MOST = 3  # Tests named for one thing.
TESTS = ["tests/simnet/conf_*.c", "tests/simnet/world_*.c"]


# --- What there is ---

def enum_names(root, header, enum, prefix):
    text = (root / header).read_text()
    body = re.search(r"enum " + enum + r" \{(.*?)\n\};", text, re.S).group(1)
    return [n for n in re.findall(r"^ {4}" + prefix + r"(\w+)", body, re.M) if not n.startswith("N_")]


# Since 1.4 and 1.5.
LATER_MESSAGES = {"ROLE_STATUS", "TABLE_STATUS", "REQUESTFORWARD", "BUNDLE_CONTROL", "BUNDLE_ADD_MESSAGE",
                  "CONTROLLER_STATUS"}
LATER_MULTIPARTS = {"TABLE_DESC", "QUEUE_DESC", "FLOW_MONITOR", "FLOW_STATS", "CONTROLLER_STATUS", "BUNDLE_FEATURES"}
ONLY_1_0 = {"SET_VLAN_VID", "SET_VLAN_PCP", "ENQUEUE"}
LATER_FIELDS = {"PBB_UCA", "TCP_FLAGS", "ACTSET_OUTPUT", "PACKET_TYPE"}
LATER_ACTIONS = {"COPY_FIELD", "METER"}
INSTRUCTIONS = {"GOTO_TABLE": "has_goto", "WRITE_METADATA": "has_metadata", "WRITE_ACTIONS": "has_write",
                "APPLY_ACTIONS": r"of_apply\(|has_apply", "CLEAR_ACTIONS": "has_clear", "METER": "has_meter"}
COUNTERS = {  # Table 5 of §5.8, and how tests read them.
    "table: reference count": "n_active", "table: packet lookups": "n_lookup", "table: packet matches": "n_matched",
    "flow: received packets": "n_packets", "flow: received bytes": "n_bytes", "flow: duration": "duration_s",
    "flow: duration, nanoseconds": "duration_ns",
    "port: received packets": "rx_packets", "port: transmitted packets": "tx_packets",
    "port: received bytes": "rx_bytes", "port: transmitted bytes": "tx_bytes", "port: receive drops": "rx_dropped",
    "port: transmit drops": "tx_dropped", "port: receive errors": "rx_errors", "port: transmit errors": "tx_errors",
    "port: alignment errors": "rx_frame_err", "port: overrun errors": "rx_over_err", "port: CRC errors": "rx_crc_err",
    "port: collisions": "collisions", "port: duration": r"port_stats\b(?s:.*?)duration_s",
    "queue: transmitted packets": r"queue_stats\b(?s:.*?)tx_packets",
    "queue: transmitted bytes": r"queue_stats\b(?s:.*?)tx_bytes",
    "queue: overrun errors": r"queue_stats\b(?s:.*?)tx_errors", "queue: duration": r"queue_stats\b(?s:.*?)duration_s",
    "group: reference count": "n_refs", "group: packets": r"(?:group_stats|stats_of)\b(?s:.*?)n_packets",
    "group: bytes": r"(?:group_stats|stats_of)\b(?s:.*?)n_bytes",
    "group: duration": r"(?:group_stats|stats_of)\b(?s:.*?)duration_s",
    "bucket: packets": r"buckets\[\w+\]\.n_packets", "bucket: bytes": r"buckets\[\w+\]\.n_bytes",
    "meter: flow count": "n_flows", "meter: input packets": r"meter_stats\b(?s:.*?)n_packets",
    "meter: input bytes": r"meter_stats\b(?s:.*?)n_bytes", "meter: duration": r"meter_stats\b(?s:.*?)duration_s",
    "band: packets": r"bands\[\w+\]\.n_packets", "band: bytes": r"bands\[\w+\]\.n_bytes",
}
CHAPTERS = {"Messages": "7", "Multiparts": "7.3.5", "Match fields": "7.2.3.7", "Actions": "5.12",
            "Instructions": "5.9", "Errors": "7.4.4", "Counters": "5.8"}
CLAUSES = {
    "OFPT_HELLO": "7.5.1", "OFPT_ERROR": "7.4.4", "OFPT_ECHO_REQUEST": "7.5.2", "OFPT_ECHO_REPLY": "7.5.3",
    "OFPT_EXPERIMENTER": "7.5.4", "OFPT_FEATURES_REQUEST": "7.3.1", "OFPT_FEATURES_REPLY": "7.3.1",
    "OFPT_GET_CONFIG_REQUEST": "7.3.2", "OFPT_GET_CONFIG_REPLY": "7.3.2", "OFPT_SET_CONFIG": "7.3.2",
    "OFPT_PACKET_IN": "7.4.1", "OFPT_FLOW_REMOVED": "7.4.2", "OFPT_PORT_STATUS": "7.4.3", "OFPT_PACKET_OUT": "7.3.7",
    "OFPT_FLOW_MOD": "7.3.4.1", "OFPT_GROUP_MOD": "7.3.4.2", "OFPT_PORT_MOD": "7.3.4.3", "OFPT_METER_MOD": "7.3.4.4",
    "OFPT_TABLE_MOD": "7.3.3", "OFPT_MULTIPART_REQUEST": "7.3.5", "OFPT_MULTIPART_REPLY": "7.3.5",
    "OFPT_BARRIER_REQUEST": "7.3.8", "OFPT_BARRIER_REPLY": "7.3.8", "OFPT_ROLE_REQUEST": "7.3.9",
    "OFPT_ROLE_REPLY": "7.3.9", "OFPT_QUEUE_GET_CONFIG_REQUEST": "7.3.6", "OFPT_QUEUE_GET_CONFIG_REPLY": "7.3.6",
    "OFPT_GET_ASYNC_REQUEST": "7.3.10", "OFPT_GET_ASYNC_REPLY": "7.3.10", "OFPT_SET_ASYNC": "7.3.10",
    "OFPMP_DESC": "7.3.5.1", "OFPMP_FLOW": "7.3.5.2", "OFPMP_AGGREGATE": "7.3.5.3", "OFPMP_TABLE": "7.3.5.4",
    "OFPMP_TABLE_FEATURES": "7.3.5.5", "OFPMP_PORT_STATS": "7.3.5.6", "OFPMP_PORT_DESC": "7.3.5.7",
    "OFPMP_QUEUE_STATS": "7.3.5.8", "OFPMP_GROUP_STATS": "7.3.5.9", "OFPMP_GROUP_DESC": "7.3.5.10",
    "OFPMP_GROUP_FEATURES": "7.3.5.11", "OFPMP_METER_STATS": "7.3.5.12", "OFPMP_METER_CONFIG": "7.3.5.13",
    "OFPMP_METER_FEATURES": "7.3.5.14", "OFPMP_EXPERIMENTER": "7.3.5.15",
}
# The switch has no reason to send these; the test of the error table knows them, and has a vector of each that a
# decoder finds.
BY_THE_DECODER = "openflow.errors"
NO_REASON = {"HELLO_EPERM", "FLOW_UNKNOWN", "METER_UNKNOWN"}


def things(root):
    """(chapter, name, how tests use it: words, or a regular expression)"""
    for name in enum_names(root, "controller/openflow/of_msg.h", "of_type", "OF_"):
        if name not in LATER_MESSAGES:
            yield "Messages", "OFPT_" + name, {"OF_" + name}
    for name in enum_names(root, "controller/openflow/of_msg.h", "of_mp_type", "OF_MP_"):
        if name not in LATER_MULTIPARTS:
            yield "Multiparts", "OFPMP_" + name, {"OF_MP_" + name}
    fields = (root / "controller/openflow/of_match.h").read_text()
    for name in re.findall(r"^ {4}X\((\w+), \w+, [\w ]+, \d+, \d+, \w+\)", fields, re.M):
        if name not in LATER_FIELDS:
            yield "Match fields", "OFPXMT_OFB_" + name, {"OF_FIELD_" + name}
    for name in enum_names(root, "controller/openflow/of_action.h", "of_action_type", "OF_ACT_"):
        if name not in ONLY_1_0 | LATER_ACTIONS:
            yield "Actions", "OFPAT_" + name, {"OF_ACT_" + name, "of_" + name.lower()}
    for name, use in INSTRUCTIONS.items():
        yield "Instructions", "OFPIT_" + name, use
    errors = (root / "controller/openflow/of_err.h").read_text()
    for name, kind, code, since in re.findall(r"X\((\w+), (\d+), (\d+), (\d+),", errors):
        if since == "13":
            yield "Errors", f"{name} ({kind}, {code})", {"OF_ERR_" + name}
    for name, use in COUNTERS.items():
        yield "Counters", name, use


# --- Which test has to do with it ---

class Test:
    """A function, or (without a name) what a file has besides."""

    def __init__(self, room, name, text):
        self.room, self.name, self.text = room, name, text
        self.words = set(re.findall(r"\w+", text))
        fields = re.findall(r"OF_MATCH_SET\([^,;]*,\s*(\w+)", text) + re.findall(r"OF_BIT\((\w+)\)", text)
        self.words.update("OF_FIELD_" + f for f in fields)

    def __str__(self):
        return f"{self.room}: {self.name}" if self.name else self.room

    def uses(self, use):
        return not self.words.isdisjoint(use) if isinstance(use, set) else re.search(use, self.text)

    def is_about(self, clause):
        return re.match(r"test_" + clause.replace(".", "_") + r"(_|$)", self.name) is not None


def tests_of(path):
    text = path.read_text()
    room = re.sub(r"^(world_|(?=conf_))", "world.", path.stem)
    for found in re.finditer(r"static void (\w+)\(void \*\*state\)\n\{(.*?)\n\}\n", text, re.S):
        yield Test(room, *found.groups())
        text = text.replace(found.group(0), "")
    yield Test(room, "", text)


def index(root):
    """[(chapter, thing, its clause, [tests])], those first that are named after the clause."""
    tests = [t for pattern in TESTS for path in sorted(root.glob(pattern)) for t in tests_of(path)]
    for chapter, name, use in things(root):
        clause = CLAUSES.get(name, CHAPTERS[chapter])
        found = [t for t in tests if t.uses(use)]
        found.sort(key=lambda t: (not t.is_about(clause), not t.name.startswith("test_"), not t.name))
        yield chapter, name, clause, found


def decoder_errors(root):
    """Those that the test of the error table says to be the decoder's, a permission's or nobody's."""
    text = (root / "tests/openflow/test_errors.c").read_text()
    return {name for name, who in re.findall(r"\{OF_ERR_(\w+), (\w+),", text) if who in ("DECODER", "ABILITY")}


def tables(root):
    """(the index, what has no test)"""
    lines, missing, last = [], [], None
    decoded = decoder_errors(root)
    for chapter, name, clause, tests in index(root):
        if chapter != last:
            lines += ["", f"### {chapter}", "", "| what | clause | tests |", "| --- | --- | --- |"]
            last = chapter
        where = [str(t) for t in tests[:AT_MOST]]
        if chapter == "Errors" and not where and name.split(" ")[0] in decoded | NO_REASON:
            where = [BY_THE_DECODER]
        if not where:
            missing.append(f"{chapter}: {name}")
        lines.append(f"| {name} | {clause} | {'; '.join(where)} |")
    return "\n".join(lines[1:]) + "\n", missing


def rows(text):
    """{thing: its tests}"""
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {c[0]: c[2].split("; ") for c in cells if len(c) == 3 and c[0] not in ("what", "---")}


def out_of_date(root, told, made):
    """Things that the guide lacks or that are no more, and tests that it names and that there are not. That there are
    more tests than it names is no matter."""
    names = {str(t) for pattern in TESTS for path in root.glob(pattern) for t in tests_of(path)} | {BY_THE_DECODER}
    wrong = sorted(told.keys() ^ made.keys())
    return wrong + [f"{thing}: {t}" for thing, tests in told.items() if thing in made
                    for t in tests if t not in names]


def main():
    root = pathlib.Path(sys.argv[1])
    text, missing = tables(root)
    if missing:
        sys.exit("no test of\n  " + "\n  ".join(missing))
    guide = (root / GUIDE).read_text()
    begin, end = guide.index(BEGIN) + len(BEGIN), guide.index(END)
    if sys.argv[2:] == ["--write"]:
        (root / GUIDE).write_text(guide[:begin] + text + guide[end:])
        return
    wrong = out_of_date(root, rows(guide[begin:end]), rows(text))
    if wrong:
        sys.exit(f"{GUIDE} names what is not there; tests/floors/conformance.py . --write makes it anew\n  "
                 + "\n  ".join(wrong))


main()
