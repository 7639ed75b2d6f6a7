"use strict";
// Tables sort by a click on a column's name, and longer ones are filtered. Without this script
// everything else of the page is there all the same.
const words = document.body.dataset;
const { lang } = document.documentElement;
const collator = new Intl.Collator(lang, { numeric: true });
const number = new Intl.NumberFormat(lang);

// What a cell is sorted by: an amount within a currency, a number, or a text; null if not known. Its
// digits are the number, unless it carries one that tells more.
function key(cell, kind, currency) {
  if (cell.classList.contains("na")) return null;
  if (kind === undefined || kind === "currency") return [cell.dataset.key ?? cell.textContent];
  const digits = cell.firstChild.data.replace(/[^\d-]/g, "");
  if (kind === "amount") return [currency, BigInt(digits)];
  return ["", Number(cell.dataset.value ?? digits / (kind === "rate" ? 1000 : 1))];
}

// The keys of a column, by row; those of periods are their places on the page.
function keys(rows, headings, column) {
  const { kind, currency, ordered } = headings[column].dataset;
  const currencies = headings.findIndex((one) => one.dataset.kind === "currency");
  const names = [...new Set(rows.map((row) => row.cells[column].textContent))];
  const places = new Map(names.map((name, place) => [name, place]));
  return new Map(rows.map((row) => {
    const cell = row.cells[column];
    if (ordered !== undefined) return [row, ["", places.get(cell.textContent)]];
    return [row, key(cell, kind, currency ?? row.cells[currencies]?.textContent)];
  }));
}

function compare(one, other) {
  const text = collator.compare(one[0], other[0]);
  if (text || one.length < 2 || other.length < 2) return text;
  return one[1] < other[1] ? -1 : one[1] > other[1] ? 1 : 0;
}

function sort(rows, keyOf, heading) {
  const down = heading.getAttribute("aria-sort") === "ascending";
  const table = heading.closest("table");
  for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  rows.sort((first, second) => {
    const [one, other] = [keyOf.get(first), keyOf.get(second)];
    if (one === null || other === null) return (one === null) - (other === null);
    return down ? compare(other, one) : compare(one, other);
  });
  table.tBodies[0].append(...rows);
}

function addFilter(table) {
  const rows = [...table.tBodies[0].rows];
  const box = document.createElement("div");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const count = document.createElement("span");
  box.className = "found";
  count.className = "faint";
  count.setAttribute("role", "status");
  input.type = "search";
  label.append(`${words.filter} `, input);
  box.append(label, count);
  table.closest(".scroll").before(box);
  input.addEventListener("input", () => {
    const sought = input.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(sought);
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = words.shown
      .replace("{shown}", number.format(shown))
      .replace("{all}", number.format(rows.length));
  });
}

for (const table of document.querySelectorAll("table")) {
  const rows = [...table.tBodies[0].rows];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const keyOf = keys(rows, headings, column);
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(rows, keyOf, heading));
  });
  if (rows.length > 8) addFilter(table);
}
