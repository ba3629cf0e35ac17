"use strict";

// Charts, drawn as SVG: a sparkline, and the history of a case with confidence bands.
mlxAsv.chart = (() => {
  const { svg } = mlxAsv;
  const MARGIN = { top: 14, right: 16, bottom: 134, left: 76 };
  const HEIGHT = 450;
  const SHAPES = [
    (x, y) => svg("circle", { cx: x, cy: y, r: 3.5 }),
    (x, y) => svg("rect", { x: x - 3.2, y: y - 3.2, width: 6.4, height: 6.4 }),
    (x, y) => svg("path", { d: `M${x} ${y - 4.4}l4.4 7.6h-8.8z` }),
    (x, y) => svg("path", { d: `M${x} ${y - 4.6}l4.6 4.6l-4.6 4.6l-4.6 -4.6z` }),
  ];

  // `values`: a number or null per release; the one at `at` is marked.
  function sparkline(values, at, label) {
    const [width, height] = [120, 28];
    const known = values.filter((value) => value !== null);
    const [least, most] = [Math.min(...known), Math.max(...known)];
    const x = (index) => 3 + (index * (width - 6)) / Math.max(values.length - 1, 1);
    const y = (value) => height - 4 - ((value - least) * (height - 8)) / Math.max(most - least, 1);
    const points = values.flatMap((value, index) => value === null ? [] : [[x(index), y(value)]]);
    const steps = points.map(([px, py], index) => index ? `H${px.toFixed(1)}V${py.toFixed(1)}`
      : `M${px.toFixed(1)} ${py.toFixed(1)}`).join("");
    const image = svg("svg", { class: "spark", width, height, viewBox: `0 0 ${width} ${height}`,
      role: "img", "aria-label": label }, svg("path", { d: steps }));
    if (values[at] !== null && values[at] !== undefined) {
      image.append(svg("circle", { cx: x(at), cy: y(values[at]), r: 3 }));
    }
    return image;
  }

  // Round numbers that divide a range: 1, 2 or 5 times a power of ten.
  function ticks(low, high, log) {
    if (log) {
      for (const digits of [[1, 2, 5], [1, 1.5, 2, 3, 5, 7]]) {
        const found = [];
        for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
          found.push(...digits.map((digit) => digit * 10 ** power));
        }
        const inside = found.filter((value) => value >= low && value <= high);
        if (inside.length > 3) return inside;
      }
    }
    const raw = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((digit) => digit * power >= raw);
    const found = [];
    for (let value = Math.ceil(low / step) * step; value <= high * (1 + 1e-9); value += step) {
      found.push(value);
    }
    return found;
  }

  function scale(series, log) {
    const all = series.flatMap((each) => each.points.flatMap((point) =>
      [point.y, point.low, point.high, point.raw].filter((value) => log ? value > 0 : Number.isFinite(value))));
    let [low, high] = [Math.min(...all), Math.max(...all)];
    if (log) [low, high] = [low / 1.08, high * 1.08];
    else [low, high] = [Math.min(low * 1.06, 0), Math.max(high, 0) * 1.06 || 1];
    const of = log
      ? (value) => (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
      : (value) => (value - low) / (high - low);
    return { low, high, of };
  }

  // series: {name, look, control, points: [{x, y, low, high, raw, mark}]}, x being the index of a
  // release, `mark` "slower", "faster" or null. options: {releases: [[name, date]], log, label,
  // format, width, describe}. Returns the image, and `move(index)`, which shows where one is.
  function history(series, options) {
    const { releases, width } = options;
    // What is nought or less has no logarithm.
    const log = options.log && series.every((each) => each.points.every((point) => point.y > 0));
    const { low, high, of } = scale(series, log);
    const marks = ticks(low, high, log).map((tick) => [tick, options.format(tick)]);
    const left = Math.max(MARGIN.left, 32 + 6.5 * Math.max(...marks.map(([, text]) => text.length)));
    const inner = { width: width - left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
    const gap = inner.width / Math.max(releases.length, 1);
    const x = (index) => left + gap * (index + 0.5);
    const y = (value) => MARGIN.top + inner.height * (1 - of(Math.max(value, low)));
    const right = left + inner.width;
    const bottom = MARGIN.top + inner.height;
    const image = svg("svg", { class: "history", width, height: HEIGHT, role: "img",
      viewBox: `0 0 ${width} ${HEIGHT}`, "aria-label": options.describe });
    for (const [tick, text] of marks) {
      image.append(
        svg("line", { class: "grid", x1: left, x2: right, y1: y(tick), y2: y(tick) }),
        svg("text", { class: "tick", x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, text),
      );
    }
    const every = Math.ceil(15 / gap);
    releases.forEach(([name, date], index) => {
      if ((releases.length - 1 - index) % every) return;
      image.append(svg("text", { class: "tick", "text-anchor": "end",
        transform: `translate(${x(index) + 4} ${bottom + 14}) rotate(-60)` },
      name, svg("tspan", { class: "date", dx: 5 }, date)));
    });
    image.append(
      svg("text", { class: "axis", transform: `translate(14 ${MARGIN.top + inner.height / 2}) rotate(-90)`,
        "text-anchor": "middle" }, options.label),
      svg("text", { class: "axis", x: left + inner.width / 2, y: HEIGHT - 4,
        "text-anchor": "middle" }, "release and its date"),
    );
    const cursor = svg("line", { class: "cursor", y1: MARGIN.top, y2: bottom, visibility: "hidden" });
    image.append(cursor, ...series.map((each) => drawn(each, x, y, left, right)));
    const at = (px) => Math.min(releases.length - 1, Math.max(0, Math.floor((px - left) / gap)));
    const move = (index) => {
      cursor.setAttribute("visibility", index === null ? "hidden" : "visible");
      if (index === null) return;
      cursor.setAttribute("x1", x(index));
      cursor.setAttribute("x2", x(index));
    };
    return { image, move, at };
  }

  function drawn(each, x, y, left, right) {
    const group = svg("g", { class: `series look${each.look}` });
    if (each.control) {
      for (const point of each.points) {
        if (point.low && point.high) {
          group.append(svg("rect", { class: "band", x: left, width: right - left,
            y: y(point.high), height: Math.max(0, y(point.low) - y(point.high)) }));
        }
        group.append(svg("line", { class: "control", x1: left, x2: right, y1: y(point.y), y2: y(point.y) }));
      }
      return group;
    }
    const pair = (px, py) => `${px.toFixed(1)} ${py.toFixed(1)}`;
    const known = each.points.filter((point) => point.low && point.high);
    if (known.length > 1) {
      const up = known.map((point) => pair(x(point.x), y(point.high)));
      const down = known.map((point) => pair(x(point.x), y(point.low))).reverse();
      group.append(svg("path", { class: "band", d: `M${[...up, ...down].join("L")}Z` }));
    }
    const raws = each.points.filter((point) => point.raw);
    if (raws.length) {
      group.append(svg("path", { class: "raw",
        d: `M${raws.map((point) => pair(x(point.x), y(point.raw))).join("L")}` }));
    }
    group.append(svg("path", { class: "line",
      d: `M${each.points.map((point) => pair(x(point.x), y(point.y))).join("L")}` }));
    for (const point of each.points) {
      if (point.mark) {
        group.append(svg("circle", { class: `mark ${point.mark}`, cx: x(point.x), cy: y(point.y), r: 8 }));
      }
      group.append(SHAPES[each.look % SHAPES.length](x(point.x), y(point.y)));
    }
    return group;
  }

  return { sparkline, history };
})();
