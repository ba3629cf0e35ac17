"use strict";

// Copying, also where a page may not use the clipboard: opened from the disk, or over plain HTTP.
mlxAsv.copyButton = (label, text) => {
  const said = mlxAsv.el("span", { class: "said", role: "status" });
  const old = (value) => {
    const area = mlxAsv.el("textarea", { class: "hidden", readonly: true });
    area.value = value;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  const button = mlxAsv.el("button", {
    type: "button",
    click: async () => {
      const value = text();
      let done = true;
      try {
        await navigator.clipboard.writeText(value);
      } catch {
        done = old(value);
        button.focus();
      }
      said.textContent = done ? "Copied" : "Select the text and copy it";
    },
  }, label);
  return mlxAsv.el("span", { class: "copy" }, button, said);
};
