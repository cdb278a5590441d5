// The page: what is shown follows what the server tells of the session; what is done is asked of it.

import * as server from "./server.js";
import { Screen } from "./screen.js";
import { Hand, TOOLS } from "./tools.js";
import * as panel from "./panel.js";
import * as keys from "./keys.js";

const byId = (id) => document.getElementById(id);
const screen = new Screen(byId("screen"));
const DRAWN = ["outline", "fill", "both", "none"];

const state = {
  place: 0, images: [], told: null, tool: "look", chosen: [], radius: 12, strictness: 0.5,
  into: () => (state.chosen.length === 1 ? state.chosen[0] : null),
  onHover: (point) => hover(point),
};
const hand = new Hand(screen, { ask, choose: chooseAt, refuse: say, state });

// Asking: one after the other; how long it took until the answer was on the screen.

let queue = Promise.resolve();
let asked = null;

function ask(action, details = {}) {
  return inTurn(() => server.perform(state.place, action, details));
}

function inTurn(request) {
  const begun = performance.now();
  queue = queue.then(async () => {
    try {
      asked = { begun };
      document.body.dataset.state = "busy";
      show(await request());
      say("");
    } catch (error) {
      asked = null;
      document.body.dataset.state = "ready";
      if (!(error instanceof server.Refused)) throw error;
      say(error.message, true);
    }
  });
  return queue;
}

screen.onComplete = () => {
  if (!asked || !asked.isShown) return;
  const ms = Math.round(performance.now() - asked.begun);
  asked = null;
  document.body.dataset.state = "ready";
  document.body.dataset.answeredMs = ms;
  byId("answered").textContent = `${ms} ms`;
};

function show(told) {
  state.told = told;
  state.chosen = state.chosen.filter((number) => told.regions.some((region) => region.number === number));
  if (asked) asked.isShown = true;
  screen.update(told);
  byId("k").value = Math.max(1, told.n_materials);
  byId("k-value").textContent = told.n_materials;
  byId("undo").disabled = !told.can_undo;
  byId("redo").disabled = !told.can_redo;
  panel.showSteps(told);
  panel.showVerdict(told);
  showChosen();
  const scale = `${told.width} × ${told.height} px, ${told.scale}`;
  document.title = `${state.images[state.place]?.name ?? ""}${told.is_saved ? "" : " •"} – samiam view`;
  if (!lastHover) byId("where").textContent = scale;
}

function say(text, isRefused = Boolean(text)) {
  byId("message").textContent = text;
  byId("message").classList.toggle("refused", isRefused);
}

// Images

async function open(place) {
  state.place = place;
  state.chosen = [];
  state.told = null;
  screen.told = null;
  screen.redraw();
  byId("images").value = place;
  byId("busy").hidden = false;
  document.body.dataset.state = "busy";
  try {
    const told = await server.image(place);
    screen.open(place, told);
    asked = { begun: performance.now(), isShown: true };
    show(told);
    say("");
  } catch (error) {
    if (!(error instanceof server.Refused)) throw error;
    say(error.message, true);
    document.body.dataset.state = "ready";
  }
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
  queue = queue.then(async () => {
    const at = await pixelAt(point);
    if (at) choose(at.region, isMore);
  });
  return queue; // so that what is done next is done to what was chosen
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

function layTools() {
  const button = ([name, tool]) => {
    const made = panel.element("button", { title: `${tool.hint} (${tool.key})`, onclick: () => pick(name) }, tool.name, panel.element("kbd", { textContent: tool.key }));
    made.dataset.tool = name;
    return made;
  };
  const slider = (id, text, low, high, step, value, onInput) => {
    const field = panel.element("input", { id, type: "range", min: low, max: high, step, value, oninput: () => onInput(Number(field.value)) });
    return panel.element("label", { title: text }, panel.element("span", { textContent: text }), panel.element("span", { id: `${id}-value` }), field);
  };
  const brush = slider("brush", "brush", 0, 100, 1, 50, (at) => setBrush(brushOf(at)));
  const strict = slider("strict", "alike", 0.1, 0.9, 0.05, 0.5, setStrict);
  for (const label of [brush, strict]) label.style.flexWrap = "wrap";
  byId("tools").replaceChildren(...Object.entries(TOOLS).map(button), panel.element("hr"), brush, strict);
}

// The slider of the brush goes from 0.5 to 400 px in equal ratios.
const brushOf = (at) => 0.5 * 800 ** (at / 100);
const placeOfBrush = (radius) => (100 * Math.log(radius / 0.5)) / Math.log(800);

function setBrush(radius) {
  state.radius = Math.min(400, Math.max(0.5, radius));
  byId("brush").value = placeOfBrush(state.radius);
  byId("brush-value").textContent = `${Math.round(2 * state.radius)} px`;
  screen.redraw();
}

function setStrict(strictness) {
  state.strictness = Math.min(0.9, Math.max(0.1, Math.round(strictness * 100) / 100));
  byId("strict").value = state.strictness;
  byId("strict-value").textContent = state.strictness.toFixed(2);
}

function setDrawn(drawn) {
  screen.drawn = drawn;
  for (const button of document.querySelectorAll("[data-drawn]")) button.setAttribute("aria-pressed", String(button.dataset.drawn === drawn));
  screen.redraw();
}

function setOpacity(opacity) {
  screen.opacity = Math.min(1, Math.max(0, opacity));
  byId("opacity").value = screen.opacity;
  screen.redraw();
}

// What is under the pointer

let lastHover = null;
let hoverTimer = 0;

function hover(point) {
  const { told } = state;
  if (!told) return;
  const isInside = point.x >= 0 && point.y >= 0 && point.x < told.width && point.y < told.height;
  lastHover = isInside ? point : null;
  const size = told.pixel_size_nm;
  const nm = isInside && size ? `   ${(point.x * size).toFixed(2)}, ${(point.y * size).toFixed(2)} nm` : "";
  byId("where").textContent = isInside ? `x ${Math.floor(point.x)}, y ${Math.floor(point.y)}${nm}` : `${told.width} × ${told.height} px, ${told.scale}`;
  clearTimeout(hoverTimer);
  if (isInside && !hand.drag) hoverTimer = setTimeout(lookHere, 60);
}

async function lookHere() {
  if (lastHover && state.told) {
    const at = await pixelAt(lastHover);
    if (at && state.told) panel.showHere(at, state.told);
  }
}

async function pixelAt({ x, y }) {
  const { told } = state;
  if (!told || x < 0 || y < 0 || x >= told.width || y >= told.height) return null;
  try {
    return await server.at(state.place, Math.floor(x), Math.floor(y));
  } catch (error) {
    say(error.message, true);
    return null;
  }
}

// The number of materials: of many moves of the slider only the last counts.

let wantedK = null;

function boost(n) {
  wantedK = n;
  byId("k-value").textContent = n ?? "…";
  inTurn(async () => {
    if (wantedK === undefined) return state.told;
    const k = wantedK;
    wantedK = undefined;
    return server.perform(state.place, "boost", { n_materials: k });
  });
}

async function save() {
  await inTurn(async () => {
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
  nextDrawn: () => setDrawn(DRAWN[(DRAWN.indexOf(screen.drawn) + 1) % DRAWN.length]),
  hide: () => { const before = screen.drawn; setDrawn(before === "none" ? state.shownBefore || "outline" : "none"); state.shownBefore = before; },
  fade: (by) => setOpacity(screen.opacity + by),
  brush: (by) => setBrush(state.radius * by),
  strict: (by) => setStrict(state.strictness + by),
  boostBy: (by) => boost(Math.max(1, Number(byId("k").value) + by)),
  estimate: () => boost(null),
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
  byId("k").addEventListener("input", () => boost(Number(byId("k").value)));
  byId("fewer").addEventListener("click", () => deeds.boostBy(-1));
  byId("more").addEventListener("click", () => deeds.boostBy(1));
  byId("opacity").addEventListener("input", () => setOpacity(Number(byId("opacity").value)));
  byId("images").addEventListener("change", () => open(Number(byId("images").value)));
  byId("previous").addEventListener("click", () => deeds.turn(-1));
  byId("next").addEventListener("click", () => deeds.turn(1));
  for (const button of document.querySelectorAll("[data-drawn]")) button.addEventListener("click", () => setDrawn(button.dataset.drawn));
  window.addEventListener("beforeunload", (event) => { if (state.images.some((image) => !image.is_saved) || state.told?.is_saved === false) event.preventDefault(); });
  keys.listen(deeds);
}

window.viewer = { screen, state, hand, settled: () => queue }; // for tests, and for whoever wants to look
layTools();
wire();
setBrush(state.radius);
setStrict(state.strictness);
setDrawn("outline");
pick("look");
await listImages();
await open(0);
