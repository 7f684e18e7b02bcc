// Tables of the class `sortable`: a press on a column's head sorts by it, another turns it round.

const words = new Intl.Collator("en", { numeric: true });

function key(row, column) {
  const cell = row.cells[column];
  const told = cell.dataset.sort ?? cell.textContent.trim();
  const number = Number(told.replaceAll(",", ""));
  return told !== "" && Number.isFinite(number) ? number : told;
}

// Numbers in order, then words in theirs; a dash is nothing and comes last.
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number") return -1;
  if (typeof b === "number") return 1;
  return words.compare(a, b);
}

function sort(table, head) {
  const downwards = head.ariaSort === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.ariaSort = downwards ? "descending" : "ascending";
  const column = head.cellIndex;
  const rows = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
  rows.sort((a, b) => (downwards ? compare(b[0], a[0]) : compare(a[0], b[0])));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, head));
    head.append(button);
  }
}
