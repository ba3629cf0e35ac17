"use strict";

// The first page: which release changed what, at a glance.
(() => {
  const { site, el, state, format } = mlxAsv;
  const form = document.getElementById("choice");
  if (!form) return;
  const [machine, backend, family] = ["machine", "backend", "family"].map((id) => form.elements[id]);
  const target = document.getElementById("map");
  const readout = document.getElementById("readout");
  // Rows that are drawn at once: what a large window shows; then so many at a time.
  const [FIRST, CHUNK] = [40, 20];
  let shown = 0;

  function chosenPlace() {
    const ids = site.places.map((place) => place.id);
    return mlxAsv.place(state.get("machine", ids, ids[0]));
  }

  // The backend of the URL, else the first of these that was measured.
  function chosenBackend(place) {
    const names = place.backends.map(([name]) => name);
    return state.get("backend", names, place.usual ?? names[0]);
  }

  async function show() {
    const number = ++shown;
    const place = chosenPlace();
    const name = chosenBackend(place);
    const file = place.backends.find(([each]) => each === name)[1];
    state.options(machine, site.places.map((each) => [each.id, each.title]), place.id);
    state.options(backend, place.backends.map(([each]) => [each, each || "the suite"]), name);
    document.getElementById("sentence").textContent = place.sentence;
    document.getElementById("all").href = state.link("regressions.html", { machine: place.id });
    let data;
    try {
      data = await mlxAsv.load(`${place.id}/map-${file}`);
    } catch (error) {
      mlxAsv.fail(target, error);
      return;
    }
    if (number !== shown) return; // something else was chosen meanwhile
    const families = [...new Set(data.rows.map((row) => format.family(row.b)))];
    const mode = state.get("against", ["previous", "best"], "previous");
    const chosen = state.get("family", families, "");
    state.options(family, [["", "all"], ...families.map((each) => [each, each])], chosen);
    state.check(form, "against", mode);
    const map = mlxAsv.map.table(data, place, chosen, mode);
    let left = map.more(FIRST);
    target.replaceChildren(map.table);
    target.scrollLeft = target.scrollWidth; // the newest release
    map.table.dispatchEvent(new Event("filled"));
    mlxAsv.ready();
    while (left && number === shown) {
      await new Promise((resolve) => setTimeout(resolve));
      left = map.more(CHUNK);
    }
  }

  form.addEventListener("change", (event) => {
    const value = event.target.value;
    state.set({ [event.target.name]: value === "" ? null : value });
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const kind of ["mouseover", "focusin"]) {
    target.addEventListener(kind, (event) => {
      const link = event.target.closest?.("td")?.querySelector("a");
      if (link) readout.textContent = link.getAttribute("aria-label");
    });
  }

  function legend() {
    const sizes = mlxAsv.map.EDGES.map((edge) => `${(100 * Math.expm1(edge)).toFixed(0)} %`);
    const back = mlxAsv.map.EDGES.map((edge) => `${(-100 * Math.expm1(-edge)).toFixed(0)} %`);
    const item = (look, text) => el("li", {}, el("span", { class: `swatch ${look}` }), text);
    document.getElementById("legend").replaceChildren(
      ...[3, 2, 1, 0].map((at) => item(`cm${at + 1}`, `over ${back[at]} faster`)),
      item("c0", `same: within ${sizes[0]}`),
      ...[0, 1, 2, 3].map((at) => item(`c${at + 1}`,
        at === 3 ? "over twice the time" : `over ${sizes[at]} slower`)),
      item("c3 sure", "framed: measured again, confirmed"),
      item("c2 unsure", "hatched: inconclusive"),
      item("c2 unjudged", "pale: no intervals, no verdict"),
      item("none", "empty: not measured"),
    );
  }

  legend();
  if (site.places.length) show();
})();
