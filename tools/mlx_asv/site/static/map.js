"use strict";

// The map of cases and releases: a table in which every cell is a link, and arrow keys move.
mlxAsv.map = (() => {
  const { el, site } = mlxAsv;
  const { format } = mlxAsv;

  // Changes of more than these are another colour: the threshold, 10 %, 30 %, twice.
  const edges = (metric) => [metric.threshold, ...(metric.log && !metric.factors
    ? [Math.log(1.1), Math.log(1.3), Math.log(2)] : [3, 10, 30].map((many) => many * metric.threshold))];

  // What a letter of tools/mlx_asv/site/overview.py says.
  const words = ({ candidates, words: { worse, better } }) => ({
    s: candidates ? `${worse}, candidate` : worse, S: `${worse}, confirmed`,
    f: candidates ? `${better}, candidate` : better, F: `${better}, confirmed`, "=": "same",
    "?": "inconclusive", u: "no verdict", 0: "first measured", " ": "not measured",
  });

  // How much worse, in steps; below zero: better.
  function bin(effect, metric) {
    const size = edges(metric).filter((edge) => Math.abs(effect) > edge).length;
    return effect * metric.sign < 0 ? -size : size;
  }

  // Classes of a cell: its colour, and what is known.
  function look(letter, effect, metric) {
    if (letter === " ") return "none";
    if (letter === "0") return "first";
    const colour = `c${bin(effect, metric)}`.replace("-", "m");
    if (letter === "?") return `${colour} unsure`;
    if (letter === "u") return `${colour} unjudged`;
    if (letter === "=") return "c0";
    return letter === letter.toUpperCase() ? `${colour} sure` : colour;
  }

  // What a cell says, in words.
  function sentence(row, at, release, mode, metric) {
    const said = words(metric);
    const letter = (mode === "best" ? row.w : row.v)[at];
    const name = `${format.short(row.b)} ${row.c}, ${release}`;
    if (letter === " " || letter === "0") return `${name}: ${said[letter]}`;
    const effect = (mode === "best" ? row.o : row.e)[at];
    const than = mode === "best" ? "the best before" : "the release before";
    if (effect === null) return `${name}: ${said[letter]}`;
    const size = format.change(effect / site.parts, metric);
    const word = mode === "best" ? said[letter].split(",")[0] : said[letter];
    const known = mode === "best" || row.l[at] === null ? "" :
      ` (95 %: ${format.interval(row.l[at] / site.parts, row.h[at] / site.parts, metric)})`;
    return `${name}: ${size}${known} against ${than}, ${word}`;
  }

  function cell(row, at, release, { data, place, mode, name }) {
    const metric = site.metrics[name];
    const letter = (mode === "best" ? row.w : row.v)[at];
    const effect = ((mode === "best" ? row.o : row.e)[at] ?? 0) / site.parts;
    if (letter === " ") return el("td", { class: "none" });
    const told = "sSfF".includes(letter);
    const link = el("a", {
      href: mlxAsv.state.link("case.html", { machine: place.id, case: row.k, backends: data.backend, ...unit(name) }),
      tabindex: "-1",
      "aria-label": sentence(row, at, release, mode, metric),
    }, told ? format.brief(effect, metric) : "");
    return el("td", { class: look(letter, effect, metric) }, link);
  }

  // In a link to a case: what is drawn, if that is not time.
  const unit = (name) => (name === mlxAsv.metrics[0] ? {} : { unit: name });

  // `shown`: {data, rows, place, mode, name}, the rows being those of `data` to be shown, `name` that
  // of the metric. A table without rows, and `more(count)`, which adds some and says whether there
  // are others: a large map is there before it is whole.
  function table(shown) {
    const { data, place, name: metric } = shown;
    const releases = data.releases;
    const waiting = [...shown.rows];
    const bodies = new Map();
    const caption = el("caption", { class: "hidden" },
      `Change of ${site.metrics[metric].words.label} of each case at each release, ${data.backend || "this suite"} on ${place.title}. ` +
      "Arrow keys move between cells, Enter opens the case.");
    const head = el("thead", {}, el("tr", {},
      el("th", { scope: "col", class: "corner" }, "Case"),
      ...releases.map((release) => el("th", { scope: "col", class: "release" },
        el("span", { title: site.releases[release][0] }, release)))));
    const found = el("table", { class: "map" }, caption, head);
    const body = (name) => {
      if (!bodies.has(name)) {
        bodies.set(name, el("tbody", {}, el("tr", { class: "family" },
          el("th", { scope: "rowgroup" }, name), el("td", { colspan: releases.length }))));
        found.append(bodies.get(name));
      }
      return bodies.get(name);
    };
    const line = (row) => el("tr", {},
      el("th", { scope: "row" },
        el("a", {
          href: mlxAsv.state.link("case.html", { machine: place.id, case: row.k, ...unit(metric) }),
          title: `${format.short(row.b)} ${row.c}`,
        }, el("b", {}, format.short(row.b)), " ", row.c)),
      ...releases.map((release, at) => cell(row, at, release, shown)));
    const more = (count) => {
      for (const row of waiting.splice(0, count)) body(format.family(row.b)).append(line(row));
      return waiting.length > 0;
    };
    roam(found);
    return { table: found, more };
  }

  // One tab stop for all cells; arrows, Home and End go from there (WAI-ARIA's roving tabindex).
  function roam(table) {
    let current = null;
    const rows = () => [...table.tBodies].flatMap((body) => [...body.rows].slice(1));
    const enter = (link) => {
      if (current) current.tabIndex = -1;
      current = link;
      link.tabIndex = 0;
    };
    const lastOf = (row) => [...row.cells].reverse().map((td) => td.querySelector("td > a")).find(Boolean);
    table.addEventListener("filled", () => {
      const first = rows().map(lastOf).find(Boolean);
      if (first) enter(first);
    }, { once: true });
    table.addEventListener("focusin", (event) => {
      if (event.target.matches("td > a")) enter(event.target);
    });
    table.addEventListener("keydown", (event) => {
      const td = event.target.closest("td");
      const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
        Home: [0, -Infinity], End: [0, Infinity] }[event.key];
      if (!td || !move || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      next(rows(), td, move)?.focus();
    });
  }

  // The link that is reached from a cell by one step, over cells without one.
  function next(rows, td, [down, right]) {
    let [y, x] = [rows.indexOf(td.parentElement), td.cellIndex];
    const width = td.parentElement.cells.length;
    if (Math.abs(right) === Infinity) [x, right] = right > 0 ? [width, -1] : [0, 1];
    for (y += down, x += right; rows[y] && x > 0 && x < width; y += down, x += right) {
      const link = rows[y].cells[x].querySelector("a");
      if (link) return link;
    }
    return null;
  }

  return { table, edges, roam };
})();
