// The strip editor. Streamlit calls the default export with every rerun; what is on the screen, and what a
// person is typing, belongs to the root element and is built anew only where a photo's revision moves.
//
// Every message to Python keeps its number until Python says that it is done, so a connection that breaks
// loses nothing. Accepting shows the next photo at once; if the save fails, its photo comes back.

const DEBOUNCE = 150; // milliseconds from the last key to the draft
const SLOW = 4000; // milliseconds without an answer after which the person is told, and it is sent again
const FINISHING = ["accept", "skip", "reject", "yield"];

const states = new WeakMap();
const pictures = new Map(); // key -> data address; shared, so that a rerun need not send them again

export default function (component) {
  const root = component.parentElement;
  if (!states.has(root)) states.set(root, build(root));
  const state = states.get(root);
  state.set = component.setStateValue;
  receive(state, component.data);
  return () => {
    flush(state);
    clearInterval(state.watch);
    state.sizes.disconnect();
    states.delete(root);
  };
}

function build(root) {
  const find = (kind) => root.querySelector(`.${kind}`);
  const names = ["editor", "name", "blind", "back", "tags", "count", "trouble", "stage", "keys", "gutter", "strip", "boxes",
    "floor", "cells", "away", "notice", "below", "loupe", "coach", "note", "menu", "bar", "help", "said"];
  const parts = Object.fromEntries(names.map((name) => [name, find(name)]));
  parts.image = root.querySelector(".strip image");
  const state = {
    root, parts, works: new Map(), outbox: [], number: 0, photo: null, work: null, coach: null,
    contrast: 0, inverted: false, menu: "", data: { photos: [], today: 0, median: null, tags: [], reasons: [] },
  };
  buildBar(parts.bar);
  buildHelp(parts.help);
  listen(state);
  state.sizes = new ResizeObserver(() => draw(state));
  state.sizes.observe(parts.stage);
  state.watch = setInterval(() => remind(state), 1000);
  return state;
}

/** New data from Python: photos, and how far it has come with our messages. */
function receive(state, data) {
  state.data = data;
  state.number = Math.max(state.number, data.acknowledged);
  state.outbox = state.outbox.filter((message) => message.number > data.acknowledged);
  const wanted = new Set();
  for (const photo of data.photos) {
    wanted.add(photo.picture.key);
    if (photo.picture.source) pictures.set(photo.picture.key, photo.picture.source);
    const known = state.works.get(photo.id);
    if (!known || known.revision !== photo.revision) state.works.set(photo.id, workOf(photo));
  }
  const waiting = state.outbox.map((message) => message.photo);
  const ids = [...data.photos.map((photo) => photo.id), ...waiting];
  for (const id of state.works.keys()) if (!ids.includes(id)) state.works.delete(id);
  for (const key of pictures.keys()) if (!wanted.has(key)) pictures.delete(key);
  for (const photo of data.photos) warm(photo.picture.key);
  if (data.photos.some((photo) => !pictures.has(photo.picture.key))) send(state);
  // Said once: a rerun for another reason neither repeats it nor wipes out what was said here since.
  if (data.notice && data.acknowledged !== state.noticed) say(state, data.notice);
  else if (state.slow && !state.outbox.length) say(state, "");
  state.noticed = data.acknowledged;
  state.slow = state.slow && state.outbox.length > 0;
  show(state);
}

/** Decode the next picture before anybody waits for it. */
function warm(key) {
  const image = new Image();
  image.src = pictures.get(key) ?? "";
  image.decode?.().catch(() => {});
}

/** The first photo that is not finished yet. */
function show(state) {
  const finished = state.outbox.filter((one) => FINISHING.includes(one.kind)).map((one) => one.photo);
  const before = state.photo?.id;
  const revision = state.work?.revision;
  state.photo = state.data.photos.find((photo) => !finished.includes(photo.id)) ?? null;
  state.work = state.photo ? state.works.get(state.photo.id) : null;
  if (state.photo?.id !== before) {
    closeMenu(state);
    state.parts.note.hidden = true;
    state.coach = null;
    if (!state.photo || !before || document.activeElement === document.body || inside(state)) focus(state);
    if (state.work) {
      state.work.seen = performance.now() / 1000;
      announce(state, `Photo ${state.photo.name}. ${spoken(state.work, state.work.at)}`);
    }
  }
  // Read again from another region: the hand comes back from the mouse.
  if (state.photo?.id === before && state.work && revision && state.work.revision !== revision) focus(state);
  if (state.photo) {
    const { coach } = state.photo;
    const fresh = coach.text === textOf(state.work);
    if (fresh || !state.coach) state.coach = coach;
    // Going through the repairs changes the text: the list that was offered stays until something else is typed.
    const chosen = state.work.repairs[state.work.repair];
    if (fresh && chosen?.[0] !== coach.text) Object.assign(state.work, { repairs: coach.repairs, repair: -1 });
    if (state.parts.note.hidden) state.parts.note.querySelector("textarea").value = state.work.note;
  }
  draw(state);
}

// What goes to Python.

function post(state, kind, rest = {}) {
  if (!state.photo && kind !== "back") return;
  flush(state, true);
  const photo = state.photo?.id ?? 0;
  if (FINISHING.includes(kind)) state.outbox = state.outbox.filter((one) => one.kind !== "edit" || one.photo !== photo);
  state.number += 1;
  state.outbox.push({
    number: state.number, kind, photo, uid: uid(), work: state.work ? told(state.work) : null,
    revision: state.work?.revision ?? "", ...rest,
  });
  send(state);
}

function send(state) {
  state.sent = performance.now();
  const has = [...pictures.keys()];
  state.set("box", { has, messages: state.outbox, at: Math.round(state.sent) });
}

/** An edit is told after a pause, or before anything else is. */
function later(state) {
  clearTimeout(state.timer);
  state.dirty = state.photo?.id ?? 0;
  state.timer = setTimeout(() => flush(state), DEBOUNCE);
}

function flush(state, quietly = false) {
  clearTimeout(state.timer);
  const work = state.dirty ? state.works.get(state.dirty) : null;
  const photo = state.dirty;
  state.dirty = 0;
  if (!work) return;
  state.outbox = state.outbox.filter((one) => one.kind !== "edit" || one.photo !== photo);
  state.number += 1;
  state.outbox.push({ number: state.number, kind: "edit", photo, uid: uid(), work: told(work), revision: work.revision });
  if (!quietly) send(state);
}

function remind(state) {
  if (!state.outbox.length || performance.now() - state.sent < SLOW) return;
  state.slow = true;
  say(state, "No answer yet. What you typed is kept here and sent again; leave this page open.");
  send(state);
}

function uid() {
  // Not randomUUID: that one is missing where the page is not on HTTPS or localhost.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What a person does.

const COMMANDS = {
  accept(state) {
    const { work, photo } = state;
    const open = work.slots.findIndex((slot) => !slot.c);
    if (work.slots.length !== 17) return say(state, `A VIN has 17 characters, here are ${work.slots.length}.`);
    if (open >= 0) {
      work.at = open;
      say(state, `Slot ${open + 1} is empty: type its character, or ? where it cannot be read.`);
      return draw(state);
    }
    if (photo.trouble.kind === "broken") return say(state, photo.trouble.told);
    finish(state, "accept");
  },
  skip: (state) => finish(state, state.photo.trouble.kind === "conflict" ? "yield" : "skip"),
  theirs(state) {
    if (state.photo.trouble.text) changed(state, "write", state.photo.trouble.text);
  },
  back: (state) => post(state, "back"),
  reject: (state) => openMenu(state, "reject"),
  tags: (state) => openMenu(state, "tags"),
  note(state) {
    state.parts.note.hidden = false;
    state.parts.note.querySelector("textarea").focus();
  },
  region: (state) => post(state, "region"),
  twin: (state) => post(state, "twin"),
  help: (state) => state.parts.help.showModal(),
  contrast(state) { state.contrast = (state.contrast + 1) % 3; },
  invert(state) { state.inverted = !state.inverted; },
  turn: (state) => changed(state, "turn"),
  zoomIn: (state) => zoom(state, 1.4),
  zoomOut: (state) => zoom(state, 1 / 1.4),
  repair(state) {
    const { work } = state;
    if (!work.repairs.length) return say(state, "The coach has no repair for this text.");
    repairWith(state, (work.repair + 1) % work.repairs.length);
  },
};

const NEED_NO_PHOTO = ["back", "help"];

function run(state, name) {
  if (!state.photo && !NEED_NO_PHOTO.includes(name)) return;
  say(state, "");
  COMMANDS[name](state);
  draw(state);
}

function finish(state, kind, rest = {}) {
  clock(state.work);
  state.work.seen = 0;
  post(state, kind, rest);
  show(state);
}

function changed(state, name, ...values) {
  if (!state.work?.slots.length) return;
  const before = JSON.stringify(told(state.work).slots);
  clock(state.work);
  edit(state.work, (work) => EDITS[name](work, ...values));
  follow(state);
  draw(state);
  announce(state, spoken(state.work, state.work.at));
  if (JSON.stringify(told(state.work).slots) !== before || name === "turn") later(state);
  else state.work.undo.pop();
}

function repairWith(state, place) {
  const { repairs } = state.work;
  changed(state, "write", repairs[place][0]);
  Object.assign(state.work, { repairs, repair: place });
  draw(state);
}

function type(state, { c, from }) {
  changed(state, "put", c, from);
}

function go(state, at) {
  if (!state.work) return;
  clock(state.work);
  state.work.at = Math.min(Math.max(at, 0), state.work.slots.length - 1);
  follow(state);
  draw(state);
  announce(state, spoken(state.work, state.work.at));
}

/** The next slot worth a look in this direction; false where there is none. */
function goDoubtful(state, step) {
  const { slots, at } = state.work;
  for (let next = at + step; next >= 0 && next < slots.length; next += step) {
    if (isDoubtful(slots[next])) {
      go(state, next);
      return true;
    }
  }
  return false;
}

function zoom(state, factor, around = null) {
  const { work } = state;
  const middle = around ?? middleOf(work);
  const at = (middle - work.pan) * work.zoom; // where it is seen, 0..1 of the view
  work.zoom = Math.min(Math.max(work.zoom * factor, 1), 8);
  work.pan = middle - (around === null ? 0.5 : at) / work.zoom;
  draw(state);
}

function middleOf(work) {
  const [start, span] = spanOf(work, work.slots[work.at]);
  return start + span / 2;
}

/** Keep the active slot in view. */
function follow(state) {
  const { work } = state;
  if (work.zoom === 1) return;
  const middle = middleOf(work);
  const margin = 0.12 / work.zoom;
  if (middle < work.pan + margin || middle > work.pan + 1 / work.zoom - margin) work.pan = middle - 0.5 / work.zoom;
}

function openMenu(state, name) {
  const { menu } = state.parts;
  const words = state.data[name === "reject" ? "reasons" : "tags"];
  state.menu = name;
  menu.hidden = false;
  menu.replaceChildren(element("b", "", name === "reject" ? "Reject, because" : "Troubles of the picture"));
  words.forEach((word, place) => {
    const button = element("button", "", word);
    button.type = "button";
    button.prepend(element("kbd", "", String(place + 1)));
    if (name === "tags") button.setAttribute("aria-pressed", String(state.work.tags.includes(word)));
    button.onclick = () => choose(state, place);
    menu.append(button);
  });
  menu.append(element("span", "hint", "Esc closes"));
  announce(state, `${menu.firstChild.textContent}: ${words.map((word, place) => `${place + 1} ${word}`).join(", ")}`);
}

function choose(state, place) {
  const { menu, work, data } = state;
  if (menu === "reject" && data.reasons[place]) {
    closeMenu(state);
    finish(state, "reject", { reason: data.reasons[place] });
  } else if (menu === "tags" && data.tags[place]) {
    const tag = data.tags[place];
    edit(work, () => { work.tags = work.tags.includes(tag) ? work.tags.filter((one) => one !== tag) : [...work.tags, tag]; });
    later(state);
    openMenu(state, "tags");
  }
  focus(state);
  draw(state);
}

function closeMenu(state) {
  state.menu = "";
  state.parts.menu.hidden = true;
}

// Where the keyboard is.

function focus(state) {
  state.parts.keys.focus({ preventScroll: true });
}

function inside(state) {
  return state.root.activeElement !== null && state.root.activeElement !== undefined;
}

function say(state, text) {
  state.parts.notice.textContent = text;
}

function announce(state, text) {
  state.parts.said.textContent = text;
}
