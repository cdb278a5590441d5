// What the pointer does: each tool has a press, and perhaps a drag. The keyboard's cross is a pointer too.

const WHITE = "#ffffff";

// `shape`: "click", "box", "stroke" or "lasso"; `act` gets what was drawn and says what to ask of the session.
export const TOOLS = {
  look: {
    key: "V", name: "choose", shape: "pan",
    hint: "Click a region to choose it, Shift to choose more; drag to move, wheel to zoom",
  },
  point: {
    key: "P", name: "point", shape: "click",
    hint: "Click: this material. Shift click: not this. Enter when it is right",
    act: ({ point, shift, into }) => ["point", { x: point.x, y: point.y, inside: !shift, into }],
  },
  box: {
    key: "B", name: "box", shape: "box",
    hint: "Drag a box around the material; clicks correct it with the tool point",
    act: ({ box, into }) => ["box", { box_xyxy: box, into }],
  },
  find: {
    key: "F", name: "find all", shape: "box",
    hint: "Click, or drag a crop: everything of that texture",
    act: ({ box, into, strictness }) => ["find_all", { box_xyxy: box, into, strictness }],
  },
  grow: {
    key: "G", name: "grow", shape: "lasso",
    hint: "Draw a lasso: it grows as far as its texture is connected",
    act: ({ points, into, strictness }) => ["grow", { points_xy: points, into, strictness }],
  },
  paint: {
    key: "D", name: "paint", shape: "stroke",
    hint: "Drag to paint; [ and ] change the brush",
    act: ({ points, radius, into }) => ["paint", { points_xy: points, radius_px: radius, into }],
  },
  erase: {
    key: "E", name: "erase", shape: "stroke",
    hint: "Drag to erase; with a chosen region, that one alone",
    act: ({ points, radius, into }) => ["erase", { points_xy: points, radius_px: radius, only: into }],
  },
  fill: {
    key: "L", name: "lasso", shape: "lasso",
    hint: "Draw around what is meant",
    act: ({ points, into }) => ["fill", { points_xy: points, into }],
  },
  cut: {
    key: "C", name: "cut", shape: "lasso", needsRegion: true,
    hint: "Choose a region, then draw a lasso: what of it is within becomes a new one",
    act: ({ points, into }) => ["cut", { number: into, points_xy: points }],
  },
  part: {
    key: "T", name: "part", shape: "click", needsRegion: true,
    hint: "Choose a region, then click: the connected part there becomes a new one",
    act: ({ point, into }) => ["part", { number: into, x: Math.floor(point.x), y: Math.floor(point.y) }],
  },
};

// Follows the pointer from press to release, draws what it has drawn, and hands the tool's request on.
export class Hand {
  constructor(screen, { ask, choose, refuse, state }) {
    Object.assign(this, { screen, ask, choose, refuse, state });
    this.drag = null; // {kind, points: of the image, from: on the screen}
    this.cross = null; // the keyboard's pointer, on the image
    const { canvas } = screen;
    canvas.addEventListener("pointerdown", (event) => this.onDown(event));
    canvas.addEventListener("pointermove", (event) => this.onMove(event));
    canvas.addEventListener("pointerup", (event) => this.onUp(event));
    canvas.addEventListener("pointercancel", () => this.cancel());
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      screen.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), placeOf(event));
    }, { passive: false });
    screen.overlays.push((context) => this.draw(context));
  }

  get tool() {
    return TOOLS[this.state.tool];
  }

  onDown(event) {
    this.screen.canvas.setPointerCapture(event.pointerId);
    this.screen.canvas.focus({ preventScroll: true });
    this.cross = null;
    const isPan = event.button !== 0 || event.ctrlKey || event.metaKey;
    this.press(placeOf(event), event.shiftKey, isPan ? "pan" : this.tool.shape);
  }

  onMove(event) {
    const place = placeOf(event);
    this.hover = this.screen.toImage(place);
    this.move(place);
    this.state.onHover(this.hover);
  }

  onUp(event) {
    this.release(placeOf(event), event.shiftKey);
  }

  press(place, shift, kind = this.tool.shape) {
    if (!this.screen.told) return;
    this.drag = { kind, shift, from: place, last: place, moved: false, points: [this.screen.toImage(place)] };
    this.screen.redraw();
  }

  move(place) {
    const { drag } = this;
    if (drag) {
      if (Math.hypot(place.x - drag.from.x, place.y - drag.from.y) > 3) drag.moved = true;
      if (drag.kind === "pan") this.screen.pan(place.x - drag.last.x, place.y - drag.last.y);
      else if (Math.hypot(place.x - drag.last.x, place.y - drag.last.y) >= 2) drag.points.push(this.screen.toImage(place));
      else return this.screen.redraw();
      drag.last = place;
    }
    this.screen.redraw();
  }

  release(place, shift) {
    const { drag } = this;
    this.drag = null;
    this.screen.redraw();
    if (!drag) return;
    drag.points.push(this.screen.toImage(place));
    if (drag.kind === "pan") {
      if (!drag.moved && this.tool.shape === "pan") this.choose(drag.points[0], drag.shift || shift);
      return;
    }
    this.act(drag, shift);
  }

  act(drag, shift) {
    const into = this.state.into();
    if (this.tool.needsRegion && into === null) return this.refuse("choose one region first: click it with the tool choose, or press its number.");
    const first = drag.points[0], last = drag.points[drag.points.length - 1];
    const points = drag.points.map(({ x, y }) => [x - 0.5, y - 0.5]); // pixels have their middle at whole numbers
    const drawn = { point: inImage(first, this.screen.told), shift: drag.shift || shift, into, points, radius: this.state.radius, strictness: this.state.strictness };
    if (drag.kind === "box") {
      const isClick = !drag.moved;
      if (isClick && this.state.tool === "box") return this.refuse("drag a box from corner to corner.");
      drawn.box = boxOf(first, isClick ? first : last, this.screen.told);
    }
    if (drag.kind === "lasso" && points.length < 4) return this.refuse("draw around something, and let go.");
    this.ask(...this.tool.act(drawn));
  }

  cancel() {
    const was = this.drag !== null;
    this.drag = null;
    this.screen.redraw();
    return was;
  }

  // The keyboard's pointer

  moveCross(dx, dy) {
    const { width, height } = this.screen.size;
    const { told } = this.screen;
    if (!this.cross) this.cross = this.screen.toImage({ x: width / 2, y: height / 2 });
    const bounded = (value, limit) => Math.min(Math.max(value, 0), limit - 0.01);
    this.cross.x = bounded(this.cross.x + dx / this.screen.view.scale, told.width);
    this.cross.y = bounded(this.cross.y + dy / this.screen.view.scale, told.height);
    const place = this.screen.toScreen(this.cross);
    const out = (value, limit) => (value < 30 ? 30 - value : value > limit - 30 ? limit - 30 - value : 0);
    this.screen.pan(out(place.x, width), out(place.y, height));
    this.move(this.screen.toScreen(this.cross));
    this.state.onHover(this.cross);
  }

  // Press and release at once, or, with tools that drag, the one and then the other.
  pressCross(shift) {
    if (!this.cross) return this.moveCross(0, 0);
    const place = this.screen.toScreen(this.cross);
    if (this.drag) return this.release(place, shift);
    this.press(place, shift);
    if (["click", "pan"].includes(this.tool.shape)) this.release(place, shift);
  }

  draw(context) {
    const { drag } = this;
    context.save();
    context.strokeStyle = WHITE;
    context.lineWidth = 1.5;
    context.lineJoin = context.lineCap = "round";
    if (drag && drag.kind !== "pan") this.drawDrag(context, drag);
    if (this.tool.shape === "stroke" && (this.hover || this.cross)) {
      const place = this.screen.toScreen(this.cross || this.hover);
      circle(context, place, this.state.radius * this.screen.view.scale);
    }
    if (this.cross) {
      const { x, y } = this.screen.toScreen(this.cross);
      for (const [colour, width] of [["#000", 3.5], [WHITE, 1.5]]) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.beginPath();
        for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
          context.moveTo(x + 4 * dx, y + 4 * dy);
          context.lineTo(x + 13 * dx, y + 13 * dy);
        }
        context.stroke();
      }
    }
    context.restore();
  }

  drawDrag(context, drag) {
    const places = drag.points.map((point) => this.screen.toScreen(point));
    const last = drag.last;
    context.beginPath();
    if (drag.kind === "box") {
      context.setLineDash([6, 4]);
      context.rect(places[0].x, places[0].y, last.x - places[0].x, last.y - places[0].y);
    } else if (drag.kind !== "click") {
      places.forEach(({ x, y }) => context.lineTo(x, y));
    }
    if (drag.kind === "stroke") {
      context.globalAlpha = 0.45;
      context.lineWidth = Math.max(1, 2 * this.state.radius * this.screen.view.scale);
      if (places.length === 1) context.lineTo(places[0].x + 0.01, places[0].y);
    }
    if (drag.kind === "lasso") {
      context.closePath();
      context.fillStyle = "#ffffff22";
      context.fill();
    }
    context.stroke();
  }
}

function placeOf(event) {
  const { left, top } = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

function inImage({ x, y }, told) {
  const within = (value, limit) => Math.min(Math.max(value, 0), limit - 0.001);
  return { x: within(x, told.width), y: within(y, told.height) };
}

function boxOf(first, last, told) {
  const [one, other] = [inImage(first, told), inImage(last, told)];
  return [Math.min(one.x, other.x), Math.min(one.y, other.y), Math.max(one.x, other.x), Math.max(one.y, other.y)];
}

function circle(context, { x, y }, radius) {
  context.beginPath();
  context.arc(x, y, Math.max(radius, 0.5), 0, 2 * Math.PI);
  context.stroke();
}
