"use strict";
// Tables sort by a click on a column's name, and longer ones are filtered. Without this script
// everything else of the page is there all the same.
const words = document.body.dataset;
const { lang } = document.documentElement;
const collator = new Intl.Collator(lang, { numeric: true });
const number = new Intl.NumberFormat(lang);

// What a cell is sorted by: an amount within its currency, which is its row's unless the column has
// one, a number, or a text; null if not known.
function key(cell, heading) {
  const { minor, value } = cell.dataset;
  const { currency } = { ...cell.parentNode.dataset, ...heading.dataset };
  if (minor !== undefined) return [currency, BigInt(minor)];
  if (value !== undefined) return value === "" ? null : ["", Number(value)];
  if (cell.classList.contains("none")) return null;
  return [cell.dataset.key ?? cell.textContent];
}

function compare(one, other) {
  const text = collator.compare(one[0], other[0]);
  if (text || one.length < 2 || other.length < 2) return text;
  return one[1] < other[1] ? -1 : one[1] > other[1] ? 1 : 0;
}

function sort(table, column, heading) {
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows].map((row) => [key(row.cells[column], heading), row]);
  rows.sort(([one], [other]) => {
    if (one === null || other === null) return (one === null) - (other === null);
    return down ? compare(other, one) : compare(one, other);
  });
  table.tBodies[0].append(...rows.map(([, row]) => row));
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
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(table, column, heading));
  });
  if (table.tBodies[0].rows.length > 8) addFilter(table);
}
