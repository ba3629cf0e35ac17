"use strict";

// The page of a case: its history on every backend.
(() => {
  const { site, el, state, format } = mlxAsv;
  const form = document.getElementById("choice");
  if (!form) return;
  const chart = document.getElementById("chart");
  const readout = document.getElementById("readout");
  const WORDS = { s: "slower", f: "faster", "=": "same", "?": "inconclusive", " ": "" };
  const UNITS = {
    time: { label: "time per call", of: (seconds) => seconds, text: format.seconds },
    bytes: { label: "GB/s", need: "bytes" },
    operations: { label: "GFLOP/s", need: "operations" },
  };
  let place, data, unit, current = null, number = 0;

  // What a value is in the unit that is chosen; a rate falls as the time grows.
  function unitOf(name) {
    const { label, need } = UNITS[name];
    if (!need) return UNITS.time;
    const amount = data.work[need];
    return { label, of: (seconds) => amount / seconds / 1e9, text: (value) => `${format.digits(value)} ${label}`, turned: true };
  }

  function points(backend) {
    const at = (list, index) => backend[list]?.[index] ?? null;
    return backend.s.map((seconds, index) => {
      const bounds = [at("lo", index), at("hi", index)].map((bound) => bound && unit.of(bound));
      const letter = backend.v[index];
      return {
        x: at("r", index), seconds, y: unit.of(seconds),
        low: bounds[unit.turned ? 1 : 0], high: bounds[unit.turned ? 0 : 1],
        raw: form.elements.raw.checked && at("raw", index) ? unit.of(at("raw", index)) : null,
        rawSeconds: at("raw", index), letter,
        mark: letter === "s" ? "slower" : letter === "f" ? "faster" : null,
        replicates: at("n", index), candidate: at("cand", index) === 1,
        effect: at("e", index), effectLow: at("l", index), effectHigh: at("h", index),
      };
    });
  }

  const chosen = () => data.backends.filter((backend) =>
    form.querySelector(`input[name="backend"][value="${CSS.escape(backend.name)}"]`)?.checked);

  function series() {
    return chosen().map((backend) => ({
      name: backend.name, look: data.backends.indexOf(backend) % 8, control: backend.control && backend.source === "sweep",
      points: points(backend),
    }));
  }

  function change(point) {
    if (point.effect === null) return "";
    const part = (value) => value === null ? null : value / site.parts;
    const known = format.interval(part(point.effectLow), part(point.effectHigh));
    return `${format.change(point.effect / site.parts)}${known ? ` (${known})` : ""}`;
  }

  function verdict(point) {
    const word = WORDS[point.letter] ?? "";
    return point.mark ? `${word}, ${point.candidate ? "candidate" : "confirmed"}` : word;
  }

  function valueText(point) {
    const known = point.low && point.high ? ` (${unit.text(point.low)} to ${unit.text(point.high)})` : "";
    return `${unit.text(point.y)}${known}`;
  }

  function tell(all, index) {
    const release = place.releases[index];
    const parts = all.flatMap((each) => {
      const point = each.control ? each.points.at(-1) : each.points.find(({ x }) => x === index);
      if (!point) return [];
      const step = change(point);
      return [`${each.name || "time"} ${valueText(point)}${step ? `, ${step}` : ""}`];
    });
    readout.textContent = `${release}, ${site.releases[release][0]}: ${parts.join("; ") || "not measured"}`;
  }

  function draw() {
    const all = series().filter((each) => each.points.length);
    if (!all.length) {
      chart.replaceChildren(el("p", { class: "empty" }, "No backend is chosen."));
      document.getElementById("numbers").replaceChildren();
      return;
    }
    const width = Math.max(chart.clientWidth, 320 + 4 * place.releases.length);
    const drawn = mlxAsv.chart.history(all, {
      releases: place.releases.map((release) => [release, site.releases[release][0]]),
      log: state.radio(form, "scale") === "log", label: unit.label, format: unit.text, width,
      describe: `${unit.label} of ${format.short(data.b)} ${data.c} over ${format.plural(place.releases.length, "release")}; the table below has the numbers.`,
    });
    chart.replaceChildren(drawn.image);
    current = { all, ...drawn, index: null };
    numbers(all);
  }

  function show(index) {
    if (!current) return;
    current.index = index;
    current.move(index);
    tell(current.all, index);
  }

  function numbers(all) {
    const rows = place.releases.map((release, index) => ({ release, index }));
    const point = (each) => (row) => each.points.find(({ x }) => x === row.index);
    const several = all.length > 1;
    const columns = [
      { title: "Release", value: (row) => row.index, text: (row) => row.release },
      { title: "Date", value: (row) => site.releases[row.release][0], look: "text" },
      ...all.filter((each) => !each.control).flatMap((each) => {
        const of = point(each);
        const name = several ? `${each.name} ` : "";
        return [
          { title: `${name}${unit.label}`, value: (row) => of(row)?.y, text: (row) => of(row) ? valueText(of(row)) : "" },
          ...(form.elements.raw.checked ? [{ title: `${name}raw`, value: (row) => of(row)?.rawSeconds,
            text: (row) => of(row)?.rawSeconds ? format.seconds(of(row).rawSeconds) : "" }] : []),
          { title: `${name}change`, value: (row) => of(row)?.effect, text: (row) => of(row) ? change(of(row)) : "" },
          { title: `${name}verdict`, value: (row) => of(row) && verdict(of(row)), look: "text" },
        ];
      }),
    ];
    const caption = `${format.short(data.b)} ${data.c} on ${place.title}; change against the release before, 95 % intervals`;
    const table = mlxAsv.table.build(caption, columns, rows.reverse());
    const controls = all.filter((each) => each.control).map((each) =>
      el("p", {}, `${each.name} (control): ${valueText(each.points.at(-1))}`));
    document.getElementById("numbers").replaceChildren(table, ...controls);
  }

  function about() {
    const lines = [];
    if (data.backends.some((backend) => backend.source === "asv")) {
      lines.push("Where there is no band, `asv run` measured one release after another: what else the machine did then is in it.");
    }
    if (data.work) {
      lines.push(`A call moves ${data.work.bytes.toLocaleString("en")} bytes at least`
        + (data.work.operations ? ` and does ${data.work.operations.toLocaleString("en")} floating-point operations.` : "."));
    }
    document.getElementById("about").textContent = lines.join(" ");
  }

  // What others published of this case.
  async function elsewhere() {
    const section = document.getElementById("elsewhere");
    const file = site.figures[format.short(data.b)];
    const mine = number;
    section.hidden = true;
    if (!file) return;
    const rows = (await mlxAsv.load(`_published/${file}`))[data.c];
    if (!rows || mine !== number) return;
    const columns = [
      { title: "Machine", value: ([machine]) => machine },
      { title: "Backend", value: (row) => row[1], look: "text" },
      { title: "Time per call", value: (row) => row[2], text: (row) => format.seconds(row[2]) },
      { title: "MLX", value: (row) => row[3], text: (row) => row[3] ?? "version not stated", look: "text" },
      { title: "Document", value: (row) => site.documents[row[4]], look: "text" },
      { title: "Measured wrongly", value: (row) => row[5], look: "text" },
    ];
    section.querySelector("div").replaceChildren(mlxAsv.table.build(`${format.short(data.b)} ${data.c} elsewhere`, columns, rows));
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

  function units() {
    for (const input of form.querySelectorAll('input[name="unit"]')) {
      const { need } = UNITS[input.value];
      input.disabled = Boolean(need) && !data.work?.[need];
    }
    document.getElementById("units").hidden = !data.work;
    const able = Object.keys(UNITS).filter((name) => !UNITS[name].need || data.work?.[UNITS[name].need]);
    const name = state.get("unit", able, "time");
    state.check(form, "unit", name);
    unit = unitOf(name);
  }

  async function open() {
    const mine = ++number;
    const ids = site.places.map((each) => each.id);
    place = mlxAsv.place(state.get("machine", ids, ids[0]));
    state.options(form.elements.machine, site.places.map((each) => [each.id, each.title]), place.id);
    let found;
    try {
      const cases = await mlxAsv.load(`${place.id}/cases`);
      const keys = cases.map(([, , key]) => key);
      const key = state.get("case", keys, keys[0]);
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
    units();
    about();
    draw();
    elsewhere().catch((error) => mlxAsv.fail(document.querySelector("#elsewhere div"), error));
    mlxAsv.ready();
  }

  function changed() {
    const on = chosen().map((backend) => backend.name);
    state.set({
      backends: on.join(","), scale: state.radio(form, "scale") === "log" ? "log" : null,
      unit: state.radio(form, "unit") === "time" ? null : state.radio(form, "unit"),
      raw: form.elements.raw.checked ? "1" : null,
    });
    units();
    draw();
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
  chart.addEventListener("pointermove", (event) => {
    if (!current) return;
    const box = current.image.getBoundingClientRect();
    const index = current.at(event.clientX - box.left);
    if (index !== current.index) show(index);
  });
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !current) return;
    event.preventDefault();
    const last = place.releases.length - 1;
    show(Math.min(last, Math.max(0, current.index === null ? last : current.index + step)));
  });
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (data && window.innerWidth !== width) draw();
    width = window.innerWidth;
  });
  if (site.places.length) open();
})();
