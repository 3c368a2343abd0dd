"""chart.py: draws the race as horizontal bars in plain SVG. It has grey text, middle tones and no background, so it is
readable on white pages and on dark ones.
"""
from xml.sax.saxutils import escape

WIDTH, BARS = 760, 340  # of the picture; where its bars begin, in pixels
ROW, GAP = 18, 10       # a bar's height, and the gap between two groups
COLOURS = {"PyTorch": "#d9683c", "ONNX Runtime": "#3d8fcf", "OpenCV": "#4fa36b"}
TEXT = "#7a7a7a"


def fastest_of_each_library(result):
    """library -> how many times depix's time its fastest variant takes."""
    ratios = {}
    for row in result["rows"]:
        if row.get("times_depix") and row["peer"] != "depix":
            library = row["library"]
            ratios[library] = min(row["times_depix"], ratios.get(library, float("inf")))
    return ratios


def write(path, results):
    groups = [(result, fastest_of_each_library(result)) for result in results]
    groups = [(result, ratios) for result, ratios in groups if ratios]
    scale = (WIDTH - BARS - 60) / max([1] + [ratio for _, ratios in groups for ratio in ratios.values()])
    shapes, y = [], 40

    def text(x, baseline, content, anchor="start", extra=""):
        shapes.append(f'<text x="{x:.1f}" y="{baseline:.1f}" text-anchor="{anchor}"{extra}>{escape(content)}</text>')

    title = "Time of a training step" if groups and groups[0][0]["training"] else "Time of a picture"
    text(8, 20, f"{title}, in times depix's: the fastest variant of each library", extra=' font-weight="bold"')
    for result, ratios in groups:
        threads = f"{result['threads']} thread" + "s" * (result["threads"] > 1)
        text(8, y + ROW - 5, f"{result['network'].replace('_', ' ')}, {threads}")
        for library, ratio in ratios.items():
            text(BARS - 8, y + ROW - 5, library, "end")
            shapes.append(f'<rect x="{BARS}" y="{y + 2}" width="{ratio * scale:.1f}" height="{ROW - 4}" '
                          f'fill="{COLOURS.get(library, TEXT)}"/>')
            end = ratio * scale
            # A number that would lie under the line stands to the right of it.
            text(BARS + (scale if scale - 36 < end < scale else end) + 6, y + ROW - 5, f"{ratio:.2f}")
            y += ROW
        y += GAP
    one = BARS + scale
    shapes.append(f'<line x1="{one:.1f}" y1="34" x2="{one:.1f}" y2="{y}" stroke="{TEXT}" stroke-dasharray="3 3"/>')
    text(one, y + 14, "1: as fast as depix", "middle")
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 24}" width="{WIDTH}" '
                   f'height="{y + 24}" font-family="sans-serif" font-size="13" fill="{TEXT}">\n'
                   + "\n".join(shapes) + "\n</svg>\n")
