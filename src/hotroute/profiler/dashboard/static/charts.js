// Draws what the tables next to them say. A chart names its table, its columns and their unit.
const drawCharts = (() => {
  const HEIGHT = 220;
  const drawn = new Map();

  const colour = (name) => {
    const probe = document.createElement("i");
    probe.className = `ink-${name}`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };

  const digits = (number) => {
    if (number === 0) return "0";
    if (Math.abs(number) >= 99.95) return Math.round(number).toLocaleString("en");
    return number.toFixed(Math.abs(number) >= 9.995 ? 1 : 2).replace(/\.?0+$/, "");
  };
  const short = (number) => (number >= 1e6 ? `${digits(number / 1e6)}\u202fM` : digits(number));
  const seconds = (number) => {
    if (number < 0.001) return `${digits(number * 1e6)}\u202fµs`;
    if (number < 1) return `${digits(number * 1e3)}\u202fms`;
    return `${digits(number)}\u202fs`;
  };
  const UNITS = {
    seconds,
    count: short,
    mean: short,
    share: (number) => `${Math.round(number * 1000) / 10}\u202f%`,
  };

  // From a table: its rows' moments, and the columns that are asked for.
  const read = (table, names) => {
    const heads = [...table.tHead.rows[0].cells];
    const places = names.map((name) => heads.findIndex((head) => head.dataset.name === name));
    const rows = [...table.tBodies[0].rows];
    const number = (cell) => (cell.dataset.n === "" ? null : Number(cell.dataset.n));
    const step = Number(table.dataset.step);
    return {
      live: "live" in table.dataset,
      step,
      titles: places.map((place) => heads[place].textContent),
      times: rows.map((row) => Number(row.cells[0].dataset.t)),
      columns: places.map((place) => rows.map((row) => number(row.cells[place]))),
    };
  };

  // Each on top of those before it.
  const stack = (columns) => {
    const sums = columns[0].map(() => 0);
    return columns.map((column) => column.map((number, i) => (sums[i] += number ?? 0)));
  };

  // The last step of a span that ends now is not over: a band says so, with a dashed line where it begins.
  const markUnfinished = (found, kind) => (plot) => {
    const { ctx, bbox } = plot;
    const start = found.times.at(-1) - (kind === "stack" ? 0 : found.step / 2);
    const left = Math.max(bbox.left, plot.valToPos(start, "x", true));
    ctx.save();
    ctx.fillStyle = ctx.strokeStyle = colour("muted");
    ctx.globalAlpha = 0.22;
    ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height);
    ctx.globalAlpha = 0.9;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(left, bbox.top);
    ctx.lineTo(left, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  };

  const axes = (unit) => {
    const common = { stroke: colour("muted"), font: "11px ui-sans-serif, system-ui, sans-serif" };
    const grid = { stroke: colour("grid"), width: 1 };
    return [
      { ...common, grid: { show: false }, ticks: { ...grid, size: 4 }, space: 70, size: 42, values: STAMPS },
      { ...common, grid, ticks: { show: false }, size: 58, space: 36, values: (_, numbers) => numbers.map(unit) },
    ];
  };
  // uPlot's own, with the day before the month and 24 hours.
  const STAMPS = [
    [86400, "{D} {MMM}", null, null, null, null, null, null, 1],
    [60, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
  ];

  const WHEN = (date) => date.toISOString().slice(0, 16).replace("T", " ");

  // One or two moments make no line.
  const lonely = (plot, series) => plot.data[series].filter((number) => number !== null).length < 3;

  const look = (kind, name) => {
    const line = { stroke: colour(name), width: 1.5, points: { show: lonely, size: 5, fill: colour(name) } };
    const soft = colour(name).replace(/^rgb\((.*)\)$/, "rgba($1, 0.16)");
    if (kind === "bars") return { ...line, width: 0, points: { show: false }, fill: colour(name), paths: uPlot.paths.bars({ size: [0.8, 24] }) };
    if (kind === "stack") return { ...line, width: 0, points: { show: false }, fill: colour(name), paths: uPlot.paths.stepped({ align: 1 }) };
    if (kind === "area") return { ...line, fill: soft };
    return line;
  };

  const options = (place, found, names) => {
    const unit = UNITS[place.dataset.unit];
    const kind = place.dataset.kind;
    const series = names.map((name, i) => ({
      label: found.titles[i],
      // What the table says; a stack's lines are sums.
      value: (_, __, ___, at) => (at == null || at >= found.times.length ? "" : found.columns[i][at] === null ? "–" : unit(found.columns[i][at])),
      ...look(kind, name),
    }));
    // A stack is painted from its top down.
    const order = kind === "stack" ? names.map((_, i) => names.length - 1 - i) : names.map((_, i) => i);
    // The last step is as wide as the others: a stack has a moment more, the others are around theirs.
    const beyond = kind === "stack" ? 0 : found.step / 2;
    return {
      order,
      width: Math.max(240, place.clientWidth),
      height: HEIGHT,
      tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1e3), "Etc/UTC"),
      scales: { x: { range: (_, from, to) => [from, to + beyond] }, y: { range: (_, __, most) => [0, place.dataset.unit === "share" ? 1 : (most || 1) * 1.08] } },
      axes: axes(unit),
      cursor: { drag: { setScale: false }, points: { size: 7 }, y: false },
      legend: { markers: { width: 0, fill: (_, i) => colour(names[order[i - 1]]) } },
      series: [{ label: "UTC", value: (_, stamp) => (stamp == null ? "point at a moment" : WHEN(new Date(stamp * 1e3))) }, ...order.map((i) => series[i])],
      hooks: { setSelect: [chooseSpan], drawClear: found.live ? [markUnfinished(found, kind)] : [] },
    };
  };

  // A stretch that is drawn with the mouse becomes the page's span; the form does the same for the keyboard.
  const chooseSpan = (plot) => {
    if (plot.select.width < 6) return;
    const moment = (x) => new Date(plot.posToVal(x, "x") * 1e3).toISOString().slice(0, 19);
    const query = new URLSearchParams(location.search);
    query.delete("span");
    query.set("from", moment(plot.select.left));
    query.set("to", moment(plot.select.left + plot.select.width));
    location.search = query;
  };

  const draw = (place) => {
    const table = document.getElementById(place.dataset.source);
    const names = place.dataset.columns.split(",").filter(Boolean);
    if (!table?.tBodies[0].rows.length || !names.length) return;
    const found = read(table, names);
    const shown = place.dataset.kind === "stack" ? stack(found.columns) : found.columns;
    const chosen = options(place, found, names);
    const moments = [...found.times];
    if (place.dataset.kind === "stack") {
      moments.push(moments.at(-1) + found.step);
      for (const column of shown) column.push(column.at(-1));
    }
    place.dataset.unfinished = found.live;
    drawn.get(place)?.destroy();
    place.replaceChildren();
    drawn.set(place, new uPlot(chosen, [moments, ...chosen.order.map((i) => shown[i])], place));
    resized.observe(place);
  };

  const resized = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const plot = drawn.get(target);
      const width = Math.max(240, Math.floor(contentRect.width));
      if (plot && width !== plot.width) plot.setSize({ width, height: HEIGHT });
    }
  });

  return (within, again = false) => {
    for (const place of drawn.keys()) {
      if (place.isConnected) continue;
      resized.unobserve(place);
      drawn.get(place).destroy();
      drawn.delete(place);
    }
    const places = [...within.querySelectorAll(".plot")];
    for (const place of places) if (again || !drawn.has(place)) draw(place);
  };
})();
