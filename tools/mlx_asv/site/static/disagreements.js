"use strict";

// The steps on which time and instructions disagree, both ways; what is shown is in the URL.
(() => {
  const { site, el, state, format } = mlxAsv;
  const form = document.getElementById("choice");
  if (!form) return;
  const SHOWN = 25; // rows of a table before the rest is folded away
  // Where each list is drawn: of the steps that this metric calls changed.
  const names = mlxAsv.metrics.filter((name) => document.getElementById(name) && site.metrics[name].beside);
  const all = new Set(); // those of which everything is shown

  const FILTERS = {
    backend: (step) => step.backend,
    family: (step) => format.family(step.b),
    release: (step) => step.after,
    reading: (step) => step.reading,
  };

  const words = ({ words: { worse, better } }) => ({ s: worse, f: better, "=": "same", "?": "inconclusive" });
  // A verdict on a step; the change of time may have been measured again.
  const said = (step, metric, letter) => (words(metric)[letter] ?? "not measured")
    + (step.confirmed && "sf".includes(letter) ? ", confirmed" : "");
  const part = (value) => (value === null ? null : value / site.parts);

  function columns(place) {
    const answer = (name, at) => {
      const metric = site.metrics[name];
      const of = (step) => step.answers[at];
      return [
        { title: format.capital(name), value: (step) => of(step)[1], look: "number tight", text: (step) => format.change(part(of(step)[1]), metric) },
        { title: "95 % interval", value: (step) => of(step)[2], look: "interval",
          text: (step) => format.interval(part(of(step)[2]), part(of(step)[3]), metric) || "unknown" },
        { title: "Verdict", value: (step) => said(step, metric, of(step)[0]), look: "text" },
      ];
    };
    return [
      { title: "Case", value: (step) => `${format.short(step.b)} ${step.c}`,
        text: (step) => el("span", {}, el("a", {
          href: state.link("case.html", { machine: place.id, case: step.k, backends: step.backend }),
        }, el("b", {}, format.short(step.b)), " ", step.c), " ", el("span", { class: "backend" }, step.backend)) },
      { title: "Release", value: (step) => Object.keys(site.releases).indexOf(step.after), text: (step) => step.after, look: "text" },
      ...names.flatMap(answer),
      { title: "Read as", value: (step) => step.reading, look: "text reading" },
    ];
  }

  function list(name, steps, place) {
    const target = document.getElementById(name);
    if (!steps.length) {
      target.replaceChildren(el("p", { class: "empty" }, "There is no such step."));
      return;
    }
    const shown = all.has(name) ? steps : steps.slice(0, SHOWN);
    const caption = `${format.plural(steps.length, "step")}, the largest first; a step is from the release before`;
    const more = el("button", { type: "button", click: () => {
      all.add(name);
      list(name, steps, place);
      target.querySelectorAll("tbody a")[SHOWN]?.focus();
    } }, `Show all ${steps.length.toLocaleString("en")}`);
    target.replaceChildren(mlxAsv.table.build(caption, columns(place), shown),
      ...(shown.length < steps.length ? [more] : []));
  }

  // How many steps have an answer: by each metric, by either.
  function shares(rows) {
    const whole = (count, row) => `${count.toLocaleString("en")} (${Math.floor((100 * count) / row[2])} %)`;
    const by = (title, at) => ({ title, value: (row) => row[at] === null ? null : row[at] / row[2],
      text: (row) => row[at] === null ? "not measured" : whole(row[at], row) });
    document.getElementById("shares").replaceChildren(mlxAsv.table.build(
      "An answer is any verdict but inconclusive", [
        { title: "Family", value: (row) => row[0] },
        { title: "Backend", value: (row) => row[1], look: "text" },
        { title: "Steps", value: (row) => row[2], text: (row) => row[2].toLocaleString("en") },
        ...names.map((name, at) => by(`by ${name}`, 3 + at)),
        by("by either", 3 + names.length),
      ], rows));
  }

  async function show() {
    const places = site.places.filter((place) => place.answers);
    if (!places.length) {
      mlxAsv.nothing(
        "No machine has both: `mlx-asv count` counts instructions beside the times of a sweep.", form);
      return;
    }
    const ids = places.map((place) => place.id);
    const place = mlxAsv.place(state.get("machine", ids, ids[0]));
    state.options(form.elements.machine, places.map((each) => [each.id, each.title]), place.id);
    document.getElementById("sentence").textContent = place.answers;
    let data;
    try {
      data = await mlxAsv.load(`${place.id}/disagreements`);
    } catch (error) {
      mlxAsv.fail(document.getElementById(names[0]), error);
      return;
    }
    const steps = data.disagreements.flat();
    const tests = Object.entries(FILTERS).map(([name, of]) => {
      const values = [...new Set(steps.map(of))].filter(Boolean);
      const value = state.get(name, values, "");
      state.options(form.elements[name], [["", "all"], ...values.map((each) => [each, each])], value);
      return (step) => value === "" || of(step) === value;
    });
    names.forEach((name, at) =>
      list(name, data.disagreements[at].filter((step) => tests.every((test) => test(step))), place));
    shares(data.shares);
    mlxAsv.ready();
  }

  form.addEventListener("change", (event) => {
    const { name, value } = event.target;
    state.set({ [name]: value === "" ? null : value });
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  if (site.places.length) show();
})();
