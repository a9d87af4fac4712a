// Drawing: the strip with its boxes, the slots under them, the loupe, the coach. Every text goes in as text.

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
  drawCoach(state);
}

function counted(data) {
  const median = data.median === null ? "" : ` · median ${data.median} s`;
  return `${data.today} today${median}`;
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

function drawLoupe(state) {
  const { work, parts } = state;
  const slot = work.slots[work.at];
  parts.loupe.hidden = !slot || !state.photo.placed;
  if (parts.loupe.hidden) return;
  const [across, down] = work.picture.size;
  const [start, span] = spanOf(work, slot);
  const svg = parts.loupe.querySelector("svg");
  const wide = Math.max(span * across * 3.4, (down * svg.clientWidth) / (svg.clientHeight || 1));
  const left = Math.min(Math.max((start + span / 2) * across - wide / 2, 0), Math.max(across - wide, 0));
  svg.setAttribute("viewBox", `${left} 0 ${wide} ${down}`);
  const image = svg.querySelector("image");
  place(image, work, { x: 0, y: 0, width: across, height: down });
  image.style.filter = filterOf(state);
  const around = svg.querySelector(".around");
  const spot = { x: start * across, y: 2, width: span * across, height: down - 4 };
  for (const [key, value] of Object.entries(spot)) around.setAttribute(key, value);
  const shares = slot.read ? choicesOf(slot).map((c) => [c, sharesOf(slot, c)]) : [];
  const offered = shares.filter(([, share]) => share).slice(0, 5).map((pair) => pair.join(" ")).join("   ");
  parts.loupe.querySelector("figcaption").textContent = `Slot ${work.at + 1}${offered ? `:  ${offered}` : ""}`;
}

function sharesOf(slot, c) {
  const share = c === slot.read.character ? slot.read.confidence : slot.read.alternatives.find(([one]) => one === c)?.[1];
  return share === undefined || share < 0.01 ? "" : `${Math.min(99, Math.floor(100 * share))} %`;
}

const SIGNS = { valid: "✓", invalid: "✗", not_applicable: "–", open: "…" };

function drawCoach(state) {
  const { coach, work, parts } = state;
  parts.coach.replaceChildren();
  if (!coach) return;
  const fresh = coach.text === textOf(work);
  parts.coach.classList.toggle("stale", !fresh);
  const digit = element("p", `digit ${coach.digit}`);
  digit.append(element("b", "", SIGNS[coach.digit] ?? ""), element("span", "", coach.told));
  parts.coach.append(digit);
  if (work.repairs.length) {
    const list = element("div", "repairs");
    list.append(element("kbd", "", "Space"));
    work.repairs.forEach(([, words], place) => {
      const button = element("button", place === work.repair ? "chosen" : "", words);
      button.type = "button";
      button.dataset.repair = place;
      list.append(button);
    });
    parts.coach.append(list);
  }
  const facts = element("dl");
  for (const [name, words] of coach.facts) facts.append(element("dt", "", name), element("dd", "", words));
  parts.coach.append(facts);
  if (coach.unvouched.length && fresh) {
    const slots = coach.unvouched.map((slot) => slot + 1).join(", ");
    parts.coach.append(element("p", "hint", `~ The check digit would not notice a likely mistake in ${slots}: look there.`));
  }
  for (const twin of coach.twins) {
    const line = element("p", "twin", `This VIN exists already: photo ${twin.id} (${twin.state}), ${twin.name} `);
    if (twin === coach.twins[0]) {
      const button = element("button", "", "Show both");
      button.type = "button";
      button.dataset.action = "twin";
      line.append(button);
    }
    parts.coach.append(line);
  }
}

function drawTrouble({ photo, work, parts }) {
  const { trouble } = photo;
  parts.trouble.hidden = !trouble.kind;
  if (!trouble.kind) return parts.trouble.replaceChildren();
  if (trouble.kind !== "conflict") return parts.trouble.replaceChildren(element("p", "", trouble.told));
  const line = element("p");
  line.append(element("b", "", trouble.by), ` was faster: ${ACTIONS[trouble.action] ?? "changed this photo"}`);
  if (trouble.reason) line.append(` (${trouble.reason})`);
  const rows = [line];
  if (trouble.text) {
    const mine = textOf(work);
    for (const [whose, text, other] of [["Theirs", trouble.text, mine], ["Yours", mine, trouble.text]]) {
      const row = element("p", "versions");
      row.append(element("span", "whose", whose));
      [...text].forEach((c, place) => row.append(element("code", c === other[place] ? "" : "apart", c)));
      rows.push(row);
    }
  }
  const ways = element("p", "ways");
  for (const [action, key, words] of [
    ["accept", "Enter", "Save yours on top"], ["skip", "Esc", "Let theirs stand"],
    ...(trouble.text ? [["theirs", "Shift+Enter", "Take theirs into the editor"]] : []),
  ]) ways.append(actionButton(action, key, words));
  parts.trouble.replaceChildren(...rows, ways);
}

const ACTIONS = {
  label: "they saved", approve: "it was approved as", send_back: "it was sent back", reject: "it was rejected",
  undo: "they took a label back", restore: "an earlier label was restored",
};

function actionButton(action, key, words) {
  const button = element("button", action === "accept" ? "primary" : "", words);
  button.type = "button";
  button.dataset.action = action;
  button.append(element("kbd", "", key));
  button.setAttribute("aria-keyshortcuts", key.replace("Esc", "Escape"));
  return button;
}
