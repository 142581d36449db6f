// The tables of trades: unpacks the columns of each, filters, sorts, and draws one page of rows at a time.
"use strict";
(() => {
  const ROWS = 100, LONG = 24;
  const DAYS = (ms) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");

  const summed = (steps) => { let at = 0; return steps.map((step) => (at += step)); };

  // Whole cents with their point and thousands apart: the digits that were rounded once, where the page was made.
  const money = (cents) => {
    const digits = String(Math.abs(cents)).padStart(3, "0");
    const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
    return `${cents < 0 ? "-" : ""}${whole}.${digits.slice(-2)}`;
  };

  // A column: its values to sort by, and how one is written.
  const unpacked = (kind, packed) => {
    if (kind === "word") return { at: packed.at, say: (place) => packed.words[place] };
    if (kind === "moment") return { at: summed(packed), say: DAYS };
    if (kind === "money") return { at: packed, say: money };
    if (kind === "flag") return { at: packed, say: (flag) => (flag ? "yes" : "") };
    return { at: packed, say: (value) => (value === null ? "–" : String(value)) };
  };

  const cell = (value, column, kind, place) => {
    const made = document.createElement("td");
    const within = place === 0 ? made.appendChild(document.createElement("button")) : made;
    within.textContent = column.say(value);
    if (kind !== "word" && kind !== "moment") made.className = "n";
    if (within.textContent.length > LONG) made.title = within.textContent;
    if (kind === "money" && column.coloured && value) made.classList.add(value > 0 ? "gain" : "loss");
    return made;
  };

  const start = (part) => {
    const block = part.querySelector("script.trade-rows");
    if (!block) return;
    const packed = JSON.parse(block.textContent);
    const heads = [...part.querySelectorAll("table.all-trades th")];
    const columns = heads.map((head) => unpacked(head.dataset.kind, packed[head.dataset.column]));
    const byKey = Object.fromEntries(heads.map((head, place) => [head.dataset.column, columns[place]]));
    byKey.net_pnl_usdt.coloured = true;
    const ids = byKey.trade_id.at;
    const every = ids.map((_, row) => row);
    const words = ["symbol", "side", "tag", "exit_reason"].filter((key) => byKey[key]).map((key) => byKey[key]);
    const [body, box, result, matching] = ["table.all-trades tbody", ".has", ".result", ".matching"].map((what) => part.querySelector(what));
    const choices = [...part.querySelectorAll("select.choice")];
    const [before, after, where] = [".before", ".after", ".where"].map((what) => part.querySelector(what));
    let shown = every, page = 0, sorted = { head: heads[0], down: false };

    const matches = () => {
      const text = box.value.trim().toLowerCase();
      const wanted = choices.filter((choice) => choice.value !== "").map((choice) => [byKey[choice.dataset.column].at, Number(choice.value)]);
      return every.filter((row) =>
        wanted.every(([at, place]) => at[row] === place)
        && (!result.value || packed.won[row] === Number(result.value))
        && (!text || String(ids[row]) === text || words.some((word) => word.say(word.at[row]).toLowerCase().includes(text))));
    };

    const draw = () => {
      const pages = Math.max(1, Math.ceil(shown.length / ROWS));
      page = Math.min(page, pages - 1);
      const rows = shown.slice(page * ROWS, (page + 1) * ROWS).map((row) => {
        const line = document.createElement("tr");
        line.dataset.trade = ids[row];
        line.append(...columns.map((column, place) => cell(column.at[row], column, heads[place].dataset.kind, place)));
        return line;
      });
      body.replaceChildren(...rows);
      where.textContent = shown.length ? `${(page * ROWS + 1).toLocaleString("en")} to ${(page * ROWS + rows.length).toLocaleString("en")} of ${shown.length.toLocaleString("en")}` : "";
      matching.textContent = `${shown.length.toLocaleString("en")} of ${every.length.toLocaleString("en")} trades match`;
      before.disabled = page === 0;
      after.disabled = page >= pages - 1;
    };

    // By the column's values, equal ones by the number of the trade; words by their letters, none last.
    const order = () => {
      const { at } = columns[heads.indexOf(sorted.head)];
      const way = sorted.down ? -1 : 1;
      shown.sort((one, other) => way * (at[one] - at[other]) || one - other);
      heads.forEach((head) => head.removeAttribute("aria-sort"));
      sorted.head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
    };

    const again = () => { shown = matches(); page = 0; order(); draw(); };
    heads.forEach((head) => head.querySelector("button").addEventListener("click", () => {
      sorted = { head, down: sorted.head === head ? !sorted.down : head.classList.contains("n") && head !== heads[0] };
      again();
    }));
    [box, result, ...choices].forEach((field) => field.addEventListener("input", again));
    before.addEventListener("click", () => { page -= 1; draw(); });
    after.addEventListener("click", () => { page += 1; draw(); });
    again();
  };

  document.querySelectorAll("section.trades").forEach(start);
})();
