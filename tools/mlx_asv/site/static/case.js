"use strict";

// The page of a case: its history on every backend.
(() => {
  const { site, el, state, format, history } = mlxAsv;
  const form = document.getElementById("choice");
  if (!form) return;
  // What is chosen is drawn in the first box, the metric that is shown beside it in the second.
  const boxes = ["chart", "other"].map((id) => document.getElementById(id));
  const [chart] = boxes;
  const readout = document.getElementById("readout");
  // `data`: the history of time of the case whose key is `shown`. `views`: what each box shows, the
  // `unit` and the history of that, `drawn`. `pictures`: these with their series and images.
  let place, data, shown, views = [], pictures = [], current = null, number = 0;

  const chosen = () => data.backends.filter((backend) =>
    form.querySelector(`input[name="backend"][value="${CSS.escape(backend.name)}"]`)?.checked);

  function series({ unit, drawn }) {
    const names = chosen().map((backend) => backend.name);
    return drawn.backends.filter((backend) => names.includes(backend.name)).map((backend) => ({
      name: backend.name, control: backend.control && backend.source === "sweep",
      look: data.backends.findIndex(({ name }) => name === backend.name) % 8,
      points: history.points(backend, unit, form.elements.raw.checked),
    })).filter((each) => each.points.length);
  }

  // What a picture says of a release.
  function said({ all, unit }, index) {
    const parts = all.flatMap((each) => {
      const point = each.control ? each.points.at(-1) : each.points.find(({ x }) => x === index);
      if (!point) return [];
      const step = history.change(point, unit);
      return [`${each.name || unit.label} ${history.value(point, unit)}${step ? `, ${step}` : ""}`];
    });
    return parts.length && pictures.length > 1 ? [`${unit.label}: ${parts.join("; ")}`] : parts;
  }

  // How the answers of both metrics are read.
  function read(index) {
    const [{ all }] = pictures;
    return all.flatMap((each) => {
      const reading = each.points.find(({ x }) => x === index)?.reading;
      return reading ? [`${all.length > 1 ? `${each.name} ` : ""}read as ${reading}`] : [];
    });
  }

  function tell(index) {
    const release = place.releases[index];
    const parts = [...pictures.flatMap((picture) => said(picture, index)), ...read(index)];
    readout.textContent = `${release}, ${site.releases[release][0]}: ${parts.join("; ") || "not measured"}`;
  }

  function draw() {
    const found = views.map((view) => ({ ...view, all: series(view) })).filter(({ all }, at) => !at || all.length);
    boxes.forEach((box, at) => { box.hidden = at >= found.length; });
    [current, pictures] = [null, []];
    if (!found[0].all.length) {
      chart.replaceChildren(el("p", { class: "empty" }, chosen().length
        ? `${found[0].unit.label} was not measured on what is chosen.` : "No backend is chosen."));
      boxes[1].hidden = true;
      document.getElementById("numbers").replaceChildren();
      return;
    }
    pictures = found.map((view, at) => ({ ...view, box: boxes[at], ...picture(view, boxes[at].clientWidth) }));
    for (const { box, image } of pictures) box.replaceChildren(image);
    const controls = pictures.flatMap(({ all, unit }) => all.filter((each) => each.control).map((each) =>
      el("p", {}, `${each.name} (control): ${history.value(each.points.at(-1), unit)}`)));
    document.getElementById("numbers").replaceChildren(
      history.table(pictures, { data, place, raw: form.elements.raw.checked }), ...controls);
  }

  function picture({ all, unit }, wide) {
    return mlxAsv.chart.history(all, {
      releases: place.releases.map((release) => [release, site.releases[release][0]]),
      log: state.radio(form, "scale") === "log", label: unit.label, format: unit.text,
      width: Math.max(wide, 320 + 4 * place.releases.length),
      describe: `${unit.label} of ${format.short(data.b)} ${data.c} over ${format.plural(place.releases.length, "release")}; the table below has the numbers.`,
    });
  }

  function show(index) {
    if (!pictures.length) return;
    current = index;
    for (const { move } of pictures) move(index);
    tell(index);
  }

  function about() {
    const lines = [];
    if (data.backends.some((backend) => backend.source === "asv")) {
      lines.push("Where there is no band, `asv run` measured one release after another: what else the machine did then is in it.");
    }
    if (data.work && views[0].unit.name === mlxAsv.metrics[0]) {
      lines.push(`A call moves ${data.work.bytes.toLocaleString("en")} bytes at least`
        + (data.work.operations ? ` and does ${data.work.operations.toLocaleString("en")} floating-point operations.` : "."));
    }
    document.getElementById("about").textContent = lines.join(" ");
    document.getElementById("unseen").textContent =
      views.map(({ unit }) => site.metrics[unit.name].words.unseen).filter(Boolean).join(" ");
  }

  // What others published of this case.
  async function elsewhere() {
    const section = document.getElementById("elsewhere");
    const mine = number;
    section.hidden = true;
    const table = await history.published(data);
    if (!table || mine !== number) return;
    section.querySelector("div").replaceChildren(table);
    section.hidden = false;
  }

  function backends() {
    const names = data.backends.map((backend) => backend.name);
    const raw = state.raw("backends");
    const wanted = raw === null ? names.filter((name, index) => !data.backends[index].control) : [raw, ...raw.split(",")];
    const on = names.filter((name) => wanted.includes(name));
    const box = document.getElementById("backends");
    const all = () => [...box.querySelectorAll('input[name="backend"]')];
    box.replaceChildren(el("legend", {}, "Backends"), ...data.backends.map((backend, index) =>
      el("label", {}, el("input", { type: "checkbox", name: "backend", value: backend.name,
        checked: (on.length ? on : names).includes(backend.name) }),
      el("span", { class: `key look${index % 8}` }), backend.name || "the suite",
      backend.control ? " (control)" : "")),
    names.length > 1 ? el("button", { type: "button", click: () => {
      const every = all().every((input) => input.checked);
      all().forEach((input, index) => { input.checked = every ? index === 0 : true; });
      changed();
    } }, "all, or the first alone") : "");
  }

  // What a mark means: of each metric that is drawn.
  function legend() {
    for (const word of ["worse", "better"]) {
      document.querySelector(`.legend [data-word="${word}"]`).textContent =
        [...new Set(views.map(({ unit }) => site.metrics[unit.name].words[word]))].join(", or ");
    }
  }

  // What can be drawn, and the history of what is; it may have to be loaded.
  async function units(key) {
    const able = history.units(data);
    for (const input of form.querySelectorAll('input[name="unit"]')) {
      input.disabled = !able.includes(input.value);
    }
    document.getElementById("units").hidden = able.length < 2;
    const name = state.get("unit", able, able[0]);
    state.check(form, "unit", name);
    const { name: metric } = history.unit(name, data.work);
    const { beside } = site.metrics[metric];
    const units = [name, ...(able.includes(beside) ? [beside] : [])].map((each) => history.unit(each, data.work));
    const mine = number;
    const found = await Promise.all(units.map((each) => each.name === mlxAsv.metrics[0] ? data
      : mlxAsv.load(mlxAsv.file(place, each.name, `case-${key}`))));
    if (mine !== number) return false;
    views = units.map((unit, at) => ({ unit, drawn: found[at] }));
    mlxAsv.speak(metric);
    legend();
    about();
    draw();
    return true;
  }

  async function open() {
    const mine = ++number;
    const ids = site.places.map((each) => each.id);
    place = mlxAsv.place(state.get("machine", ids, ids[0]));
    state.options(form.elements.machine, site.places.map((each) => [each.id, each.title]), place.id);
    let found, key;
    try {
      const cases = await mlxAsv.load(`${place.id}/cases`);
      const keys = cases.map(([, , key]) => key);
      key = state.get("case", keys, keys[0]);
      state.options(form.elements.case, cases.map(([b, c, each]) => [each, `${format.short(b)} ${c}`]), key);
      found = await mlxAsv.load(`${place.id}/case-${key}`);
    } catch (error) {
      mlxAsv.fail(chart, error);
      return;
    }
    if (mine !== number) return;
    data = found;
    const name = `${format.short(data.b)} ${data.c}`;
    document.getElementById("title").textContent = name;
    document.title = `${name} · ${site.title}`;
    state.check(form, "scale", state.get("scale", ["linear", "log"], "linear"));
    form.elements.raw.checked = state.raw("raw") === "1";
    backends();
    shown = key;
    try {
      if (!await units(key)) return;
    } catch (error) {
      mlxAsv.fail(chart, error);
      return;
    }
    elsewhere().catch((error) => mlxAsv.fail(document.querySelector("#elsewhere div"), error));
    mlxAsv.ready();
  }

  async function changed() {
    const on = chosen().map((backend) => backend.name);
    state.set({
      backends: on.join(","), scale: state.radio(form, "scale") === "log" ? "log" : null,
      unit: state.radio(form, "unit") === mlxAsv.metrics[0] ? null : state.radio(form, "unit"),
      raw: form.elements.raw.checked ? "1" : null,
    });
    try {
      await units(shown);
    } catch (error) {
      mlxAsv.fail(chart, error);
    }
  }

  form.addEventListener("change", (event) => {
    if (event.target.name === "machine" || event.target.name === "case") {
      state.set({ [event.target.name]: event.target.value, backends: null });
      open();
    } else {
      changed();
    }
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const box of boxes) {
    box.addEventListener("pointermove", (event) => {
      const picture = pictures.find((each) => each.box === box);
      if (!picture) return;
      const index = picture.at(event.clientX - picture.image.getBoundingClientRect().left);
      if (index !== current) show(index);
    });
    box.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || !pictures.length) return;
      event.preventDefault();
      const last = place.releases.length - 1;
      show(Math.min(last, Math.max(0, current === null ? last : current + step)));
    });
  }
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (views.length && window.innerWidth !== width) draw();
    width = window.innerWidth;
  });
  if (site.places.length) open();
})();
