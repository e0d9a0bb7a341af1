// Comments without reloading the page: answers in place, a preview while writing, a draft that is kept in this browser.
// All words and all HTML are the server's; nothing here makes HTML. Where something fails, the form works as without this.

const wait = 700; // milliseconds without a key before a preview is asked for
const home = document.createComment("comment form");
let box = document.querySelector(".post-a-comment");
let blank, from, timer, asked;

if (box?.querySelector(".live-comments")) {
  blank = box.cloneNode(true);
  box.before(home);
  prepare();
  document.addEventListener("click", clicked);
}

function prepare() {
  const form = box.querySelector("form");
  form.addEventListener("submit", submitted);
  form.addEventListener("input", typed);
  const { text } = form.elements;
  if (!text.value.trim()) text.value = stored("getItem", key()) ?? "";
  if (text.value.trim()) soon();
}

function key() {
  return `comment on ${box.querySelector("form").getAttribute("action")}`;
}

function stored(act, ...words) {
  try {
    return localStorage[act](...words);
  } catch {
    return null; // storage is switched off or full: then there is no draft
  }
}

function typed(event) {
  const { text } = event.currentTarget.elements;
  if (text.value.trim()) stored("setItem", key(), text.value);
  else stored("removeItem", key());
  soon();
}

async function ask(address, options) {
  const answer = await fetch(address, options);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const sheet of page.querySelectorAll('head link[rel="stylesheet"]')) {
    const href = sheet.getAttribute("href");
    if (![...document.styleSheets].some((one) => one.ownerNode?.getAttribute("href") === href)) {
      document.head.append(document.importNode(sheet));
    }
  }
  return { answer, page };
}

function say(word) {
  const live = box.querySelector(".live-comments");
  live.querySelector("[role=status]").textContent = live.dataset[word] ?? "";
}

function swap(fresh, place) {
  clearTimeout(timer);
  asked?.abort();
  fresh = document.importNode(fresh, true);
  place.after(fresh);
  box.remove();
  box = fresh;
}

function keep(act) {
  const old = box.querySelector("form").elements;
  const values = [...old].filter((one) => one.name && !["hidden", "submit"].includes(one.type));
  act();
  const now = box.querySelector("form").elements;
  for (const one of values) {
    const same = now[one.name];
    if (!same) continue;
    if (one.type === "checkbox") same.checked = one.checked;
    else same.value = one.value;
  }
  prepare();
}

// Answers in place

async function clicked(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest?.(".comment-reply, .replying a");
  if (!link) return;
  if (link.matches(".comment-reply")) {
    event.preventDefault();
    try {
      const fresh = (await ask(link.href)).page.querySelector(".post-a-comment");
      keep(() => swap(fresh, link.closest("article")));
      from = link;
      box.querySelector("textarea").focus();
    } catch {
      location.assign(link.href);
    }
  } else if (from?.isConnected) {
    event.preventDefault();
    keep(() => swap(blank, home));
    from.focus();
  }
}

// Sending

async function submitted(event) {
  const form = event.currentTarget;
  if (event.submitter?.value === "preview") return;
  event.preventDefault();
  if (box.hasAttribute("aria-busy")) return;
  box.setAttribute("aria-busy", "true");
  say("sending");
  try {
    const body = new URLSearchParams(new FormData(form));
    body.set("action", "post");
    const headers = { Accept: "application/json" };
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers });
    if (answer.headers.get("Content-Type") === "application/json") await sent(await answer.json());
    else again(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    say("failed");
  }
  box.removeAttribute("aria-busy");
}

async function sent({ status, url }) {
  stored("removeItem", key());
  const target = new URL(url, location.href);
  const page = (address) => address.pathname + new URLSearchParams(address.search).get("commentPage");
  const thread = document.querySelector("section.comments:not(.answer *)");
  if (status !== "published" || !thread || page(target) !== page(location)) {
    location.assign(target);
    return;
  }
  const fresh = (await ask(target)).page.querySelector("section.comments");
  swap(blank, home);
  prepare();
  from = null;
  thread.replaceWith(document.importNode(fresh, true));
  location.hash = target.hash;
  const mine = document.getElementById(target.hash.slice(1));
  mine.tabIndex = -1;
  mine.focus();
  say("published");
}

function again(page) {
  const fresh = page.querySelector(".post-a-comment");
  const words = [...page.querySelectorAll("main h1, main h1 + p")].map((one) => one.textContent.trim());
  if (fresh) {
    swap(fresh, box);
    prepare();
  }
  say("nothing");
  const note = box.querySelector(".live-comments [role=alert]");
  note.textContent = words.join(" — ");
  (box.querySelector("[aria-invalid]") ?? box.querySelector("textarea")).focus();
}

// The preview

function soon() {
  clearTimeout(timer);
  timer = setTimeout(preview, wait);
}

async function preview() {
  const form = box.querySelector("form");
  const area = box.querySelector(".live-preview");
  asked?.abort();
  asked = new AbortController();
  let shown = null;
  if (form.elements.text.value.trim()) {
    const body = new URLSearchParams(new FormData(form));
    body.set("action", "preview");
    try {
      const { page } = await ask(form.getAttribute("action"), { method: "POST", body, signal: asked.signal });
      shown = page.querySelector(".answer .comments");
    } catch {
      return;
    }
  }
  area.hidden = !shown;
  area.querySelector("div").replaceChildren(...(shown ? document.importNode(shown, true).children : []));
}
