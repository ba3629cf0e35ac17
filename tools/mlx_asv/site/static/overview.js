"use strict";

// The first page: which release changed what, at a glance.
(() => {
  const { site, el, state, format } = mlxAsv;
  const form = document.getElementById("choice");
  if (!form) return;
  const [machine, metric, backend, family] = ["machine", "metric", "backend", "family"].map((id) => form.elements[id]);
  const axes = document.getElementById("axes");
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
  function chosenBackend(view) {
    const names = view.backends.map(([name]) => name);
    return state.get("backend", names, view.usual ?? names[0]);
  }

  const axisName = (name) => `axis.${name}`;

  // A list for each axis on which the cases differ; the value of each that is chosen, "" for all.
  function chosenAxes(data) {
    const names = data.axes.map(([name]) => name);
    if (axes.dataset.names !== JSON.stringify(names)) {
      axes.dataset.names = JSON.stringify(names);
      axes.replaceChildren(...names.map((name) => el("label", {}, name, " ", el("select", { name: axisName(name) }))));
    }
    const chosen = data.axes.map(([name, values]) => {
      const value = state.get(axisName(name), values, "");
      state.options(form.elements[axisName(name)], [["", "all"], ...values.map((each) => [each, each])], value);
      return [name, value];
    });
    return chosen.filter(([, value]) => value !== "");
  }

  async function show() {
    const number = ++shown;
    const place = chosenPlace();
    const metrics = mlxAsv.measured(place);
    const measure = state.get("metric", metrics, metrics[0]);
    const view = mlxAsv.view(place, measure);
    const name = chosenBackend(view);
    const file = view.backends.find(([each]) => each === name)[1];
    state.options(machine, site.places.map((each) => [each.id, each.title]), place.id);
    state.options(metric, metrics.map((each) => [each, site.metrics[each].words.label]), measure);
    state.options(backend, view.backends.map(([each]) => [each, each || "the suite"]), name);
    mlxAsv.speak(measure);
    legend(site.metrics[measure]);
    document.getElementById("sentence").textContent = view.sentence;
    const answers = document.getElementById("answers");
    answers.hidden = !place.answers;
    answers.querySelector("span").textContent = place.answers ?? "";
    answers.querySelector("a").href = state.link("disagreements.html", { machine: place.id });
    limits(place);
    document.getElementById("all").href = state.link("regressions.html",
      { machine: place.id, metric: measure === mlxAsv.metrics[0] ? null : measure });
    let data;
    try {
      data = await mlxAsv.load(mlxAsv.file(place, measure, `map-${file}`));
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
    const wanted = chosenAxes(data);
    const rows = data.rows.filter((row) => (!chosen || format.family(row.b) === chosen)
      && wanted.every(([axis, value]) => row.a?.[axis] === value));
    const map = mlxAsv.map.table({ data, rows, place, mode, name: measure });
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

  // What is said of releases by themselves, of the metrics that have limits.
  function limits(place) {
    const box = document.getElementById("limits");
    const names = mlxAsv.measured(place).filter((name) => mlxAsv.view(place, name).limits);
    box.hidden = !names.length;
    box.querySelector("span").textContent = names.map((name) =>
      `${format.capital(site.metrics[name].words.label)}: ${mlxAsv.view(place, name).limits}`).join(" ");
    box.querySelector("a").href = state.link("errors.html", { machine: place.id });
  }

  function legend(of) {
    const percent = (ratio) => `${(100 * ratio).toFixed(0)} %`;
    const edges = mlxAsv.map.edges(of);
    const sizes = edges.map((edge) => of.log ? percent(Math.expm1(edge)) : format.value(edge, of));
    const back = edges.map((edge) => of.log ? percent(-Math.expm1(-edge)) : format.value(edge, of));
    const { worse, better, name } = of.words;
    const item = (look, text) => el("li", {}, el("span", { class: `swatch ${look}` }), text);
    document.getElementById("legend").replaceChildren(
      ...[3, 2, 1, 0].map((at) => item(`cm${at + 1}`, `over ${back[at]} ${better}`)),
      item("c0", `same: within ${sizes[0]}`),
      ...[0, 1, 2, 3].map((at) => item(`c${at + 1}`,
        at === 3 && of.log ? `over twice the ${name}` : `over ${sizes[at]} ${worse}`)),
      ...(of.candidates ? [item("c3 sure", "framed: measured again, confirmed")] : []),
      item("c2 unsure", "hatched: inconclusive"),
      item("c2 unjudged", "pale: no intervals, no verdict"),
      item("none", "empty: not measured"),
    );
  }

  if (site.places.length) show();
})();
