"use strict";
// Draws the visible part of what the page holds: decodes the stores, sums candles up, follows with the y axis.
(() => {
  const UP = "#26a69a", DOWN = "#ef5350", LEVELS = ["#ef5350", "#26a69a", "#a855f7"];
  const STEPS = [1, 2, 3, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 5760, 10080, 20160, 40320].map(m => m * 60000);
  const MOST_LEVELS = 80, MOST_HELD = 400, PX_PER_CANDLE = 4;

  const holder = document.querySelector("script.charts");
  if (!holder) return;
  const page = JSON.parse(holder.textContent);
  const number = new Intl.NumberFormat("en-US", {maximumFractionDigits: 8});
  const moment = ms => new Date(ms).toISOString().slice(0, 16).replace("T", " ");

  function atMostOnceAFrame(draw) {  // at once, so that bokeh paints once for both; of what follows in the same frame the last
    let due = false, again = false;
    return function now() {
      if (due) { again = true; return; }
      due = true;
      requestAnimationFrame(() => { due = false; if (again) { again = false; now(); } });
      draw();
    };
  }

  function after(sorted, value) {  // the first place whose entry lies beyond value
    let low = 0, high = sorted.length;
    while (low < high) { const mid = (low + high) >> 1; if (sorted[mid] <= value) low = mid + 1; else high = mid; }
    return low;
  }

  function timesOf(doc, facts) {
    const {hole_at, hole_ms} = doc.get_model_by_name(facts.source + ".holes").data;
    const times = new Float64Array(facts.rows);
    let next = facts.first_ms, hole = 0;
    for (let i = 0; i < times.length; i++) {
      if (hole < hole_at.length && hole_at[hole] === i) next += hole_ms[hole++];
      times[i] = next;
      next += facts.step_ms;
    }
    return times;
  }

  function candlesOf(doc, facts) {
    const data = doc.get_model_by_name(facts.source).data, rows = facts.rows;
    const made = {ts: timesOf(doc, facts), step: facts.step_ms};
    if (facts.decimals < 0) return Object.assign(made, data);
    const scale = 10 ** facts.decimals;
    for (const name of ["open", "high", "low", "close"]) made[name] = new Float64Array(rows);
    let close = facts.start;
    for (let i = 0; i < rows; i++) {
      const open = close + data.step[i];
      close = open + data.body[i];
      made.open[i] = open / scale;
      made.close[i] = close / scale;
      made.high[i] = (Math.max(open, close) + data.above[i]) / scale;
      made.low[i] = (Math.min(open, close) - data.below[i]) / scale;
    }
    return made;
  }

  function lineOf(doc, facts) {
    if (!facts) return null;
    const {step} = doc.get_model_by_name(facts.source).data;
    const value = new Float64Array(facts.rows);
    let whole = 0;
    for (let i = 0; i < value.length; i++) { whole += step[i]; value[i] = whole * facts.unit; }
    for (const place of doc.get_model_by_name(facts.source + ".missing").data.missing) value[place] = NaN;
    return {ts: timesOf(doc, facts), value, step: facts.step_ms};
  }

  function summed(candles, start, end, most) {  // candles of [start, end] summed up to at most `most`
    const step = STEPS.find(each => each >= candles.step && (end - start) / each <= most) || STEPS.at(-1);
    const out = {ts: [], open: [], high: [], low: [], close: [], step: Math.max(step, candles.step)};
    let at = -1, bucket = NaN;
    const first = Math.max(0, after(candles.ts, start - out.step) - 1), last = after(candles.ts, end);
    for (let i = first; i < last; i++) {
      const mine = Math.floor(candles.ts[i] / out.step) * out.step;
      if (mine !== bucket) {
        bucket = mine; at++;
        out.ts.push(mine); out.open.push(candles.open[i]); out.high.push(candles.high[i]);
        out.low.push(candles.low[i]); out.close.push(candles.close[i]);
      } else {
        if (candles.high[i] > out.high[at]) out.high[at] = candles.high[i];
        if (candles.low[i] < out.low[at]) out.low[at] = candles.low[i];
        out.close[at] = candles.close[i];
      }
    }
    return out;
  }

  function stepped(line, start, end, width) {  // a step line from each close on; of many values the extremes
    const x = [], y = [], first = Math.max(0, after(line.ts, start) - 1), last = Math.min(line.ts.length, after(line.ts, end) + 1);
    const each = Math.max(1, Math.floor((last - first) / width));
    for (let i = first; i < last; i += each) {
      const until = Math.min(i + each, last), held = until < line.ts.length ? line.ts[until] : line.ts[until - 1] + line.step;
      if (each === 1) { x.push(line.ts[i], held); y.push(line.value[i], line.value[i]); continue; }
      let low = Infinity, high = -Infinity;
      for (let j = i; j < until; j++) { if (line.value[j] < low) low = line.value[j]; if (line.value[j] > high) high = line.value[j]; }
      x.push(line.ts[i], line.ts[i]);
      y.push(low > high ? NaN : low, low > high ? NaN : high);
    }
    return {x, y};
  }

  function follow(plot, low, high, margin = 0.06) {
    if (!(low <= high)) return;
    const room = (high - low || Math.abs(high) || 1) * margin;
    plot.y_range.setv({start: low - room, end: high + room});
  }

  function extremes(values, from = 0, to = values.length, low = Infinity, high = -Infinity) {
    for (let i = from; i < to; i++) { if (values[i] < low) low = values[i]; if (values[i] > high) high = values[i]; }
    return [low, high];
  }

  function account(doc, facts, section) {
    const range = doc.get_model_by_name(facts.range), data = doc.get_model_by_name(facts.source).data;
    const draw = atMostOnceAFrame(() => {
      const from = Math.max(0, after(data.ts, range.start) - 1), to = Math.min(data.ts.length, after(data.ts, range.end) + 1);
      for (const [name, columns] of Object.entries(facts.shown)) {
        let seen = [Infinity, -Infinity];
        for (const column of columns) seen = extremes(data[column], from, to, ...seen);
        follow(doc.get_model_by_name(name), ...seen);
      }
    });
    range.change.connect(draw);
    draw();
    const said = section.querySelector(".readout"), whole = `${moment(range.start)} to ${moment(range.end)} UTC`;
    said.textContent = whole;
    for (const name of Object.keys(facts.shown)) doc.get_model_by_name(name).on_event("mousemove", event => {
      const i = Math.max(0, after(data.ts, event.x) - 1);
      said.textContent = `${moment(data.ts[i])} UTC  equity ${number.format(data.equity[i])}  drawdown ${number.format(-data.drawdown[i])} %  ` +
        `fees so far ${number.format(data.before_fees[i] - data.equity[i])}  funding so far ${number.format(data.before_costs[i] - data.before_fees[i])}`;
    });
  }

  function beside(doc, facts) {
    const range = doc.get_model_by_name(facts.range), curves = facts.sources.map(name => doc.get_model_by_name(name).data);
    const draw = atMostOnceAFrame(() => {
      let seen = [Infinity, -Infinity];
      for (const {ts, gained} of curves) seen = extremes(gained, Math.max(0, after(ts, range.start) - 1), after(ts, range.end) + 1, ...seen);
      follow(doc.get_model_by_name(facts.plot), ...seen);
    });
    range.change.connect(draw);
    draw();
  }

  class Prices {
    constructor(doc, facts, section) {
      Object.assign(this, {doc, facts, section, symbol: 0, chosen: -1, stores: []});
      this.range = doc.get_model_by_name(facts.range);
      this.plot = doc.get_model_by_name(facts.plot);
      const run = facts.plot.split(".")[0];
      this.trades = doc.get_model_by_name(run + ".trades").data;
      this.levels = doc.get_model_by_name(run + ".levels").data;
      this.boxes = [...section.querySelectorAll("[data-line]")];
      this.whole = [this.range.start, this.range.end];
      this.draw = atMostOnceAFrame(() => this.drawNow());
      this.range.change.connect(this.draw);
      section.addEventListener("change", event => this.changed(event.target));
      section.addEventListener("click", event => this.pressed(event.target.closest("button")));
      this.plot.on_event("mousemove", event => this.tell(event.x));
      document.getElementById(facts.plot).addEventListener("mouseleave", () => this.say());
      this.draw();
    }

    store() {
      const known = this.stores[this.symbol];
      if (known) return known;
      const facts = this.facts.symbols[this.symbol];
      return this.stores[this.symbol] = {candles: candlesOf(this.doc, facts.candles), lines: facts.lines.map(each => lineOf(this.doc, each))};
    }

    put(name, columns) { this.doc.get_model_by_name(this.facts.drawn[name]).data = columns; }

    drawNow() {
      const {start, end} = this.range, {candles, lines} = this.store();
      const width = Math.max(200, this.plot.inner_width || 800);
      const seen = this.seen = summed(candles, start, end, width / PX_PER_CANDLE);
      const colors = seen.open.map((open, i) => seen.close[i] >= open ? UP : DOWN);
      const middle = Float64Array.from(seen.ts, ts => ts + seen.step / 2);
      this.put("bars", {
        x: middle, high: seen.high, low: seen.low, color: colors, width: new Float64Array(middle.length).fill(seen.step * 0.7),
        top: seen.open.map((open, i) => Math.max(open, seen.close[i])), bottom: seen.open.map((open, i) => Math.min(open, seen.close[i])),
      });
      let bounds = extremes(seen.high, 0, seen.high.length, ...extremes(seen.low));
      bounds = this.drawTrades(start, end, candles.step / 2, bounds);
      this.facts.lines.forEach((where, place) => {
        const line = lines[place], shown = this.boxes[place].checked && line;
        const points = shown ? stepped(line, start, end, width) : {x: [], y: []};
        this.doc.get_model_by_name(where.source).data = points;
        if (where.plot === this.facts.plot) bounds = extremes(points.y, 0, points.y.length, ...bounds);
        else if (shown) follow(this.doc.get_model_by_name(where.plot), ...extremes(points.y));
      });
      follow(this.plot, ...bounds);
      this.say();
    }

    say() {  // what is shown, while nothing is pointed at
      const step = this.seen.step / 60000, unit = step % 1440 === 0 ? step / 1440 + "d" : step % 60 === 0 ? step / 60 + "h" : step + "m";
      this.section.querySelector(".readout").textContent = `${moment(this.range.start)} to ${moment(this.range.end)} UTC, candles of ${unit}`;
    }

    drawTrades(start, end, half, bounds) {
      const all = this.trades, mine = [];
      for (let i = 0; i < all.trade_id.length; i++)
        if (all.symbol[i] === this.symbol && all.exit_ts[i] + half >= start && all.entry_ts[i] <= end) mine.push(i);
      const marks = {x: [], y: [], marker: [], color: [], size: [], fill: []}, held = {x0: [], y0: [], x1: [], y1: [], color: []};
      const size = mine.length > MOST_LEVELS ? 6 : 10;
      for (const i of mine) {
        const color = all.net_pnl_usdt[i] >= 0 ? UP : DOWN;
        const x0 = all.entry_ts[i] + half, x1 = all.exit_ts[i] + half;
        if (mine.length > MOST_HELD) {  // so many are a cloud of results
          marks.x.push(x1); marks.y.push(all.exit_price[i]); marks.marker.push("square"); marks.color.push(color); marks.size.push(2); marks.fill.push(0.6);
          continue;
        }
        marks.x.push(x0, x1); marks.y.push(all.entry_price[i], all.exit_price[i]);
        marks.marker.push(all.side[i] > 0 ? "triangle" : "inverted_triangle", "circle_x");
        marks.color.push("#3b82f6", color); marks.size.push(size, size); marks.fill.push(0.9, 0.25);
        held.x0.push(x0); held.x1.push(x1); held.y0.push(all.entry_price[i]); held.y1.push(all.exit_price[i]); held.color.push(color);
      }
      this.put("marks", marks);
      this.put("held", held);
      bounds = extremes(marks.y, 0, marks.y.length, ...bounds);
      return this.drawLevels(mine.length > MOST_LEVELS ? [] : mine, half, bounds);
    }

    drawLevels(trades, half, bounds) {
      const wanted = new Set(trades.map(i => this.trades.trade_id[i])), all = this.levels;
      const drawn = {x0: [], y0: [], x1: [], y1: [], color: []};
      const boxes = {left: [], right: [], bottom: [], top: [], color: []};
      let [low, high] = bounds;
      const room = (high - low) / 2;
      for (let i = 0; wanted.size && i < all.trade_id.length; i++) {
        if (!wanted.has(all.trade_id[i])) continue;
        const price = all.price[i], kind = all.kind[i];
        drawn.x0.push(all.start_ms[i] + half); drawn.x1.push(all.end_ms[i] + half); drawn.y0.push(price); drawn.y1.push(price);
        drawn.color.push(LEVELS[kind]);
        if (kind < 2 || (price > low - room && price < high + room)) { bounds[0] = Math.min(bounds[0], price); bounds[1] = Math.max(bounds[1], price); }
        if (all.trade_id[i] !== this.trades.trade_id[this.chosen] || kind > 1) continue;
        const entry = this.trades.entry_price[this.chosen];
        boxes.left.push(all.start_ms[i] + half); boxes.right.push(all.end_ms[i] + half);
        boxes.bottom.push(Math.min(entry, price)); boxes.top.push(Math.max(entry, price)); boxes.color.push(LEVELS[kind]);
      }
      this.put("levels_seen", drawn);
      this.put("boxes", boxes);
      return bounds;
    }

    tell(ms) {
      const seen = this.seen, i = after(seen.ts, ms) - 1;
      if (i < 0) return;
      const said = [`${moment(seen.ts[i])} UTC  O ${number.format(seen.open[i])}  H ${number.format(seen.high[i])}  L ${number.format(seen.low[i])}  C ${number.format(seen.close[i])}`];
      this.store().lines.forEach((line, place) => {
        const at = line && this.boxes[place].checked ? after(line.ts, ms) - 1 : -1;
        if (at >= 0) said.push(`${this.boxes[place].parentNode.querySelector("strong").textContent} ${number.format(line.value[at])}`);
      });
      this.section.querySelector(".readout").textContent = said.join("  ");
    }

    look(start, end) {
      const [first, last] = this.whole, span = Math.min(Math.max(end - start, 60000), last - first);
      const from = Math.min(Math.max(start, first), last - span);
      this.range.setv({start: from, end: from + span});
    }

    changed(box) {
      if (box.dataset.line !== undefined) {
        const pane = this.section.querySelector(`[data-pane="${box.dataset.line}"]`);
        if (pane) pane.hidden = !box.checked;
      } else if (box.tagName === "SELECT") { this.symbol = Number(box.value); this.chosen = -1; }
      this.draw();
    }

    pressed(button) {
      if (!button) return;
      const {start, end} = this.range, {span, zoom, step} = button.dataset;
      if (span !== undefined) { const width = Number(span) || Infinity; this.look(end - width, end); if (width === Infinity) this.look(...this.whole); }
      if (zoom) { const half = (end - start) / 2 * Number(zoom), middle = (start + end) / 2; this.look(middle - half, middle + half); }
      if (step) this.goTo((this.chosen < 0 && step < 0 ? this.trades.trade_id.length : this.chosen) + Number(step));
    }

    goTo(place) {
      const all = this.trades, count = all.trade_id.length;
      if (!count) return;
      const i = this.chosen = (place + count) % count;
      if (all.symbol[i] >= 0 && all.symbol[i] !== this.symbol) {
        this.symbol = all.symbol[i];
        this.section.querySelector("select").value = String(this.symbol);
      }
      const pad = Math.max(all.exit_ts[i] - all.entry_ts[i], 40 * this.store().candles.step);
      this.section.querySelector(".chosen").textContent = `trade ${all.trade_id[i]}`;
      this.look(all.entry_ts[i] - pad, all.exit_ts[i] + pad);
      this.draw();
    }
  }

  function dress(doc) {  // what is written on the canvas has the page's color
    const ink = getComputedStyle(document.body).color;
    for (const name of page.targets) {
      const plot = doc.get_model_by_name(name);
      for (const axis of [...plot.below, ...plot.right]) axis.setv({major_label_text_color: ink});
      for (const axis of plot.below) axis.ticker.setv({desired_num_ticks: innerWidth < 600 ? 4 : 8});
      for (const grid of plot.center) if (grid.grid_line_color !== undefined) grid.setv({grid_line_color: ink, grid_line_alpha: 0.13});
      for (const tool of plot.toolbar.tools) if (tool.line_color !== undefined) tool.setv({line_color: ink});
    }
  }

  function letScroll(element) {  // a finger that moves up or down scrolls the page, also where it touches a chart
    for (const child of [...(element.shadowRoot?.children || []), ...element.children]) {
      if (child.classList.contains("bk-events")) child.style.touchAction = "pan-y";
      letScroll(child);
    }
  }

  async function start() {
    const roots = Object.fromEntries(page.roots.map((id, place) => [id, page.targets[place]]));
    await Bokeh.embed.embed_items({page: page.doc}, [{docid: "page", roots, root_ids: page.roots}]);
    const doc = Bokeh.documents[0];
    if (page.beside) beside(doc, page.beside);
    const charts = page.runs.map((facts, place) => {
      if (facts.account) account(doc, facts.account, document.getElementById(`run${place}-account`));
      return facts.prices && new Prices(doc, facts.prices, document.getElementById(`run${place}-prices`));
    });
    dress(doc);
    page.targets.forEach(name => letScroll(document.getElementById(name)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dress(doc));
    document.addEventListener("click", event => {
      const row = event.target.closest("[data-trade]");
      if (!row) return;
      const chart = charts[Number(row.closest("[data-run]")?.dataset.run || 0)];
      if (!chart) return;
      chart.goTo([...chart.trades.trade_id].indexOf(Number(row.dataset.trade)));
      chart.section.scrollIntoView({block: "start"});
    });
    document.documentElement.dataset.drawn = "yes";
  }
  start();
})();
