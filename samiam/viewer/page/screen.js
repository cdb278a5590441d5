// The micrograph and its regions on a canvas: tiles at the size at which they are looked at, zoom and pan.

import { lengthUnit } from "./lengths.js";
import * as server from "./server.js";

const MOST_TILES = 800;
const MOST_ZOOM = 40; // screen pixels a pixel of the image
const MOST_WAIT_MS = 50; // for other tiles, before those that are there are drawn

export class Screen {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.tiles = new Map(); // by key: {image, isStale, isLoading, lastDrawn}
    this.told = null;
    this.view = { x: 0, y: 0, scale: 1 }; // the image's pixel at the top left, CSS pixels a pixel of the image
    this.drawn = "outline";
    this.opacity = 0.9;
    this.chosen = [];
    this.overlays = []; // functions that draw on top
    this.frame = 0;
    this.begun = 0; // when the last drawing was
    this.nLoaded = 0; // tiles of the image
    this.nLoading = 0;
    this.later = 0; // a timer until what is there is drawn
    this.onComplete = () => {};
    new ResizeObserver(() => this.resized()).observe(canvas);
  }

  // The image

  open(place, told) {
    this.place = place;
    this.told = told;
    this.tiles.clear();
    this.fit();
  }

  // What a step has changed is loaded again; all of it where a step was missed, as after another page's.
  update(told) {
    const isNext = this.told && told.version === this.told.version + 1;
    const isSame = this.told && told.version === this.told.version;
    const [x0, y0, x1, y1] = told.changed;
    this.told = told;
    if (!isSame) {
      for (const tile of this.tiles.values()) {
        if (tile.layer === "image") continue;
        const side = told.tile_px * 2 ** tile.level, margin = 2 * 2 ** tile.level;
        const left = tile.column * side - margin, top = tile.row * side - margin;
        const meets = x0 < left + side + 2 * margin && x1 > left && y0 < top + side + 2 * margin && y1 > top;
        if (isNext && !meets) continue;
        Object.assign(tile, { isStale: true, isBroken: false });
        if (tile.lastDrawn >= this.begun && !tile.isLoading) this.load(tile); // it is in sight
      }
    }
    this.redraw();
  }

  // Where things are

  get size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  toImage(point) {
    return { x: this.view.x + point.x / this.view.scale, y: this.view.y + point.y / this.view.scale };
  }

  toScreen(point) {
    return { x: (point.x - this.view.x) * this.view.scale, y: (point.y - this.view.y) * this.view.scale };
  }

  fit() {
    if (!this.told) return;
    const { width, height } = this.size;
    const scale = Math.min(width / this.told.width, height / this.told.height) * 0.96;
    this.view = {
      scale, x: (this.told.width - width / scale) / 2, y: (this.told.height - height / scale) / 2,
    };
    this.redraw();
  }

  zoom(factor, around) {
    const { width, height } = this.size;
    const point = around || { x: width / 2, y: height / 2 };
    const kept = this.toImage(point);
    const least = Math.min(width / this.told.width, height / this.told.height) / 4;
    const scale = Math.min(MOST_ZOOM, Math.max(least, this.view.scale * factor));
    this.view = { scale, x: kept.x - point.x / scale, y: kept.y - point.y / scale };
    this.redraw();
  }

  pan(dx, dy) {
    this.view.x -= dx / this.view.scale;
    this.view.y -= dy / this.view.scale;
    this.redraw();
  }

  resized() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    if (this.told && !this.wasSized) this.fit();
    this.wasSized = true;
    this.redraw();
  }

  // Drawing

  redraw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    this.begun = performance.now();
    const { context } = this;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.size.width, this.size.height);
    if (!this.told) return;
    this.waiting = 0;
    const level = this.levelAt(this.view.scale * ratio);
    this.drawImage(level, ratio);
    context.imageSmoothingEnabled = false;
    const coarser = this.levelAt(this.view.scale * ratio, Math.ceil); // no line is thinner than a pixel of the screen
    if (this.drawn === "fill" || this.drawn === "both") this.drawLayer("fill", coarser, "", 0.5 * this.opacity);
    if (this.drawn === "outline" || this.drawn === "both") this.drawLayer("line", coarser, "", this.opacity);
    for (const number of this.chosen) this.drawLayer("line", coarser, `only=${number}`, 1);
    for (const overlay of this.overlays) overlay(context);
    this.drawScaleBar();
    this.evict();
    if (!this.waiting) this.onComplete();
  }

  // The image alone is drawn again when something of it has changed: resampling it takes longest.
  drawImage(level, ratio) {
    const { x, y, scale } = this.view;
    const key = [this.place, x, y, scale, ratio, this.canvas.width, this.canvas.height, this.nLoaded].join();
    if (key !== this.baseKey) {
      this.base = this.base || document.createElement("canvas");
      Object.assign(this.base, { width: this.canvas.width, height: this.canvas.height });
      const screen = this.context;
      this.context = this.base.getContext("2d");
      this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.context.imageSmoothingEnabled = scale * ratio < 2;
      this.drawLayer("image", level, "", 1);
      this.context = screen;
      this.baseKey = this.waiting ? null : key; // what is not there yet will be drawn when it is
    }
    this.context.drawImage(this.base, 0, 0, this.size.width, this.size.height);
  }

  levelAt(scale, rounded = Math.floor) {
    return Math.max(0, Math.min(this.told.n_levels - 1, rounded(Math.log2(1 / scale) + 0.01)));
  }

  drawLayer(layer, level, query, opacity) {
    const side = this.told.tile_px * 2 ** level;
    const { width, height } = this.size;
    const end = this.toImage({ x: width, y: height });
    const last = (limit, edge) => Math.floor((Math.min(limit, edge) - 1e-6) / side);
    this.context.globalAlpha = opacity;
    for (let row = Math.max(0, Math.floor(this.view.y / side)); row <= last(this.told.height, end.y); row++) {
      for (let column = Math.max(0, Math.floor(this.view.x / side)); column <= last(this.told.width, end.x); column++) {
        const tile = this.tile(layer, level, row, column, query);
        if (tile.isLoading || tile.isStale || !tile.image) this.waiting += tile.isBroken ? 0 : 1;
        if (tile.image) this.drawTile(tile);
        else if (layer === "image") this.drawCoarser(tile);
      }
    }
    this.context.globalAlpha = 1;
  }

  drawTile(tile) {
    const factor = 2 ** tile.level, side = this.told.tile_px * factor, image = tile.image;
    const at = this.toScreen({ x: tile.column * side, y: tile.row * side });
    const scale = this.view.scale * factor;
    this.context.drawImage(image, at.x, at.y, image.width * scale, image.height * scale);
  }

  // A part of a tile of a smaller picture, until the tile itself is there.
  drawCoarser(wanted) {
    for (let level = wanted.level + 1; level < this.told.n_levels; level++) {
      const steps = 2 ** (level - wanted.level);
      const row = Math.floor(wanted.row / steps), column = Math.floor(wanted.column / steps);
      const tile = this.tiles.get(keyOf("image", level, row, column, ""));
      if (tile && tile.image) {
        this.context.save();
        const side = this.told.tile_px * 2 ** wanted.level;
        const at = this.toScreen({ x: wanted.column * side, y: wanted.row * side });
        this.context.beginPath();
        this.context.rect(at.x, at.y, side * this.view.scale, side * this.view.scale);
        this.context.clip();
        this.drawTile(tile);
        this.context.restore();
        return;
      }
    }
  }

  tile(layer, level, row, column, query) {
    const key = keyOf(layer, level, row, column, query);
    let tile = this.tiles.get(key);
    if (!tile) {
      tile = { layer, level, row, column, query, image: null, isStale: false, isLoading: false };
      this.tiles.set(key, tile);
    }
    tile.lastDrawn = performance.now();
    if ((!tile.image || tile.isStale) && !tile.isLoading && !tile.isBroken) this.load(tile);
    return tile;
  }

  load(tile) {
    tile.isLoading = true;
    tile.isStale = false;
    this.nLoading += 1;
    const image = new Image();
    const version = tile.layer === "image" ? "" : `?v=${this.told.version}${tile.query ? "&" + tile.query : ""}`;
    image.onload = async () => {
      try { await image.decode(); } catch { /* drawn all the same */ }
      tile.image = image;
      this.nLoaded += tile.layer === "image" ? 1 : 0;
      this.loaded(tile);
    };
    image.onerror = () => {
      tile.isBroken = true;
      this.loaded(tile);
    };
    image.src = server.tile(this.place, tile.layer, tile.level, tile.row, tile.column, version);
    tile.pending = image;
  }

  // Tiles come one shortly after the other, and to draw takes as long as to load one: all of them are drawn at once.
  loaded(tile) {
    tile.isLoading = false;
    this.nLoading -= 1;
    if (this.nLoading > 0) {
      this.later ||= setTimeout(() => this.drawLoaded(), MOST_WAIT_MS);
    } else {
      this.drawLoaded();
    }
  }

  drawLoaded() {
    clearTimeout(this.later);
    this.later = 0;
    this.redraw();
  }

  evict() {
    if (this.tiles.size <= MOST_TILES) return;
    const oldest = [...this.tiles.entries()].sort((one, other) => one[1].lastDrawn - other[1].lastDrawn);
    for (const [key] of oldest.slice(0, this.tiles.size - MOST_TILES)) this.tiles.delete(key);
  }

  drawScaleBar() {
    const size = this.told.pixel_size_nm;
    if (!size) return;
    const wanted = (140 / this.view.scale) * size; // nm
    const power = 10 ** Math.floor(Math.log10(wanted));
    const length = [5, 2, 1].map((digit) => digit * power).find((nm) => nm <= wanted);
    const width = (length / size) * this.view.scale;
    const { context } = this, x = 16, y = this.size.height - 20;
    const [factor, unit] = lengthUnit(length);
    const text = `${+(length / factor).toPrecision(1)} ${unit}`;
    context.fillStyle = "#16181bcc";
    context.fillRect(x - 8, y - 22, Math.max(width, 44) + 16, 34);
    context.fillStyle = "#fff";
    context.fillRect(x, y, width, 4);
    context.font = "13px system-ui, 'Liberation Sans', sans-serif";
    context.fillText(text, x, y - 6);
  }
}

function keyOf(layer, level, row, column, query) {
  return `${layer}/${level}/${row}/${column}?${query}`;
}
