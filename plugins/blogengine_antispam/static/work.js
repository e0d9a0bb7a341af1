// A proof of work for a comment that is asked for one more press: a number that, after the form's token, has a SHA-256 that begins with
// so many zero bits. Done in short pieces, so that the page stays usable; crypto.subtle is not there on pages without HTTPS.

const piece = 12; // milliseconds
const constants = new Uint32Array(64);
const first = new Uint32Array(8);
const words = new Uint32Array(64);

for (let number = 2, found = 0; found < 64; number++) {
  let divisor = 2;
  while (number % divisor) divisor++;
  if (divisor < number) continue;
  constants[found] = (Math.cbrt(number) % 1) * 2 ** 32;
  if (found < 8) first[found] = (Math.sqrt(number) % 1) * 2 ** 32;
  found++;
}

const turned = (word, by) => (word >>> by) | (word << (32 - by));

function mix(state) {
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15];
    const y = words[i - 2];
    words[i] =
      words[i - 16] + (turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)) + words[i - 7] + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + words[i]) | 0;
    const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0;
    d = c; c = b; b = a; a = (one + two) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] += word));
}

// The first word of SHA-256 of an ASCII text (FIPS 180-4 §6.2).
function digest(text) {
  const state = first.slice();
  const blocks = Math.ceil((text.length + 9) / 64);
  for (let block = 0; block < blocks; block++) {
    words.fill(0);
    for (let i = 0; i < 64; i++) {
      const place = block * 64 + i;
      const byte = place < text.length ? text.charCodeAt(place) : place === text.length ? 128 : 0;
      words[i >> 2] |= byte << (24 - 8 * (i % 4));
    }
    if (block === blocks - 1) words[15] = text.length * 8;
    mix(state);
  }
  return state[0];
}

function work(field, line) {
  const challenge = field.form.elements.ft.value;
  const bits = Number(field.value);
  let number = 0;
  const say = (word) => {
    if (line) [line.hidden, line.textContent] = [false, line.dataset[word]];
  };
  const go = () => {
    const end = performance.now() + piece;
    while (performance.now() < end) {
      for (let i = 0; i < 64; i++, number++) {
        const proof = `+${number}`;
        if (digest(challenge + proof) >>> (32 - bits)) continue;
        field.value = proof;
        say("done");
        return;
      }
    }
    if (field.isConnected) setTimeout(go, 4);
  };
  say("working");
  go();
}

function look() {
  for (const field of document.querySelectorAll('input[name="antispam.work"]')) {
    if (/^\d+$/.test(field.value) && !field.dataset.begun) {
      field.dataset.begun = "yes";
      work(field, field.form.querySelector(".antispam-work"));
    }
  }
}

look();
new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
