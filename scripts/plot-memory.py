#!/usr/bin/env python3
"""Draws the CSV that `bench-batch.sh memory` writes: plot-memory.py IN.csv OUT.svg"""
import csv, sys

rows = [[float(value or 0) for value in row] for row in list(csv.reader(open(sys.argv[1])))[1:]]
width, height, left, bottom = 640, 320, 60, 40
last = max(row[0] for row in rows)
top = 1.1 * max(row[2] + row[3] for row in rows)
x = lambda seconds: left + (width - left - 20) * seconds / last
y = lambda mb: height - bottom - (height - bottom - 20) * mb / top
line = lambda column: " ".join(f"{x(row[0]):.1f},{y(row[column]):.1f}" for row in rows)
ticks = [round(top * i / 4) for i in range(5)]
out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
       f'<rect width="{width}" height="{height}" fill="white"/>']
out += [f'<path d="M{left} {y(t):.1f}H{width - 20}" stroke="#ddd"/><text x="{left - 6}" y="{y(t) + 4:.1f}" text-anchor="end">{t}</text>' for t in ticks]
out += [f'<text x="{x(last * i / 4):.1f}" y="{height - 22}" text-anchor="middle">{last * i / 4:.0f}</text>' for i in range(5)]
out += [f'<polyline fill="none" stroke="#1f77b4" stroke-width="1.5" points="{line(3)}"/>',
        f'<polyline fill="none" stroke="#d62728" stroke-width="1.5" points="{line(2)}"/>',
        f'<text x="{left + 8}" y="16" fill="#1f77b4">two workers, MB</text><text x="{left + 130}" y="16" fill="#d62728">batch, MB</text>',
        f'<text x="{width / 2}" y="{height - 6}" text-anchor="middle">seconds ({rows[-1][1]:.0f} cases)</text>', "</svg>"]
open(sys.argv[2], "w").write("\n".join(out) + "\n")
