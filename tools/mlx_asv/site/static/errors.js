"use strict";

// What each release gives by itself: the largest error of each operation and element type beside one
// rounding, or growth; and what is beyond its limit. What is shown is in the URL.
(() => {
  const { site, el, state, format } = mlxAsv;
  const form = document.getElementById("choice");
  if (!form) return;
  const target = document.getElementById("values");
  const readout = document.getElementById("readout");
  let number = 0;

  // More than so many roundings are another colour; of what has no yardstick, so much of its limit.
  const EDGES = [2, 10, 100, 10000];
  const SHARES = [0.1, 1, 3, 10];

  const FILTERS = {
    backend: (row) => row.backend,
    family: (row) => format.family(row.b),
    kind: (row) => row.kind,
  };

  // Which rows: all, those with a step, those that were ever beyond a limit.
  const ROWS = {
    changed: (row) => row.cells.some((cell) => cell?.[2]),
    beyond: (row) => row.cells.some((cell) => cell?.[3]),
  };

  const limitOf = (metric) => metric.limit.most;
  const yardstick = (row, metric) => row.rounding ?? limitOf(metric);

  function look(row, [value, , , beyond], metric) {
    const unit = yardstick(row, metric);
    const edges = row.rounding ? EDGES : SHARES;
    const bin = unit ? edges.filter((edge) => value / unit > edge).length : 0;
    return `c${bin}${beyond ? " sure" : ""}`;
  }

  // Few characters: "3e-6", "0.73", "240", "8.2 MB".
  const brief = (value, metric) => {
    if (!metric.factors) return format.value(value, metric, 2);
    return value < 0.095 || value > 9999 ? value.toExponential(0).replace("e+", "e") : String(Number(value.toPrecision(2)));
  };
  const MARKS = { s: "\u25b2", f: "\u25bc" };
  const WORDS = ({ words: { worse, better } }) => ({ s: worse, f: better });

  const name = (row) => `${row.name} ${row.kind}`;

  // What a cell says, in words.
  function sentence(row, cell, release, metric) {
    const where = `${name(row)}, ${release}`;
    if (!cell) return `${where}: no value`;
    const [value, most, letter, beyond, called, , own] = cell;
    const { limit } = metric;
    const told = limit.told.replace("{value}", format.value(value, metric)).replace("{most}", format.value(most ?? 0, metric));
    const parts = [`${where}: ${most === null ? format.value(value, metric) : told}`];
    if (own) parts.push(own);
    if (row.rounding) parts.push(`${format.digits(value / row.rounding, 2)} times one rounding`);
    if (letter) parts.push(`${WORDS(metric)[letter]} than the release before`);
    if (beyond && own !== limit.beyond) parts.push(`another case is ${limit.beyond}`);
    return `${parts.join(", ")}; ${called}`;
  }

  function cell(row, at, shown) {
    const { data, place, metric } = shown;
    const found = row.cells[at];
    if (!found) return el("td", { class: "none" });
    const link = el("a", {
      href: state.link("case.html", { machine: place.id, case: found[5], backends: row.backend, unit: metric.words.name }),
      tabindex: "-1",
      "aria-label": sentence(row, found, data.releases[at], metric),
    }, `${MARKS[found[2]] ?? ""}${brief(found[0], metric)}`);
    return el("td", { class: look(row, found, metric) }, link);
  }

  function table(rows, shown) {
    const { data, place, metric } = shown;
    const bodies = new Map();
    for (const row of rows) {
      const family = format.family(row.b);
      if (!bodies.has(family)) {
        bodies.set(family, el("tbody", {}, el("tr", { class: "family" },
          el("th", { scope: "rowgroup" }, family), el("td", { colspan: data.releases.length }))));
      }
      bodies.get(family).append(el("tr", {},
        el("th", { scope: "row", title: `${name(row)} ${row.backend}` }, el("b", {}, row.name), " ", row.kind),
        ...data.releases.map((release, at) => cell(row, at, shown))));
    }
    const found = el("table", { class: "map values" },
      el("caption", { class: "hidden" }, `${format.capital(metric.words.label)} of each operation at each release on ${place.title}. ` +
        "Arrow keys move between cells, Enter opens the case."),
      el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "corner" }, "Operation"),
        ...data.releases.map((release) => el("th", { scope: "col", class: "release" },
          el("span", { title: site.releases[release][0] }, release))))),
      ...bodies.values());
    mlxAsv.map.roam(found);
    return found;
  }

  function legend(rows, metric) {
    const item = (look, text) => el("li", {}, el("span", { class: `swatch ${look}` }), text);
    const rounded = rows.some((row) => row.rounding);
    const edges = rounded ? EDGES : SHARES;
    const unit = rounded ? "times one rounding" : `times the limit of ${format.value(limitOf(metric) ?? 1, metric)}`;
    const { worse, better } = metric.words;
    document.getElementById("legend").replaceChildren(
      item("c0", `up to ${edges[0]} ${unit}`),
      ...edges.map((edge, at) => item(`c${at + 1}`, `over ${edge.toLocaleString("en")}`)),
      item("c1 sure", `framed: ${metric.limit.beyond}`),
      el("li", {}, `${MARKS.s} ${worse}, ${MARKS.f} ${better} than the release before`),
      item("none", "empty: not measured, skipped, or without a finite result"),
    );
  }

  function yardsticks(rows) {
    const found = new Map(rows.filter((row) => row.rounding).map((row) => [row.kind, row.rounding]));
    const said = [...found].map(([kind, value]) => `${kind} ${format.digits(value, 3)}`).join(", ");
    document.getElementById("yardstick").textContent = said
      ? `One rounding, which no result can be better than: ${said}. A cell is the largest value of the operation's cases with that element type.` : "";
  }

  function beyond(data, shown) {
    const { place, metric } = shown;
    document.getElementById("beyond-title").textContent = `${format.capital(metric.limit.beyond)} at the latest release`;
    const box = document.getElementById("beyond");
    box.setAttribute("aria-label", document.getElementById("beyond-title").textContent);
    if (!data.beyond.length) {
      box.replaceChildren(el("p", { class: "empty" }, "None of the cases whose limit is known."));
      return;
    }
    const place_of = (release) => Object.keys(site.releases).indexOf(release);
    box.replaceChildren(mlxAsv.table.build(`${format.capital(metric.words.label)}; the farthest first`, [
      { title: "Case", value: (row) => `${row.name} ${row.c}`, text: (row) => el("span", {}, el("a", {
        href: state.link("case.html", { machine: place.id, case: row.k, backends: row.backend, unit: metric.words.name }),
      }, el("b", {}, row.name), " ", row.c), " ", el("span", { class: "backend" }, row.backend)) },
      { title: "Value", value: (row) => row.value, text: (row) => format.value(row.value, metric), look: "number tight" },
      { title: "Limit", value: (row) => row.most, text: (row) => format.value(row.most, metric), look: "number tight" },
      { title: "Release", value: (row) => place_of(row.release), text: (row) => row.release, look: "text" },
      { title: "Since", value: (row) => place_of(row.since), text: (row) => row.since, look: "text" },
    ], data.beyond));
  }

  const limited = (place) => mlxAsv.measured(place).filter((each) => mlxAsv.view(place, each).limits);

  async function show() {
    const mine = ++number;
    const places = site.places.filter((place) => limited(place).length);
    if (!places.length) {
      mlxAsv.nothing(
        "No machine has errors or growth: `mlx-asv track` records them.", form);
      return;
    }
    const ids = places.map((place) => place.id);
    const place = mlxAsv.place(state.get("machine", ids, ids[0]));
    const metrics = limited(place);
    const measure = state.get("metric", metrics, metrics[0]);
    const metric = site.metrics[measure];
    state.options(form.elements.machine, places.map((each) => [each.id, each.title]), place.id);
    state.options(form.elements.metric, metrics.map((each) => [each, site.metrics[each].words.label]), measure);
    document.getElementById("sentence").textContent = mlxAsv.view(place, measure).limits;
    let data;
    try {
      data = await mlxAsv.load(mlxAsv.file(place, measure, "releases"));
    } catch (error) {
      mlxAsv.fail(target, error);
      return;
    }
    if (mine !== number) return;
    const tests = Object.entries(FILTERS).map(([filter, of]) => {
      const values = [...new Set(data.rows.map(of))].filter(Boolean);
      const value = state.get(filter, values, "");
      state.options(form.elements[filter], [["", "all"], ...values.map((each) => [each, each])], value);
      return (row) => value === "" || of(row) === value;
    });
    const which = state.get("rows", Object.keys(ROWS), "");
    state.options(form.elements.rows, [["", "all"], ["changed", "with a step"], ["beyond", metric.limit.beyond]], which);
    const rows = data.rows.filter((row) => tests.every((test) => test(row)) && (!which || ROWS[which](row)));
    const shown = { data, place, metric };
    if (rows.length) {
      const drawn = table(rows, shown);
      target.replaceChildren(drawn);
      target.scrollLeft = target.scrollWidth; // the newest release
      drawn.dispatchEvent(new Event("filled"));
    } else {
      target.replaceChildren(el("p", { class: "empty" }, "No row passes these filters."));
    }
    yardsticks(data.rows);
    legend(data.rows, metric);
    beyond(data, shown);
    mlxAsv.ready();
  }

  form.addEventListener("change", (event) => {
    const { name: chosen, value } = event.target;
    state.set({ [chosen]: value === "" ? null : value });
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const kind of ["mouseover", "focusin"]) {
    target.addEventListener(kind, (event) => {
      const link = event.target.closest?.("td")?.querySelector("a");
      if (link) readout.textContent = link.getAttribute("aria-label");
    });
  }
  if (site.places.length) show();
})();
