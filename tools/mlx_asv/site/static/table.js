"use strict";

// Tables of the pages: built from columns, sorted by a click on a head, copied as Markdown.
mlxAsv.table = (() => {
  const { el } = mlxAsv;

  // columns: {title, value(row), text(row)?, look?}; value sorts, text is what is shown.
  function build(caption, columns, rows) {
    const body = el("tbody");
    const heads = columns.map((column, index) => el("th", { scope: "col", class: column.look?.startsWith("text") ? "text" : null },
      el("button", { type: "button", class: "sort", click: () => sort(index) }, ...breakable(column.title))));
    let order = { index: null, down: false };

    function line(row) {
      return el("tr", {}, ...columns.map((column, index) => {
        const text = column.text ? column.text(row) : String(column.value(row) ?? "");
        const content = text instanceof Node ? text : String(text);
        return index ? el("td", { class: column.look ?? "number" }, content)
          : el("th", { scope: "row" }, content);
      }));
    }

    function sort(index) {
      order = { index, down: order.index === index ? !order.down : false };
      const { value } = columns[index];
      const sign = order.down ? -1 : 1;
      rows = rows.toSorted((a, b) => sign * compare(value(a), value(b)));
      heads.forEach((head, each) => head.removeAttribute("aria-sort"));
      heads[index].setAttribute("aria-sort", order.down ? "descending" : "ascending");
      body.replaceChildren(...rows.map(line));
    }

    body.replaceChildren(...rows.map(line));
    return el("table", { class: "plain" }, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, ...heads)), body);
  }

  // A narrow head breaks after mlx_cpu_, not inside of a word.
  function breakable(title) {
    return title.split(/(?<=[_/])/).flatMap((part, index) => (index ? [el("wbr"), part] : [part]));
  }

  // Numbers by size, text by alphabet, what is not there last.
  function compare(a, b) {
    const [none, nothing] = [a === null || a === undefined, b === null || b === undefined];
    if (none || nothing) return none - nothing;
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  }

  // The table as it stands, with columns that line up.
  function markdown(table) {
    const cell = (each) => each.textContent.trim().replaceAll("|", "\\|").replace(/\s+/g, " ");
    const lines = [...table.rows].map((row) => [...row.cells].map(cell));
    const widths = lines[0].map((_, index) => Math.max(3, ...lines.map((line) => (line[index] ?? "").length)));
    const text = (line) => `| ${widths.map((width, index) => (line[index] ?? "").padEnd(width)).join(" | ")} |`;
    const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
    return [text(lines[0]), rule, ...lines.slice(1).map(text)].join("\n");
  }

  return { build, markdown };
})();
