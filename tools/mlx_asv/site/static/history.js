"use strict";

// The history of a case: its points in a unit, what is said of them, and the table of them.
mlxAsv.history = (() => {
  const { site, format } = mlxAsv;
  const [usual] = mlxAsv.metrics;
  // What a letter of tools/mlx_asv/site/overview.py says.
  const words = ({ words: { worse, better } }) => ({ s: worse, f: better, "=": "same", "?": "inconclusive" });
  // Rates: how much work a call does in its time.
  const RATES = { bytes: "GB/s", operations: "GFLOP/s" };

  // What can be drawn of a case: metrics of which there is a history, and rates of known work.
  const units = (data) => [
    ...(data.backends.some((backend) => backend.s.length) ? [usual] : []),
    ...Object.keys(RATES).filter((name) => data.work?.[name]), ...data.metrics];

  // What a value is in a unit, a metric or a rate; a rate falls as the time grows. `name`: the
  // metric's, of which the values are.
  function unit(chosen, work) {
    const label = RATES[chosen];
    const name = label ? usual : chosen;
    const metric = site.metrics[name];
    const shared = { name, metric, raw: (value) => format.value(value, metric) };
    if (!label) return { ...shared, label: metric.words.label, of: (value) => value, text: shared.raw };
    const of = (seconds) => work[chosen] / seconds / 1e9;
    return { ...shared, label, of, text: (value) => `${format.digits(value)} ${label}`, turned: true };
  }

  // Of one backend (tools/mlx_asv/site/history.py has the lists), as the chart takes them.
  function points(backend, unit, raw) {
    const at = (list, index) => backend[list]?.[index] ?? null;
    return backend.s.map((value, index) => {
      const bounds = [at("lo", index), at("hi", index)].map((bound) => bound && unit.of(bound));
      const letter = backend.v[index];
      return {
        x: at("r", index), y: unit.of(value), letter,
        low: bounds[unit.turned ? 1 : 0], high: bounds[unit.turned ? 0 : 1],
        raw: raw && at("raw", index) ? unit.of(at("raw", index)) : null,
        rawValue: at("raw", index), candidate: at("cand", index) === 1,
        mark: letter === "s" ? "slower" : letter === "f" ? "faster" : null,
        effect: at("e", index), effectLow: at("l", index), effectHigh: at("h", index),
        reading: at("said", index),
      };
    });
  }

  function change(point, { metric }) {
    if (point.effect === null) return "";
    const part = (value) => value === null ? null : value / site.parts;
    const known = format.interval(part(point.effectLow), part(point.effectHigh), metric);
    return `${format.change(point.effect / site.parts, metric)}${known ? ` (${known})` : ""}`;
  }

  function verdict(point, { metric }) {
    const word = words(metric)[point.letter] ?? "";
    return point.mark && metric.candidates ? `${word}, ${point.candidate ? "candidate" : "confirmed"}` : word;
  }

  function value(point, unit) {
    const known = point.low && point.high ? ` (${unit.text(point.low)} to ${unit.text(point.high)})` : "";
    return `${unit.text(point.y)}${known}`;
  }

  // The columns of one backend; `name` is put before their titles; `many`: they are of
  // several metrics, and say of which.
  function columns(each, { name, unit, raw, many }) {
    const of = (row) => each.points.find(({ x }) => x === row.index);
    const title = (what) => many ? `${name}${what} of ${unit.metric.words.name}` : `${name}${what}`;
    const text = (tell) => (row) => of(row) ? tell(of(row)) : "";
    const rawText = (point) => point.rawValue ? unit.raw(point.rawValue) : "";
    return [
      { title: `${name}${unit.label}`, value: (row) => of(row)?.y, text: text((point) => value(point, unit)) },
      ...(raw ? [{ title: title("raw"), value: (row) => of(row)?.rawValue, text: text(rawText) }] : []),
      { title: title("change"), value: (row) => of(row)?.effect, text: text((point) => change(point, unit)) },
      { title: title("verdict"), value: text((point) => verdict(point, unit)), look: "text" },
    ];
  }

  // How the verdicts of several metrics are read, if that is said of any step.
  function read(each, name) {
    if (!each.points.some((point) => point.reading)) return [];
    const of = (row) => each.points.find(({ x }) => x === row.index)?.reading ?? "";
    return [{ title: `${name}read as`, value: of, look: "text reading" }];
  }

  // All that the charts show but controls, newest release first; `views`: of each its series (`all`)
  // and its unit.
  function table(views, { data, place, raw }) {
    const rows = place.releases.map((release, index) => ({ release, index })).reverse();
    const many = views.length > 1;
    const own = views.map(({ all, unit }) => ({ unit, all: all.filter((each) => !each.control) }));
    const names = [...new Set(own.flatMap(({ all }) => all.map((each) => each.name)))];
    const ofBackend = (backend) => {
      const name = names.length > 1 ? `${backend} ` : "";
      const found = own.map(({ unit, all }) => ({ unit, each: all.find((each) => each.name === backend) }))
        .filter(({ each }) => each);
      return [...found.flatMap(({ unit, each }) => columns(each, { name, unit, raw, many })),
        ...read(found[0].each, name)];
    };
    return mlxAsv.table.build(
      `${format.short(data.b)} ${data.c} on ${place.title}; change against the release before, 95 % intervals`,
      [
        { title: "Release", value: (row) => row.index, text: (row) => row.release },
        { title: "Date", value: (row) => site.releases[row.release][0], look: "text" },
        ...names.flatMap(ofBackend),
      ],
      rows);
  }

  // A promise of what others published of the case, as a table; of null if nobody did.
  async function published(data) {
    const name = format.short(data.b);
    if (!Object.hasOwn(site.figures, name)) return null;
    const cases = await mlxAsv.load(`_published/${site.figures[name]}`);
    if (!Object.hasOwn(cases, data.c)) return null;
    return mlxAsv.table.build(`${name} ${data.c} elsewhere`, [
      { title: "Machine", value: (row) => row[0] },
      { title: "Backend", value: (row) => row[1], look: "text" },
      { title: "Time per call", value: (row) => row[2], text: (row) => format.value(row[2], site.metrics[usual]) },
      { title: "MLX", value: (row) => row[3], text: (row) => row[3] ?? "version not stated", look: "text" },
      { title: "Document", value: (row) => site.documents[row[4]], look: "text" },
      { title: "Measured wrongly", value: (row) => row[5], look: "text" },
    ], cases[data.c]);
  }

  return { RATES, units, unit, points, change, value, table, published };
})();
