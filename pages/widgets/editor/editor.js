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
    "floor", "cells", "away", "notice", "below", "loupe", "examples", "coach", "note", "menu", "bar", "help", "said"];
  const parts = Object.fromEntries(names.map((name) => [name, find(name)]));
  parts.image = root.querySelector(".strip image");
  const state = {
    root, parts, works: new Map(), outbox: [], number: 0, photo: null, work: null, coach: null,
    contrast: 0, inverted: false, menu: "", data: { photos: [], glyphs: {}, today: 0, median: null, agreed: [0, 0], tags: [], reasons: [] },
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
  const turned = [];
  for (const [key, source] of Object.entries(data.glyphs)) pictures.set(key, source);
  for (const photo of data.photos) {
    wanted.add(photo.picture.key);
    for (const [key] of Object.values(photo.examples).flat()) wanted.add(key);
    if (photo.picture.source) pictures.set(photo.picture.key, photo.picture.source);
    const known = state.works.get(photo.id);
    if (!known || known.revision !== photo.revision) state.works.set(photo.id, workOf(photo));
    else if (readAgain(known, photo.read_turned)) turned.push(photo.id);
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
  if (turned.includes(state.photo?.id)) {
    say(state, "Read again, the other way up.");
    announce(state, spoken(state.work, state.work.at));
    later(state);
  }
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
  if (!state.photo && !NEED_NO_PHOTO.includes(kind)) return;
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
