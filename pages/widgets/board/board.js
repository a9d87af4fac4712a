// Cards and matrices of links. Every text goes in as text; Python hears of a click, and of nothing else.
//
// cards:  [{query, label, image, nothing, said: [[whose, text, [slots that differ]]], chips: [[words, kind]]}]
// list:   rows [{query, by, name, count, share, lift, advice}]
// matrix: rows and columns as characters, cells [[row, column, count, query, label]], words for the corner; page:
//         another desk that the queries are of. A cell without a query is a number and no link.

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const board = parentElement.querySelector(".board");
  const focused = parentElement.activeElement?.dataset?.query;
  const made = { matrix, cards, list }[data.kind](data);
  board.setAttribute("aria-label", { matrix: "Confusions", cards: "Photos", list: "Clusters" }[data.kind]);
  board.replaceChildren(made);
  board.onclick = (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    setTriggerValue("go", link.dataset.query);
  };
  board.onkeydown = (event) => moved(board, event);
  if (focused) [...board.querySelectorAll("a")].find((one) => one.dataset.query === focused)?.focus();
}

function element(name, kind = "", text = "") {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
}

function link(query, kind, label, page = "") {
  const made = element("a", kind);
  const here = new URLSearchParams(window.location.search);
  const there = new URLSearchParams(query);
  if (here.has("as")) there.set("as", here.get("as"));
  made.href = `${page}?${there}`;
  made.dataset.query = query;
  made.setAttribute("aria-label", label);
  return made;
}

function cards(data) {
  const grid = element("div", "cards");
  for (const card of data.cards) {
    const made = link(card.query, "card", card.label);
    made.dataset.testid = "card";
    made.dataset.photo = card.photo;
    if (card.image) {
      const image = element("img");
      image.alt = "";
      image.src = card.image;
      made.append(image);
    } else made.append(element("div", "nothing", card.nothing));
    const body = element("div", "body");
    for (const [whose, text, apart] of card.said) {
      const row = element("div", "said");
      row.append(element("span", "whose", whose));
      [...text].forEach((letter, slot) => row.append(element("code", apart.includes(slot) ? "apart" : "", letter)));
      body.append(row);
    }
    const chips = element("div", "chips");
    for (const [words, kind] of card.chips) chips.append(element("span", `chip ${kind}`, words));
    body.append(chips);
    made.append(body);
    grid.append(made);
  }
  return grid;
}

function matrix(data) {
  const found = new Map(data.cells.map((cell) => [cell[0] + cell[1], cell]));
  const most = Math.max(1, ...data.cells.map((cell) => cell[2]));
  const table = element("table");
  table.append(element("caption", "", data.words));
  const head = element("tr");
  head.append(element("th", "corner", "label ↓  read →"), ...data.columns.map((letter) => element("th", "", letter)));
  table.append(head);
  for (const row of data.rows) {
    const line = element("tr");
    line.append(element("th", "", row));
    for (const column of data.columns) {
      const cell = element("td", row === column ? "same" : "");
      const there = found.get(row + column);
      if (there) {
        const [, , count, query, label] = there;
        const made = query ? link(query, "", label, data.page ?? "") : element("span");
        if (!query) made.setAttribute("title", label);
        made.textContent = count.toLocaleString("en");
        made.dataset.testid = `cell-${row}${column}`;
        made.style.setProperty("--mix", `${12 + 60 * (Math.log(1 + count) / Math.log(1 + most))}%`);
        cell.append(made);
      }
      line.append(cell);
    }
    table.append(line);
  }
  const around = element("div", "matrix");
  around.append(table);
  return around;
}

function list(data) {
  const around = element("div", "list");
  for (const row of data.rows) {
    const made = link(row.query, "row", `${row.by} ${row.name}: ${row.count} failures. ${row.advice}`);
    made.dataset.testid = "cluster";
    for (const part of ["count", "by", "name", "share", "lift", "advice"]) made.append(element("span", part, row[part]));
    around.append(made);
  }
  return around;
}

/** To the nearest link in the direction of the arrow. */
function moved(board, event) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const from = event.target.closest("a");
  if (!way || !from) return;
  event.preventDefault();
  event.stopPropagation();
  const middle = (one) => {
    const { left, top, width, height } = one.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  const [x, y] = middle(from);
  let best = null;
  let least = Infinity;
  for (const one of board.querySelectorAll("a")) {
    const [across, down] = [middle(one)[0] - x, middle(one)[1] - y];
    const along = across * way[0] + down * way[1];
    const aside = Math.abs(across * way[1]) + Math.abs(down * way[0]);
    if (along > 2 && along + 4 * aside < least) [best, least] = [one, along + 4 * aside];
  }
  best?.focus();
}
