"use strict";

// What is chosen on a page lives in its URL, so that a link shows what its sender saw.
mlxAsv.state = (() => {
  const query = () => new URLSearchParams(location.search);

  // The value of `name` if it is one of `allowed`, else `otherwise`.
  function get(name, allowed, otherwise) {
    const value = query().get(name);
    return value !== null && allowed.includes(value) ? value : otherwise;
  }

  const raw = (name) => query().get(name);

  // Values by name; null takes a name out.
  function set(values) {
    const next = query();
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === undefined) next.delete(name);
      else next.set(name, value);
    }
    const text = next.toString();
    history.replaceState(null, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`);
  }

  // A relative link to one of our pages.
  function link(page, values) {
    const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
    const text = new URLSearchParams(kept).toString();
    return text ? `${page}?${text}` : page;
  }

  // Fills a <select> with [value, text] pairs.
  function options(select, pairs, chosen) {
    select.replaceChildren(...pairs.map(([value, text]) =>
      mlxAsv.el("option", { value, selected: value === chosen }, text)));
    select.value = chosen;
    select.disabled = pairs.length < 2;
  }

  // The radio button that is chosen in a group of this name.
  const radio = (form, name) => form.querySelector(`input[name="${name}"]:checked`)?.value;
  function check(form, name, value) {
    for (const input of form.querySelectorAll(`input[name="${name}"]`)) {
      input.checked = input.value === value;
    }
  }

  return { get, raw, set, link, options, radio, check };
})();
