"""What a tester of switches asks of groups and meters: how many frames leave by each port, and at what rate."""

import random
from dataclasses import dataclass, field as member

import tester_of13 as of
from tester_cases import BOTH_IP, THREE, flow, prerequisites
from tester_frames import frame

GROUP_ID, METER_ID = 0, 1
ALL, SELECT, INDIRECT, FAST_FAILOVER = range(4)
KBPS, PKTPS, BURST = 1, 2, 4
N_FRAMES = 2000
CLASS_SELECTOR, LOWER = 24, 16  # Code points CS3 and CS2.


@dataclass
class Count:
    """Frames that are sent once, and how many of them each port brings: {port: (least, most)}."""
    frames: list
    want: dict
    down: int = None  # A port of the switch under test that is put down before, and up afterwards.


@dataclass
class Rate:
    """A frame that is sent again and again, 'per_s' times a second, and what comes by port 2 as 'matches':
    (fields, per second, in frames or in bits)."""
    sent: bytes
    per_s: float
    matches: list = member(default_factory=list)


@dataclass
class RateCase:
    kind: str
    name: str
    mods: list
    step: object
    seconds: float = 0


def about(n):
    return n * 0.9, n * 1.1


# --- Groups (§5.6) ---

def random_frames(shape, keys, rng):
    bits = {"eth": 48, "ipv4": 32, "ipv6": 128, "arp": 32, "l4": 16}
    def value(key):
        most = (1 << bits[key.split("_")[0]]) - 1
        return rng.getrandbits(bits[key.split("_")[0]]) & (most & ~(1 << 40) if key.startswith("eth") else most)
    return [frame(shape, **{key: value(key) for key in keys}) for _ in range(N_FRAMES)]


VARIED = {"ipv4/tcp": ("ipv4_src", "ipv4_dst", "l4_src", "l4_dst"),
          "ipv6/tcp": ("ipv6_src", "ipv6_dst", "l4_src", "l4_dst"), "arp": ("arp_spa", "arp_tpa")}


def group_mods(kind, buckets):
    return [(of.GROUP_MOD, of.group_mod(0, kind, GROUP_ID, buckets)),
            flow([("in_port", 1)], of.apply(of.group(GROUP_ID)))]


def to_ports(weight=0, watch=False):
    return [of.bucket([of.output(p)], weight, watch_port=p if watch else of.ANY) for p in (2, 3)]


def groups():
    rng = random.Random(2385)
    for shape in THREE:
        same = [frame(shape)] * N_FRAMES
        whole, none, half = (N_FRAMES, N_FRAMES), (0, 0), about(N_FRAMES / 2)
        yield RateCase("group", f"all, {shape}", group_mods(ALL, to_ports()), Count(same, {2: whole, 3: whole}))
        yield RateCase("group", f"select by Ethernet addresses, {shape}", group_mods(SELECT, to_ports(1)),
                       Count(random_frames(shape, ("eth_src", "eth_dst"), rng), {2: half, 3: half}))
        yield RateCase("group", f"select by upper layers, {shape}", group_mods(SELECT, to_ports(1)),
                       Count(random_frames(shape, VARIED[shape], rng), {2: half, 3: half}))
        uneven = [of.bucket([of.output(2)], 1), of.bucket([of.output(3)], 3)]
        yield RateCase("group", f"select by weights, {shape}", group_mods(SELECT, uneven),
                       Count(random_frames(shape, VARIED[shape], rng),
                             {2: about(N_FRAMES / 4), 3: about(N_FRAMES * 3 / 4)}))
        yield RateCase("group", f"indirect, {shape}", group_mods(INDIRECT, to_ports()[:1]),
                       Count(same, {2: whole, 3: none}))
        failover = group_mods(FAST_FAILOVER, to_ports(watch=True))
        yield RateCase("group", f"fast failover, {shape}", failover, Count(same, {2: whole, 3: none}))
        yield RateCase("group", f"fast failover with port 2 down, {shape}", failover,
                       Count(same, {2: none, 3: whole}, down=2))
        yield RateCase("group", f"select with port 2 down, {shape}", group_mods(SELECT, to_ports(1, watch=True)),
                       Count(random_frames(shape, VARIED[shape], rng), {2: none, 3: whole}, down=2))


# --- Meters (§5.7) ---

METER_RATES = {KBPS: (1000, 10000, 100000), PKTPS: (100, 1000, 10000)}
UNIT = {KBPS: "kb/s", PKTPS: "packets/s"}
FRAME_BYTES = 1500


def metered_frame(shape):
    head = frame(shape, payload=b"", ip_dscp=CLASS_SELECTOR, ip_ecn=0)
    return frame(shape, payload=bytes(FRAME_BYTES - len(head)), ip_dscp=CLASS_SELECTOR, ip_ecn=0)


def coming(shape, unit, dscp, rate):
    """What is to come by port 2: for bits, those of whole frames."""
    fields = [("in_port", 2)]
    if dscp is not None:
        fields += prerequisites("ip_dscp", shape) + [("ip_dscp", dscp)]
    return fields, rate * 1000 if unit == KBPS else rate, unit == KBPS


def meter_case(unit, rate, band, shape, burst):
    sent = metered_frame(shape)
    per_s = 2 * (rate * 1000 / (8 * len(sent)) if unit == KBPS else rate)
    flags, burst_size = (unit | BURST, max(rate // 10, 50)) if burst else (unit, 0)
    if band == "drop":
        bands, want = [of.band_drop(rate, burst_size)], [coming(shape, unit, None, rate)]
    elif shape == "arp":
        bands, want = [of.band_remark(rate, burst_size)], [coming(shape, unit, None, 2 * rate)]
    else:
        bands = [of.band_remark(rate, burst_size)]
        want = [coming(shape, unit, CLASS_SELECTOR, rate), coming(shape, unit, LOWER, rate)]
    mods = [(of.METER_MOD, of.meter_mod(0, flags, METER_ID, bands)),
            flow([("in_port", 1)], of.meter(METER_ID), of.apply(of.output(2)))]
    name = f"{band}, {rate} {UNIT[unit]}{', burst' if burst else ''}, {shape}"
    return RateCase("meter", name, mods, Rate(sent, per_s, want))


def meters():
    for band in ("drop", "remark"):
        for unit, rates in METER_RATES.items():
            for rate in rates:
                for shape in BOTH_IP + ("arp",):
                    yield meter_case(unit, rate, band, shape, False)
            for shape in BOTH_IP + ("arp",):
                yield meter_case(unit, rates[1], band, shape, True)
