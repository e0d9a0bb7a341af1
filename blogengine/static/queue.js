// Keys for the list of comments. Without this script all of it is there for mouse and Tab key.
const rows = [...document.querySelectorAll("ol.comments > .row")];
let at = rows.findIndex((row) => `#${row.id}` === location.hash);

function go(to) {
  if (!rows.length) return;
  rows[at]?.classList.remove("here");
  at = Math.max(0, Math.min(rows.length - 1, to));
  rows[at].classList.add("here");
  const first = rows[at].querySelector("input[type=checkbox], a, button");
  first?.focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
}

function press(selector) {
  rows[at]?.querySelector(selector)?.click();
}

const keys = {
  j: () => go(at + 1),
  k: () => go(at - 1),
  x: () => press("input[type=checkbox]"),
  a: () => press("button[value^='approve:']"),
  s: () => press("button[value^='spam:']"),
  d: () => press("button[value^='remove:']"),
  r: () => press("a.reply"),
  e: () => press("a.edit"),
  u: () => document.querySelector("form[action$='/comments/undo'] button")?.click(),
  "/": () => document.querySelector("#q")?.focus(),
};

document.addEventListener("keydown", (event) => {
  const target = event.target;
  const types = target.matches?.("textarea, select, input:not([type=checkbox])");
  if (types || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});
