"use strict";

// mlx-benchmark's tables: of a place and a release, or of a machine that others measured.
(() => {
  const { site, el, state } = mlxAsv;
  const form = document.getElementById("choice");
  if (!form) return;
  const { machine, release, table } = form.elements;
  const target = document.getElementById("shown");
  const PUBLISHED = "_published/machine-";
  let number = 0, current = null;

  // "+33%" as 33, "1.77" as 1.77, "+21 … +45 %" as 21: what sorts a column.
  function value(cell) {
    const found = parseFloat(Array.isArray(cell) ? cell[0] : cell);
    return Number.isNaN(found) ? null : found;
  }

  function text(cell) {
    if (!Array.isArray(cell)) {
      const shown = cell.trim();
      return /^(nan|unknown)/.test(shown) ? el("span", { class: "nothing" }, shown) : shown;
    }
    return el("s", { title: cell[1] }, cell[0].trim());
  }

  function caption(found) {
    const where = machine.selectedOptions[0].textContent;
    const when = release.closest("label").hidden ? "" : `, MLX ${release.value}`;
    return `${where}${when}: ${found.name}`;
  }

  function draw(found) {
    const columns = [
      { title: found.first, value: (row) => row[0].trim() },
      ...found.columns.map(([title, kind], index) => ({
        title,
        value: (row) => value(row[index + 1]),
        text: (row) => text(row[index + 1]),
        look: `number ${kind}`,
      })),
    ];
    current = mlxAsv.table.build(caption(found), columns, found.rows);
    target.replaceChildren(current);
    document.getElementById("notes").replaceChildren(...found.notes.map((note) => el("li", {}, note)));
  }

  function machines() {
    const chosen = state.raw("machine");
    const here = site.places.map((place) => [place.id, place.title]);
    const there = site.published.map(([name, file]) => [`${PUBLISHED}${file}`, `${name} (published)`]);
    const all = [...here, ...there];
    const id = all.some(([each]) => each === chosen) ? chosen : all[0][0];
    state.options(machine, all, id);
    return id;
  }

  // The name of the data file that is asked for.
  function source(id) {
    const place = mlxAsv.place(id);
    release.closest("label").hidden = !place;
    document.getElementById("published").hidden = Boolean(place);
    if (!place) return id;
    const newest = place.releases.toReversed();
    const chosen = state.get("release", newest, newest[0]);
    state.options(release, newest.map((each) => [each, each]), chosen);
    return `${id}/tables-${site.releases[chosen][2]}`;
  }

  async function show() {
    const mine = ++number;
    let tables;
    try {
      tables = await mlxAsv.load(source(machines()));
    } catch (error) {
      mlxAsv.fail(target, error);
      return;
    }
    if (mine !== number) return;
    if (tables.length) {
      const names = tables.map((each) => each.name);
      const name = state.get("table", names, names[0]);
      state.options(table, names.map((each) => [each, each]), name);
      draw(tables.find((each) => each.name === name));
    } else {
      state.options(table, [["", "none"]], "");
      target.replaceChildren(el("p", { class: "empty" },
        "This release has no operation or model on shapes: `mlx-asv sweep` measures some."));
    }
    mlxAsv.ready();
  }

  form.addEventListener("change", (event) => {
    state.set({ [event.target.name]: event.target.value });
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("copy").append(
    mlxAsv.copyButton("Copy as Markdown", () => current ? mlxAsv.table.markdown(current) : ""));
  if (site.places.length + site.published.length) show();
})();
