// Drawing: the strip with its boxes and the slots under them. Every text goes in as text.

const SVG = "http://www.w3.org/2000/svg";
const TALLEST = 0.29; // of the window's height, for the strip
const CELL = 62; // height of a slot without the readers' rows
const NARROWEST = 15; // pixels of a slot, however thin its extent
const ROW = 17; // height of a reader's row

function node(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

function element(name, kind = "", text = "") {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
}

/** Everything that follows from the photo on show and the work on it. */
function draw(state) {
  const { photo, work, parts } = state;
  parts.editor.dataset.state = photo ? "ready" : state.outbox.length ? "waiting" : "empty";
  parts.editor.dataset.photo = photo?.id ?? "";
  for (const place of [parts.stage, parts.below]) place.hidden = !photo;
  parts.count.textContent = counted(state.data);
  parts.count.title = OWN;
  if (!photo) {
    parts.name.textContent = state.outbox.length ? "The next photo is coming" : "No photo is waiting for you";
    parts.trouble.hidden = parts.back.hidden = parts.blind.hidden = true;
    parts.tags.textContent = "";
    return;
  }
  parts.name.textContent = photo.name;
  parts.name.title = photo.name;
  parts.blind.hidden = !photo.blind;
  parts.back.hidden = !photo.reason;
  parts.back.textContent = photo.reason ? `Sent back: ${photo.reason}` : "";
  parts.tags.textContent = [...work.tags, ...(work.note ? ["comment"] : [])].join(" · ");
  drawTrouble(state);
  drawStrip(state);
  drawLoupe(state);
  drawExamples(state);
  drawCoach(state);
}

const OWN = "Your labels today, the median of the time you spent on one, and how many of your photos that a second person "
  + "labelled blindly have the same 17 characters in both";

function counted({ today, median, agreed: [same, twice] }) {
  const told = [`${today} today`];
  if (median !== null) told.push(`median ${median} s`);
  if (twice) told.push(`${same} of ${twice} agree`);
  return told.join(" · ");
}

function drawStrip(state) {
  const { photo, work, parts } = state;
  const width = parts.strip.clientWidth || 800;
  const [across, down] = work.picture.size;
  const scale = (width * work.zoom) / across;
  const high = Math.min(down * scale, window.innerHeight * (photo.placed ? TALLEST : 0.5));
  const top = (high - down * scale) / 2;
  work.pan = Math.min(Math.max(work.pan, 0), 1 - 1 / work.zoom);
  const x = (share) => (share - work.pan) * width * work.zoom;
  const readers = Object.keys(work.slots.find((slot) => slot.read)?.read.opinions ?? {});
  const total = high + CELL + readers.length * ROW + 6;
  parts.strip.setAttribute("height", total);
  parts.gutter.replaceChildren(
    ...readers.map((name, row) => {
      const label = element("span", "", name.toUpperCase());
      label.style.top = `${high + CELL + row * ROW + 3}px`;
      return label;
    }),
  );
  place(parts.image, work, { x: x(0), y: top, width: across * scale, height: down * scale });
  parts.image.style.filter = filterOf(state);
  for (const [key, value] of Object.entries({ y: high, width, height: total - high })) parts.floor.setAttribute(key, value);
  const unvouched = state.coach?.text === textOf(work) ? state.coach.unvouched : [];
  const cells = work.slots.map((slot, at) => {
    const [start, span] = spanOf(work, slot);
    return { slot, at, left: x(start), width: span * width * work.zoom, vouched: !unvouched.includes(at) };
  });
  // The active one last, on top: its edges reach over its neighbours.
  const order = [...cells].sort((one, other) => (one.at === work.at) - (other.at === work.at));
  parts.boxes.replaceChildren(...(photo.placed ? order.map((cell) => box(state, cell, high)) : []));
  parts.cells.replaceChildren(...sideBySide(cells).map((cell) => cellOf(state, cell, high, readers)));
}

/** Slots do not cover each other where their extents do: neighbours share what both claim. */
function sideBySide(cells) {
  const apart = cells.map((cell) => ({ ...cell }));
  for (let at = 1; at < apart.length; at += 1) {
    const [one, other] = [apart[at - 1], apart[at]];
    const shared = one.left + one.width - other.left;
    if (shared <= 0 || shared > Math.min(one.width, other.width)) continue;
    one.width -= shared / 2;
    other.left += shared / 2;
    other.width -= shared / 2;
  }
  return apart;
}

/** Put the picture somewhere, upside down where the person turned it. */
function place(image, work, { x, y, width, height }) {
  const source = pictures.get(work.picture.key) ?? "";
  if (image.getAttribute("href") !== source) image.setAttribute("href", source);
  for (const [key, value] of Object.entries({ x, y, width, height })) image.setAttribute(key, value);
  image.setAttribute("preserveAspectRatio", "none");
  image.setAttribute("transform", work.turned ? `rotate(180 ${x + width / 2} ${y + height / 2})` : "");
}

function filterOf({ contrast, inverted }) {
  return `${["", "contrast(1.7)", "contrast(2.8)"][contrast]} ${inverted ? "invert(1)" : ""}`.trim() || "none";
}

function box(state, { slot, at, left, width }, high) {
  const active = at === state.work.at;
  const group = node("g", { class: `box ${gradeOf(slot)}${active ? " active" : ""}`, "data-testid": `box-${at}`, "data-at": at });
  group.append(node("rect", { class: "extent", x: left, y: 1, width: Math.max(width, 1), height: high - 2 }));
  if (active) {
    for (const [edge, where] of [["left", left], ["right", left + width]]) {
      group.append(node("rect", { class: "edge", "data-edge": edge, x: where - 4, y: 1, width: 8, height: high - 2 }));
    }
  }
  return group;
}

function cellOf(state, cell, high, readers) {
  const { work } = state;
  const { slot, at, vouched } = cell;
  const width = Math.max(cell.width, NARROWEST);
  const left = cell.left + (cell.width - width) / 2;
  const [grade, active] = [gradeOf(slot), at === work.at];
  const group = node("g", {
    class: `cell ${grade}${active ? " active" : ""}`, "data-testid": `slot-${at}`, "data-at": at, role: "img",
    "aria-label": spoken(work, at, vouched), ...(active ? { "aria-current": "true" } : {}),
  });
  const middle = left + width / 2;
  const size = Math.max(12, Math.min(30, width * 0.95));
  group.append(node("rect", { class: "ground", x: left + 1, y: high + 3, width: Math.max(width - 2, 2), height: CELL - 5, rx: 4 }));
  group.append(node("text", { class: "number", x: middle, y: high + 14 }, String(at + 1)));
  group.append(node("text", { class: "character", x: middle, y: high + 41, "font-size": size }, slot.c || "·"));
  if (slot.from) group.append(node("text", { class: "from", x: middle, y: high + 54 }, `${pressedAs(slot.from)}→${slot.c}`));
  else for (let tick = 0; tick < 4 && TICKS[grade]; tick += 1) {
    const kind = tick < TICKS[grade] ? "tick" : "tick off";
    group.append(node("rect", { class: kind, x: middle - 11 + tick * 6, y: high + 49, width: 4, height: 4 }));
  }
  if (differs(slot)) group.append(node("text", { class: "sign", x: left + width - 2, y: high + 15 }, "≠"));
  else if (!vouched) group.append(node("text", { class: "sign", x: left + width - 2, y: high + 15 }, "~"));
  readers.forEach((name, row) => {
    const c = slot.read?.opinions?.[name] ?? "";
    const kind = c && c !== slot.c ? "opinion other" : "opinion";
    group.append(node("text", { class: kind, x: middle, y: high + CELL + row * ROW + 13 }, c));
  });
  return group;
}

/** What was pressed; letters of other scripts look like what they became, so their script is told. */
function pressedAs(from) {
  if (/\p{Script=Cyrillic}/u.test(from)) return "Cyr";
  return /\p{Script=Greek}/u.test(from) ? "Grk" : from;
}

/** A slot for people who listen. */
function spoken(work, at, vouched = true) {
  const slot = work.slots[at];
  if (!slot) return "";
  const said = [`Slot ${at + 1} of ${work.slots.length}: ${slot.c === "?" ? "cannot be read" : slot.c || "empty"}`];
  if (slot.from) said.push(`you pressed ${slot.from}`);
  if (slot.read && !slot.typed) said.push(`${Math.min(99, Math.floor(100 * shareOf(slot)))} per cent sure`);
  if (differs(slot)) said.push(`readers differ: ${Object.entries(slot.read.opinions).map((pair) => pair.join(" ")).join(", ")}`);
  if (!vouched) said.push("the check digit would not notice a likely mistake here");
  return said.join(", ");
}
