"use strict";

// What every page shares: the site's data, files that are loaded when they are needed, elements.
// Scripts are classic ones, in one namespace: a page opened from the disk cannot load modules.
const mlxAsv = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const { metrics: listed, ...rest } = JSON.parse(document.getElementById("site").textContent);
  const site = { ...rest, metrics: Object.fromEntries(listed.map((each) => [each.words.name, each])) };
  const loading = new Map();
  const waiting = new Map();

  // Called by every data file, with its own name.
  function put(name, value) {
    waiting.get(name)?.(value);
    waiting.delete(name);
  }

  // A promise of the object in data/NAME.js.
  function load(name) {
    if (!loading.has(name)) {
      loading.set(name, new Promise((resolve, reject) => {
        waiting.set(name, resolve);
        const script = document.createElement("script");
        script.src = `data/${name}.js`;
        script.onload = () => script.remove();
        script.onerror = () => {
          loading.delete(name);
          reject(new Error(`${script.src} could not be loaded.`));
        };
        document.head.append(script);
      }));
    }
    return loading.get(name);
  }

  // An element. Children are nodes, or text: nothing is ever parsed as HTML.
  function element(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === "function") node.addEventListener(name, value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }
  const el = (tag, attributes = {}, ...children) =>
    element(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    element(document.createElementNS(SVG, tag), attributes, children);

  // Says in the page what went wrong, where something should have been.
  function fail(where, error) {
    document.documentElement.dataset.drawn = "yes";
    where.replaceChildren(el("p", { class: "empty", role: "alert" }, error.message));
  }

  // The page is drawn (what is .late appears), and answers: painted once, back in the event loop.
  function ready() {
    document.documentElement.dataset.drawn = "yes";
    requestAnimationFrame(() => setTimeout(() => {
      document.documentElement.dataset.ready = "yes";
      performance.mark("ready");
    }));
  }

  // A page of which no machine has anything: a sentence stands for all of it.
  function nothing(sentence, form) {
    document.getElementById("sentence").textContent = sentence;
    form.hidden = true;
    document.querySelector("section.late").hidden = true;
    ready();
  }

  const place = (id) => site.places.find((each) => each.id === id);

  // Metrics: their names, time first; those that were measured at a place; what there is of one
  // there; the name of a file there.
  const metrics = Object.keys(site.metrics);
  const measured = (where) => metrics.filter((name, index) => (index ? where.others[name] : where.backends.length));
  const view = (where, metric) => where.others[metric] ?? where;
  const file = (where, metric, name) => `${where.id}/${site.metrics[metric].folder}${name}`;

  // Fills in a metric's words where the page has a place for them.
  function speak(metric) {
    for (const node of document.querySelectorAll("[data-word]")) {
      node.textContent = site.metrics[metric].words[node.dataset.word];
    }
  }

  return { site, put, load, el, svg, fail, ready, nothing, place, metrics, measured, view, file, speak };
})();
