// What is asked of the server. The address of the page holds the token; all paths are relative to it.

export class Refused extends Error {}

async function answer(response) {
  const type = response.headers.get("content-type") || "";
  if (!type.includes("json")) throw new Refused((await response.text()) || "the server has no answer.");
  const told = await response.json();
  if (!response.ok) throw new Refused(told.refused || "the server has no answer.");
  return told;
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused("samiam view has ended; start it again, and reload this page.");
  }
  return answer(response);
}

export const desk = () => ask("desk");
export const image = (place) => ask(`image/${place}`);
export const at = (place, x, y) => ask(`image/${place}/at/${x}/${y}`);
export const save = (place) => ask(`image/${place}/save`, { method: "POST" });

export const perform = (place, action, details = {}) =>
  ask(`image/${place}/do`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ action, ...details }),
  });

export const tile = (place, layer, level, row, column, query = "") =>
  `image/${place}/tile/${layer}/${level}/${row}/${column}${query}`;
