"use strict";

// Numbers as people read them; tools/mlx_asv/site/words.py writes the same.
mlxAsv.format = (() => {
  const TIMES = [["s", 1], ["ms", 1e3], ["µs", 1e6], ["ns", 1e9]];
  const FACTOR_FROM = 2;

  // A log ratio as a change: 0.0953 is "+10.0 %", 1.386 is "4.00×".
  function change(effect, digits = 1) {
    if (effect === null || effect === undefined || !Number.isFinite(effect)) return "unknown";
    const ratio = Math.expm1(effect);
    if (ratio >= FACTOR_FROM) return `${(ratio + 1).toFixed(2)}×`;
    const sign = ratio > 0 ? "+" : ratio < 0 ? "−" : "";
    return `${sign}${Math.abs(100 * ratio).toFixed(digits)} %`;
  }

  function interval(low, high) {
    return low === null || low === undefined || high === null || high === undefined
      ? "" : `${change(low)} to ${change(high)}`;
  }

  // Few characters, for a cell: "+12", "−9", "2.1×".
  function brief(effect) {
    const ratio = Math.expm1(effect);
    if (ratio >= 1) return `${(ratio + 1).toFixed(ratio < 9 ? 1 : 0)}×`;
    return `${ratio > 0 ? "+" : "−"}${Math.abs(100 * ratio).toFixed(0)}`;
  }

  function digits(value, count = 3) {
    const text = value.toPrecision(count);
    return text.includes("e") ? String(Number(text)) : text;
  }

  function seconds(value) {
    if (value === 0) return "0 s";
    const [unit, factor] = TIMES.find(([, many]) => value * many >= 1) ?? TIMES[3];
    return `${digits(value * factor)} ${unit}`;
  }

  // Names are taken apart in tools/mlx_asv/axes.py alone.
  const short = (benchmark) => mlxAsv.site.names[benchmark][0];
  const family = (benchmark) => mlxAsv.site.names[benchmark][1];
  const plural = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

  return { change, interval, brief, digits, seconds, short, family, plural };
})();
