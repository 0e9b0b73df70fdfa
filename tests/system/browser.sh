#!/usr/bin/env bash
# The report in a real browser: everything is drawn, nothing is loaded from elsewhere, no errors.
# Usage: browser.sh TAMBO
set -euo pipefail
tambo=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > e.json <<'EOF'
{"experiment": "browser", "title": "A <small> campus & its report", "replications": 2,
 "base": {"topology": {"access": 3, "core": 2, "hosts": 8}, "measure": {"warmup_s": 20, "duration_s": 40, "histogram": 24}},
 "points": [{"controller.hold_s": [5, 9], "traffic.popularity": ["uniform", "pareto"]}],
 "figures": [{"file": "a.svg", "title": "Entries", "says": "Entries.", "x": "controller.hold_s", "x_label": "s", "y": ["occupancy_entries"],
              "y_label": "entries", "series": "traffic.popularity", "marks": [{"x": 7, "y": 9, "title": "a mark"}]},
             {"file": "b.svg", "title": "Distribution", "says": "How full.", "x": "index", "x_label": "entries", "y": ["occupancy_frac"],
              "y_label": "share", "log_y": true, "only": {"controller.hold_s": 9, "traffic.popularity": "pareto"}}],
 "claims": [{"id": "a", "kind": "claim", "source": "a & b", "says": "entries < 100", "printed": 100, "relation": "at_most",
             "simulated": {"point": "hold 9 s, pareto popularity", "get": "occupancy_entries"}, "verdict": "reproduced"},
            {"id": "b", "kind": "erratum", "source": "a", "says": "words", "printed": "S − 3", "model": "S − 2", "verdict": "contradicted", "why": "so"}]}
EOF
# In the plainest of environments, with no word of complaint.
env -i PATH="$PATH" "$tambo" exp e.json --out out > /dev/null 2> complaints
[ ! -s complaints ] || { echo "tambo exp complains:" >&2; cat complaints >&2; exit 1; }

# A probe at the end of the page writes down what the browser made of it.
sed 's#</body>#<pre id="probe"></pre><script>\
addEventListener("error", e => document.title = "ERROR " + e.message);\
const svgs = [...document.querySelectorAll("figure svg")];\
const probe = {figures: svgs.length, drawn: svgs.filter(s => s.getBBox().width > 100 \&\& s.getBoundingClientRect().width > 300).length,\
 captions: document.querySelectorAll("figcaption").length, rows: document.querySelectorAll("td").length,\
 findings: document.querySelectorAll(".findings li").length, heading: document.querySelector("h1").textContent,\
 dangling: [...document.querySelectorAll("nav a")].filter(a => !document.querySelector(a.getAttribute("href"))).length,\
 ids: new Set([...document.querySelectorAll("[id]")].map(e => e.id)).size === document.querySelectorAll("[id]").length,\
 fetched: performance.getEntriesByType("resource").length, wide: document.documentElement.scrollWidth > innerWidth};\
document.getElementById("probe").textContent = "PROBE " + JSON.stringify(probe) + " END";</script></body>#' \
    out/report.html > probe.html

browse() { # OUTPUT OPTIONS...: headless Chromium on the probed page
    local output=$1
    shift
    timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$work/profile" --window-size=1200,900 "$@" "file://$work/probe.html" \
        > "$output" 2> "$output.err" || { echo "chromium failed:" >&2; tail -5 "$output.err" >&2; exit 1; }
}
browse page.html --dump-dom
browse shot.log --screenshot="$work/shot.png"

python3 - <<'EOF'
import html, json, re, struct
page = open("page.html", encoding="utf-8").read()
assert "<title>ERROR" not in page, page[:300]
p = json.loads(html.unescape(re.search(r"PROBE (.*?) END", page, re.S).group(1)))
print(p)
assert p["figures"] >= 3 and p["drawn"] == p["figures"], "a figure is not drawn"
assert p["captions"] > p["figures"], "a figure or table has no sentence"
assert p["rows"] > 60 and p["findings"] >= 1 and p["dangling"] == 0 and p["ids"]
assert p["heading"] == "A <small> campus & its report"
assert p["fetched"] == 0, "the page loads something"
assert not p["wide"], "the page is wider than the window"
png = open("shot.png", "rb").read()
assert struct.unpack(">II", png[16:24]) == (1200, 900) and len(png) > 20000, "the screenshot is blank"
EOF
