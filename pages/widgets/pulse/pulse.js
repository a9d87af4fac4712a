// One timer per page, however often Streamlit runs it.

const timers = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  const known = timers.get(parentElement);
  const state = known ?? { set: setStateValue };
  state.set = setStateValue;
  if (!known) {
    timers.set(parentElement, state);
    state.timer = setInterval(() => state.set("beat", Date.now()), data.milliseconds);
  }
  return () => {
    clearInterval(state.timer);
    timers.delete(parentElement);
  };
}
