// The page: what is shown follows what the server tells of the session; what is done is asked of it.

import * as server from "./server.js";
import { Asking } from "./asking.js";
import { Here } from "./here.js";
import { Knobs } from "./knobs.js";
import { Screen } from "./screen.js";
import { Hand, TOOLS } from "./tools.js";
import * as panel from "./panel.js";
import * as keys from "./keys.js";

const byId = (id) => document.getElementById(id);
const screen = new Screen(byId("screen"));
const state = {
  place: 0, images: [], told: null, tool: "look", chosen: [], radius: 12, strictness: 0.5,
  into: () => (state.chosen.length === 1 ? state.chosen[0] : null),
  onHover: (point) => here.hover(point),
};
const asking = new Asking({ screen, state, show, say });
const ask = (action, details) => asking.perform(action, details);
const hand = new Hand(screen, { ask, choose: chooseAt, refuse: say, state });
const here = new Here({ state, say, isDrawing: () => hand.drag });
const knobs = new Knobs(screen, state, pick);

function show(told) {
  state.told = told;
  state.chosen = state.chosen.filter((number) => told.regions.some((region) => region.number === number));
  screen.update(told);
  byId("k").value = Math.max(1, told.n_materials);
  byId("k-value").textContent = told.n_materials;
  byId("undo").disabled = !told.can_undo;
  byId("redo").disabled = !told.can_redo;
  panel.showSteps(told);
  panel.showVerdict(told);
  panel.showReplaced(told);
  showChosen();
  document.title = `${state.images[state.place]?.name ?? ""}${told.is_saved ? "" : " •"} – samiam view`;
  here.showWhere();
}

function say(text, isRefused = Boolean(text)) {
  byId("message").textContent = text;
  byId("message").classList.toggle("refused", isRefused);
}

// Images

async function open(place) {
  Object.assign(state, { place, chosen: [], told: null });
  screen.told = here.last = null;
  screen.redraw();
  byId("images").value = place;
  byId("busy").hidden = false;
  await asking.answer(async () => {
    const told = await server.image(place);
    screen.open(place, told);
    return told;
  });
  byId("busy").hidden = true;
  byId("previous").disabled = place === 0;
  byId("next").disabled = place === state.images.length - 1;
  listImages();
}

async function listImages() {
  const { images, who } = await server.desk();
  state.images = images;
  state.who = who;
  const options = images.map(({ name, verdict, is_saved }, place) => {
    const sign = verdict === null ? "" : verdict ? " ✓" : " ✗";
    return panel.element("option", { value: place, textContent: `${place + 1}/${images.length}  ${name}${sign}${is_saved ? "" : " •"}` });
  });
  byId("images").replaceChildren(...options);
  byId("images").value = state.place;
}

async function save() {
  await asking.inTurn(async () => {
    const told = await server.save(state.place);
    queueMicrotask(() => setTimeout(() => say(`saved ${told.n_files} files in ${told.folder}`, false)));
    return told;
  });
  listImages();
}

async function judge(accepted) {
  const already = state.told.verdict?.accepted === accepted;
  await ask("judge", { accepted: already ? null : accepted });
  listImages();
}

// Choosing

function choose(number, isMore) {
  const others = state.chosen.filter((one) => one !== number);
  if (!number) state.chosen = isMore ? state.chosen : [];
  else if (isMore) state.chosen = others.length < state.chosen.length ? others : [...state.chosen, number];
  else state.chosen = [number];
  showChosen();
  screen.redraw();
}

function chooseAt(point, isMore) {
  return asking.after(async () => { // so that what is done next is done to what was chosen
    const at = await here.pixelAt(point);
    if (at) choose(at.region, isMore);
  });
}

function showChosen() {
  screen.chosen = state.chosen;
  panel.showRegions(state.told, state.chosen, choose, rename);
  const n = state.chosen.length;
  byId("merge").disabled = n < 2;
  for (const id of ["split", "rename"]) byId(id).disabled = n !== 1;
  byId("delete").disabled = n < 1;
  showHint();
}

function rename(number = state.into()) {
  if (number === null) return say("choose one region to name it.");
  const region = state.told.regions.find((one) => one.number === number);
  panel.askName(number, region.name, (name) => {
    byId("screen").focus();
    if (name === null) showChosen();
    else ask("rename", { number, name });
  });
}

// Tools

function pick(tool) {
  if (state.told?.is_pointing && tool !== "point" && tool !== "box") ask("settle");
  state.tool = tool;
  hand.cancel();
  for (const button of byId("tools").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  byId("screen").style.cursor = tool === "look" ? "default" : "crosshair";
  showHint();
}

function showHint() {
  const into = state.into();
  const region = into === null ? null : state.told?.regions.find(({ number }) => number === into);
  const draws = !["look", "cut", "part", "erase"].includes(state.tool);
  const target = draws ? panel.element("b", { textContent: region ? ` → ${region.called}` : " → a new region" }) : "";
  const pending = state.told?.is_pointing ? panel.element("b", { textContent: " · clicks correct the last answer until Enter" }) : "";
  byId("hint").replaceChildren(TOOLS[state.tool].hint, target, pending);
}

const deeds = {
  undo: () => ask("undo"), redo: () => ask("redo"), save,
  merge: () => ask("merge", { numbers: state.chosen }),
  split: () => (state.into() === null ? say("choose one region to split it.") : ask("split", { number: state.into() })),
  rename: () => rename(),
  delete: async () => { for (const number of [...state.chosen]) await ask("delete", { number }); },
  accept: () => judge(true), reject: () => judge(false),
  settle: () => state.told?.is_pointing && ask("settle"),
  escape: () => {
    if (hand.cancel()) return;
    if (hand.cross) { hand.cross = null; screen.redraw(); }
    if (state.told?.is_pointing) ask("undo");
    else choose(0, false);
  },
  pick, chooseNth: (place, isMore) => state.told?.regions[place] && choose(state.told.regions[place].number, isMore),
  moveCross: (dx, dy) => state.told && hand.moveCross(dx, dy),
  pressCross: (shift) => state.told && hand.pressCross(shift),
  nextDrawn: () => knobs.nextDrawn(),
  hide: () => knobs.hide(),
  fade: (by) => knobs.setOpacity(screen.opacity + by),
  brush: (by) => knobs.setBrush(state.radius * by),
  strict: (by) => knobs.setStrict(state.strictness + by),
  boostBy: (by) => asking.boost(Math.max(1, Number(byId("k").value) + by)),
  estimate: () => asking.boost(null),
  zoom: (by) => screen.zoom(by, hand.cross ? screen.toScreen(hand.cross) : undefined),
  fit: () => screen.fit(),
  actualSize: () => screen.zoom(1 / (window.devicePixelRatio || 1) / screen.view.scale),
  turn: (by) => { const place = state.place + by; if (state.images[place]) open(place); },
  help: () => keys.showList(byId("keys")),
};

function wire() {
  for (const id of ["undo", "redo", "save", "merge", "split", "rename", "delete", "accept", "reject", "estimate", "help"]) {
    byId(id).addEventListener("click", () => deeds[id]());
  }
  byId("bring-back").addEventListener("click", deeds.undo);
  byId("k").addEventListener("input", () => asking.boost(Number(byId("k").value)));
  byId("fewer").addEventListener("click", () => deeds.boostBy(-1));
  byId("more").addEventListener("click", () => deeds.boostBy(1));
  byId("images").addEventListener("change", () => open(Number(byId("images").value)));
  byId("previous").addEventListener("click", () => deeds.turn(-1));
  byId("next").addEventListener("click", () => deeds.turn(1));
  window.addEventListener("beforeunload", (event) => { if (state.images.some((image) => !image.is_saved) || state.told?.is_saved === false) event.preventDefault(); });
  keys.listen(deeds);
}

window.viewer = { screen, state, hand, settled: () => asking.queue }; // for tests, and for whoever wants to look
wire();
pick("look");
await listImages();
await open(0);
