"use strict";

// A regression's card: what became slower, by how much, how sure that is, and how to check it.
mlxAsv.card = (() => {
  const { el, site, state, format } = mlxAsv;
  const SHOWN = 6; // steps of a card before the rest is folded away

  const STANDING = {
    candidate: "found by a sweep, not measured again yet",
    confirmed: "measured again in fresh processes, and found again",
  };

  function chip(text, look, title) {
    return el("span", { class: `chip ${look}`, title }, text);
  }

  const metricOf = (card) => site.metrics[card.metric];

  function chips(card, step) {
    const look = step.state.split(" ")[0];
    const standing = metricOf(card).candidates
      ? [chip(step.standing, step.standing, STANDING[step.standing])] : [];
    return [chip(step.state, look), ...standing];
  }

  // Whose change it is: docs/verdicts.md says how that is found.
  function attribution(card) {
    if (card.suite !== null) {
      return `The whole suite moved this way at ${card.release} (median ${format.change(card.suite, metricOf(card))}): ` +
        "all of MLX, how it was built, or the environment.";
    }
    const words = {
      "gpu only": "on the GPU only: the same cases did not move so on other backends",
      "cpu only": "on the CPU only: the same cases did not move so on other backends",
      "compile only": "compiled only: the same cases did not move so uncompiled",
      "one family": "in this family only: no other moved so at this release",
      all: "in the whole suite",
    };
    // A value of an axis: "only bfloat16".
    const value = (each) => `with ${each.replace(/^only /, "")} only: the same cases did not move so without`;
    const { worse } = metricOf(card).words;
    if (!card.scope) return "Other families moved so at this release, too.";
    const scope = card.scope.split(", ").map((each) => words[each] ?? value(each)).join("; ");
    return `${format.capital(worse)} ${scope}.`;
  }

  // What another metric says of the step, and how the two are read.
  function beside({ beside: other }) {
    if (!other) return [el("td", {}, "–"), el("td", {})];
    const metric = site.metrics[other.metric];
    return [
      el("td", { class: "number", title: format.interval(other.low, other.high, metric) },
        format.change(other.effect, metric), el("br"), el("span", { class: "backend" }, other.verdict)),
      el("td", { class: "text reading" }, other.reading),
    ];
  }

  function row(card, step, others) {
    const place = mlxAsv.place(card.machine);
    const name = `${format.short(step.b)} ${step.c}`;
    const at = place.releases.indexOf(card.release);
    const metric = metricOf(card);
    const unit = card.metric === mlxAsv.metrics[0] ? null : card.metric;
    return el("tr", {},
      el("th", { scope: "row" }, el("a", {
        href: state.link("case.html", { machine: place.id, case: step.k, backends: step.backend, unit }),
      }, el("b", {}, format.short(step.b)), " ", step.c), " ", el("span", { class: "backend" }, step.backend),
      ...exact(step, place)),
      el("td", { class: "number strong" }, format.change(step.effect, metric)),
      el("td", { class: "number" }, format.interval(step.low, step.high, metric) || "unknown"),
      ...(others ? beside(step) : []),
      el("td", {}, mlxAsv.chart.sparkline(step.spark, at,
        `${name}: ${metric.words.label} over the releases, with the step at ${card.release}`)),
      el("td", { class: "text" }, step.before),
      el("td", { class: "text" }, ...chips(card, step), ...accepted(step)));
  }

  // That results are more or less exact since the same release, and whose error says so.
  function exact({ exact: found, backend }, place) {
    if (!found) return [];
    return [el("br"), el("span", { class: "exact" }, "and its results are ", el("b", {}, found.told),
      " since then: error of ", el("a", {
        href: state.link("case.html", { machine: place.id, case: found.k, backends: backend, unit: "error" }),
      }, found.of))];
  }

  // Why somebody accepted it, and where that is said.
  function accepted(step) {
    if (!step.why) return [];
    const [reason, link] = step.why;
    return [el("br"), link ? el("a", { href: link }, reason) : reason];
  }

  function table(card, steps) {
    // A name of another metric, if that says something of any step.
    const other = steps.find((step) => step.beside)?.beside.metric;
    const numbers = ["Change", "95 % interval", ...(other ? [format.capital(site.metrics[other].words.label)] : [])];
    const texts = [...(other ? ["Read as"] : []), "History", "Since", "State"];
    return el("div", { class: "scroll" }, el("table", { class: "plain steps" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Case"),
        ...numbers.map((head) => el("th", { scope: "col" }, head)),
        ...texts.map((head) => el("th", { scope: "col", class: "text" }, head)))),
      el("tbody", {}, ...steps.map((step) => row(card, step, other)))));
  }

  function figure(value) {
    if (value === null || value === undefined) return "–";
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (typeof value !== "number") return String(value);
    if (Number.isInteger(value)) return String(value);
    return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : format.digits(value, 2);
  }

  function evidence(card) {
    const heads = ["Case", "Replicates", "Blocks", "Side by side", "p", "q", "Detectable",
      "Control moved", "In the sweep"];
    const metric = metricOf(card);
    const rows = card.steps.map((step) => el("tr", {},
      el("th", { scope: "row" }, `${format.short(step.b)} ${step.c} ${step.backend}`),
      ...[step.fresh_replicates ?? step.replicates, step.blocks, step.paired, step.p, step.q].map(
        (value) => el("td", { class: "number" }, figure(value))),
      el("td", { class: "number" }, format.change(step.mde, metric)),
      el("td", { class: "text" }, step.control === null || step.control === undefined
        ? "the releases met: it cancels" : `${step.control_backend}: ${format.change(step.control, metric)}`),
      el("td", { class: "number" }, format.change(step.swept_effect, metric))));
    const caption = el("caption", {}, "p and q: how often no change would look like this, alone and " +
      "among all comparisons. Detectable: what would be found in 80 % of sweeps like this.");
    return el("div", { class: "scroll" }, el("table", { class: "plain" }, caption,
      el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...rows)));
  }

  // Fills a <details> when it is opened for the first time.
  function onDemand(summary, fill) {
    const details = el("details", {
      toggle: async () => {
        if (!details.open || details.dataset.filled) return;
        details.dataset.filled = "yes";
        try {
          details.append(await fill());
        } catch (error) {
          details.append(el("p", { class: "empty", role: "alert" }, error.message));
        }
      },
    }, el("summary", {}, summary));
    return details;
  }

  async function reproduction(card) {
    const scripts = await mlxAsv.load(mlxAsv.file(mlxAsv.place(card.machine), card.metric, "scripts"));
    const text = scripts[card.id];
    return el("div", {}, mlxAsv.copyButton("Copy", () => text),
      el("pre", { tabindex: "0" }, el("code", {}, text)));
  }

  function card(found) {
    const [worst] = found.steps;
    const place = mlxAsv.place(found.machine);
    const [date, page] = site.releases[found.release];
    const release = page ? el("a", { href: page }, found.release) : found.release;
    const compares = [...new Map(found.steps.map((step) => [step.before, step.compare]))]
      .filter(([, link]) => link);
    const rest = found.steps.slice(SHOWN);
    return el("article", { class: "card", id: found.id, "aria-labelledby": `${found.id}-title` },
      el("header", {},
        el("h2", { id: `${found.id}-title` },
          el("a", { href: `#${found.id}`, class: "anchor" }, found.title)),
        el("p", { class: "where" }, release, ` of ${date}, ${place.title}; `,
          found.steps.length > 1 ? `${found.steps.length} steps, the largest ` : "one step, ",
          el("strong", {}, format.change(worst.effect, metricOf(found))), ".")),
      table(found, found.steps.slice(0, SHOWN)),
      rest.length ? onDemand(`${format.plural(rest.length, "smaller step")}`, () => table(found, rest)) : null,
      el("p", { class: "note" }, attribution(found)),
      onDemand("Evidence", () => evidence(found)),
      onDemand("Measure it yourself", () => reproduction(found)),
      compares.length ? el("p", { class: "after" }, "Upstream: ", ...compares.flatMap(([before, link], index) =>
        [index ? ", " : "", el("a", { href: link }, `all changes from ${before} to ${found.release}`)])) : null);
  }

  return { card };
})();
