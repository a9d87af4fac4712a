// The camera with its guide frame. Streamlit calls the default export with every rerun; what is on the
// screen belongs to the root element and is built once, so that a rerun never disturbs the live picture.

const QUALITY = 0.92;
// What the reader works at: core.images.decode halves pictures beyond twice its working side.
const WIDTH = 2560;
const HEIGHT = 1440;
// A double click on the shutter must not throw the photo away again.
const RETAKE_AFTER = 600; // milliseconds

const REASONS = {
  NotAllowedError: "The camera was refused. Allow it in the browser's address bar, then try again.",
  NotFoundError: "No camera was found. Connect one and try again, or upload a photo instead.",
  OverconstrainedError: "This camera is gone. Choose another one, or try again.",
  NotReadableError: "The camera is in use elsewhere. Close the other program or tab, then try again.",
  AbortError: "The camera did not start. Unplug it or close other programs, then try again.",
};
const INSECURE =
  "Browsers hand over the camera only on HTTPS or localhost. Open this page that way, or upload a photo instead.";
const STOPPED = "The camera has stopped. Connect it again, then try again.";
const EMPTY = "The camera gave no picture. Try again, or upload a photo instead.";

const states = new WeakMap();

export default function (component) {
  const root = component.parentElement;
  if (!states.has(root)) {
    const state = build(root);
    states.set(root, state);
    start(state);
  }
  const state = states.get(root);
  state.send = component.setTriggerValue;
  state.number = Math.max(state.number, component.data?.number ?? 0);
  return () => close(state);
}

function build(root) {
  const find = (name) => root.querySelector(`[data-testid="camera${name}"]`);
  const state = {
    root,
    camera: find(""),
    video: find("-video"),
    still: find("-still"),
    guide: find("-guide"),
    message: find("-message"),
    shutter: find("-shutter"),
    retake: find("-retake"),
    again: find("-again"),
    choice: find("-choice"),
    stream: null,
    attempt: 0, // only the latest call of start() may touch the screen
    device: "", // deviceId; empty means: the rear camera where there is one
    number: 0, // of captures, counted on from what Python has seen
    closed: false,
  };
  state.shutter.onclick = () => capture(state);
  state.retake.onclick = () => retake(state);
  state.again.onclick = () => {
    start(state);
    state.shutter.focus();
  };
  state.choice.onchange = () => {
    state.device = state.choice.value;
    start(state);
  };
  // Fires again when a phone is turned.
  state.video.addEventListener("resize", () => {
    const { videoWidth: width, videoHeight: height } = state.video;
    if (width && height) state.camera.style.setProperty("--ratio", String(width / height));
  });
  return state;
}

async function start(state) {
  const attempt = ++state.attempt;
  stop(state);
  show(state, "starting");
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
    return fail(state, INSECURE);
  }
  const size = { width: { ideal: WIDTH }, height: { ideal: HEIGHT } };
  const which = state.device
    ? { deviceId: { exact: state.device } }
    : { facingMode: { ideal: "environment" } };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...which, ...size } });
    // The person may have left, or chosen another camera, while the browser asked.
    if (state.closed || attempt !== state.attempt) return end(stream);
    state.stream = stream;
    for (const track of stream.getVideoTracks()) {
      track.onended = () => state.stream === stream && fail(state, STOPPED);
    }
    state.video.srcObject = stream;
    await state.video.play();
    if (attempt !== state.attempt) return;
    show(state, "live");
    await offerChoice(state);
  } catch (error) {
    if (state.closed || attempt !== state.attempt) return;
    fail(state, REASONS[error.name] ?? `The camera did not start (${error.name}). Try again, or upload a photo.`);
    await offerChoice(state);
  }
}

async function offerChoice(state) {
  const devices = await navigator.mediaDevices.enumerateDevices();
  // Before the permission, browsers list cameras without identity: nothing to choose from.
  const cameras = devices.filter((device) => device.kind === "videoinput" && device.deviceId);
  const running = state.stream?.getVideoTracks()[0]?.getSettings().deviceId ?? state.device;
  state.choice.replaceChildren(
    ...cameras.map((device, place) => {
      const option = document.createElement("option");
      option.value = device.deviceId;
      option.textContent = device.label || `Camera ${place + 1}`;
      option.selected = device.deviceId === running;
      return option;
    }),
  );
  state.choice.parentElement.hidden = cameras.length < 2;
}

async function capture(state) {
  const { videoWidth: width, videoHeight: height } = state.video;
  if (state.camera.dataset.mode !== "live" || !width || !height) return;
  const attempt = state.attempt;
  // The frame of the video, not ImageCapture.takePhoto(): that one sees another field of view, and what
  // stood in the guide frame would lie elsewhere.
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(state.video, 0, 0, width, height);
  const frame = frameInPhoto(state, width, height);
  const focused = state.root.activeElement === state.shutter;
  show(state, "sending");
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  const photo = blob && (await asDataUrl(blob));
  if (state.closed || attempt !== state.attempt) return;
  if (!photo) return fail(state, EMPTY);
  state.still.src = photo;
  stop(state); // its light goes out: nobody is filmed while the photo is read
  show(state, "still");
  state.taken = performance.now();
  if (focused) state.retake.focus();
  state.number += 1;
  state.send("photo", { number: state.number, photo, size: [width, height], frame });
}

/** Left, top, width and height of the guide frame in pixels of the photo. */
function frameInPhoto(state, width, height) {
  const guide = state.guide.getBoundingClientRect();
  const video = state.video.getBoundingClientRect();
  const [across, down] = [width / video.width, height / video.height];
  return [
    (guide.left - video.left) * across,
    (guide.top - video.top) * down,
    guide.width * across,
    guide.height * down,
  ].map((value) => Math.round(value * 10) / 10);
}

function retake(state) {
  if (performance.now() - state.taken < RETAKE_AFTER) return;
  const focused = state.root.activeElement === state.retake;
  state.send("retake", state.number);
  start(state);
  if (focused) state.shutter.focus();
}

function fail(state, text) {
  const focused = state.root.activeElement;
  stop(state);
  show(state, "failed");
  state.message.textContent = text;
  if (focused === state.shutter || focused === state.retake) state.again.focus();
}

function show(state, mode) {
  state.camera.dataset.mode = mode;
  state.message.textContent = "";
  // aria-disabled, so that a shutter that waits for the camera keeps the keyboard's focus.
  state.shutter.setAttribute("aria-disabled", String(mode !== "live"));
  if (mode !== "still" && mode !== "sending") state.still.removeAttribute("src");
}

function stop(state) {
  if (state.stream) end(state.stream);
  state.stream = null;
  state.video.srcObject = null;
}

function end(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function close(state) {
  state.closed = true;
  state.attempt += 1;
  stop(state);
  states.delete(state.root);
}

function asDataUrl(blob) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => done(null);
    reader.readAsDataURL(blob);
  });
}
