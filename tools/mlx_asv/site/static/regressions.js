"use strict";

// The cards of all machines, or of one; what is shown is in the URL.
(() => {
  const { site, state, format } = mlxAsv;
  const form = document.getElementById("choice");
  if (!form) return;
  const PAGE = 20;
  const target = document.getElementById("cards");
  const count = document.getElementById("count");
  const more = document.getElementById("more");
  const open = "open";
  let shown = PAGE;

  // Of each filter: what it can be for these cards, and whether a step of a card passes it.
  const FILTERS = {
    state: (card, step) => step.state.split(" ")[0],
    standing: (card, step) => step.standing,
    reading: (card, step) => step.beside?.reading,
    family: (card) => card.family,
    backend: (card, step) => step.backend,
    release: (card) => card.release,
  };

  // Not all metrics have readings, nor candidates.
  const offered = (name, values, metric) => ({ reading: values.length > 0, standing: metric.candidates })[name] ?? true;

  async function loaded(machine, metric) {
    const places = site.places.filter((place) => (machine === "" || place.id === machine)
      && mlxAsv.measured(place).includes(metric));
    return (await Promise.all(places.map((place) =>
      mlxAsv.load(mlxAsv.file(place, metric, "regressions"))))).flat();
  }

  function newestFirst(cards, { sign }) {
    const place = new Map(Object.keys(site.releases).map((release, index) => [release, index]));
    return cards.toSorted((a, b) => place.get(b.release) - place.get(a.release)
      || sign * (b.steps[0].effect - a.steps[0].effect));
  }

  // Cards with those of their steps that pass every filter.
  function passing(cards, chosen) {
    const tests = Object.entries(chosen).filter(([, value]) => value !== "");
    return cards.map((card) => ({
      ...card,
      steps: card.steps.filter((step) => tests.every(([name, value]) => FILTERS[name](card, step) === value)),
    })).filter((card) => card.steps.length);
  }

  async function show() {
    const ids = site.places.map((place) => place.id);
    const machine = state.get("machine", ids, "");
    const all = [["", "all"]];
    state.options(form.elements.machine, [...all, ...site.places.map((each) => [each.id, each.title])], machine);
    const metrics = mlxAsv.metrics.filter((name) => site.places.some((place) => mlxAsv.measured(place).includes(name)));
    const metric = state.get("metric", metrics, metrics[0]);
    state.options(form.elements.metric, metrics.map((name) => [name, site.metrics[name].words.label]), metric);
    mlxAsv.speak(metric);
    let cards;
    try {
      cards = newestFirst(await loaded(machine, metric), site.metrics[metric]);
    } catch (error) {
      mlxAsv.fail(target, error);
      return;
    }
    const chosen = {};
    for (const [name, of] of Object.entries(FILTERS)) {
      const values = [...new Set(cards.flatMap((card) => card.steps.map((step) => of(card, step))))].filter(Boolean);
      form.elements[name].parentElement.hidden = !offered(name, values, site.metrics[metric]);
      chosen[name] = state.get(name, [...values, ""], name === "state" && values.includes(open) ? open : "");
      state.options(form.elements[name], [...all, ...values.map((value) => [value, value])], chosen[name]);
    }
    const found = passing(cards, chosen);
    const steps = found.reduce((sum, card) => sum + card.steps.length, 0);
    count.textContent = found.length
      ? `${format.plural(steps, "step")} on ${format.plural(found.length, "card")}.`
      : empty(cards, metric);
    target.replaceChildren(...found.slice(0, shown).map(mlxAsv.card.card));
    more.hidden = found.length <= shown;
    more.textContent = `Show ${Math.min(PAGE, found.length - shown)} more`;
    mlxAsv.ready();
  }

  function empty(cards, metric) {
    if (cards.length) return "No regression passes these filters.";
    return site.places.some((place) => mlxAsv.measured(place).includes(metric) && mlxAsv.view(place, metric).judged)
      ? `Nothing ${site.metrics[metric].words.became}, as far as the sweeps can tell; Trust says how small a change they would find.`
      : "No machine has been swept, so there are no verdicts: `mlx-asv sweep v0.30.0.. --tour` makes some.";
  }

  form.addEventListener("change", (event) => {
    // "" is a choice of its own where something else is the default.
    const value = event.target.value;
    state.set({ [event.target.name]: value === "" && event.target.name !== "state" ? null : value });
    shown = PAGE;
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", async () => {
    const first = target.children.length;
    shown += PAGE;
    await show();
    target.children[first]?.querySelector("a")?.focus();
  });

  async function start() {
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted) shown = Infinity;
    await show();
    // The card was not there when the page was loaded: going there again finds it.
    if (wanted && document.getElementById(wanted)) location.replace(location.hash);
  }
  if (site.places.length) start();
})();
