"use strict";

// Numbers as people read them; tools/mlx_asv/site/words.py writes the same.
mlxAsv.format = (() => {
  const FACTOR_FROM = 2;

  // An exponent has two digits, as in Python.
  const exponential = (value, decimals) => value.toExponential(decimals)
    .replace(/e([+-])(\d)$/, (_, sign, digit) => `e${sign}0${digit}`);

  // By what an effect multiplies, or divides if it is negative.
  function factor(effect) {
    const size = Math.exp(Math.min(Math.abs(effect), 700));
    if (size < 9.95) return size.toFixed(1);
    return size < 99999.5 ? Math.round(size).toLocaleString("en") : power(size, 1);
  }

  // "1.2e6".
  const power = (size, decimals) => size.toExponential(decimals).replace("e+", "e");

  // A factor of few characters: "2.4", "40", "5e6".
  const few = (size) => (size < 999.5 ? size.toFixed(size < 9.95 ? 1 : 0) : power(size, 0));

  // An effect as a change; metrics are those of mlxAsv.site. Of one that is compared by ratios:
  // 0.0953 is "+10.0 %", 1.386 is "4.00×"; where factors are told, "4.0 times". Of another one: the
  // difference, with its unit.
  function change(effect, metric) {
    if (effect === null || effect === undefined || !Number.isFinite(effect)) return "unknown";
    if (metric.factors) {
      const said = factor(effect);
      return effect < 0 && said !== "1.0" ? `${said} times less` : `${said} times`;
    }
    if (!metric.log) return `${effect > 0 ? "+" : effect < 0 ? "−" : ""}${value(Math.abs(effect), metric)}`;
    const ratio = Math.expm1(effect);
    if (ratio >= FACTOR_FROM) return `${(ratio + 1).toFixed(2)}×`;
    const text = Math.abs(100 * ratio).toFixed(metric.digits);
    return `${Number(text) === 0 ? "" : ratio > 0 ? "+" : "−"}${text} %`;
  }

  function interval(low, high, metric) {
    return low === null || low === undefined || high === null || high === undefined
      ? "" : `${change(low, metric)} to ${change(high, metric)}`;
  }

  // Few characters, for a cell: "+12", "−9", "2.1×", "5e6×".
  function brief(effect, metric) {
    if (metric.factors) return `${effect < 0 ? "÷" : "×"}${few(Math.exp(Math.min(Math.abs(effect), 700)))}`;
    if (!metric.log) return change(effect, metric);
    const ratio = Math.expm1(effect);
    if (ratio >= 1) return `${few(ratio + 1)}×`;
    return `${ratio > 0 ? "+" : "−"}${Math.abs(100 * ratio).toFixed(0)}`;
  }

  function digits(value, count = 3) {
    if (value !== 0 && Math.abs(value) < 1e-4) return exponential(value, count - 1);
    const text = value.toPrecision(count);
    return text.includes("e") ? String(Number(text)) : text;
  }

  // Three digits, or so many, and the unit that fits.
  function value(number, metric, count = 3) {
    const { units } = metric;
    if (number === 0) return `0 ${(units.find(([, size]) => size === 1) ?? units[0])[0]}`.trimEnd();
    const [unit, size] = units.find(([, each]) => Math.abs(number) >= each) ?? units.at(-1);
    return `${digits(number / size, count)} ${unit}`.trimEnd();
  }

  // Names are taken apart in tools/mlx_asv/axes.py alone.
  const short = (benchmark) => mlxAsv.site.names[benchmark][0];
  const family = (benchmark) => mlxAsv.site.names[benchmark][1];
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  const plural = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

  return { change, interval, brief, digits, value, short, family, capital, plural };
})();
