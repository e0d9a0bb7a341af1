// Pictures in the editor: they go where the cursor is, and can be pasted or dropped. Without this script the button puts them at the end.
const form = document.querySelector("#editor");
const text = form.querySelector("#source");
const file = form.querySelector("#picture");
const insert = form.querySelector("button[value='picture']");
let isPlaced = false; // who never was in the text gets pictures at its end

text.addEventListener("focus", () => { isPlaced = true; });

form.addEventListener("submit", (event) => {
  if (event.submitter !== insert || !isPlaced) return;
  const before = text.value.slice(0, text.selectionStart);
  form.querySelector("#cursor").value = [...before].length; // the server counts characters, not units of UTF-16
});

function take(event, transfer) {
  isPlaced = true;
  const pictures = [...transfer.files].filter((one) => one.type.startsWith("image/"));
  if (!pictures.length) return;
  event.preventDefault();
  const kept = new DataTransfer();
  pictures.forEach((one) => kept.items.add(one));
  file.files = kept.files;
  form.requestSubmit(insert);
}

text.addEventListener("paste", (event) => take(event, event.clipboardData));
text.addEventListener("drop", (event) => take(event, event.dataTransfer));

const back = form.querySelector("#cursor").dataset.back;
if (back) {
  const units = [...text.value].slice(0, Number(back)).join("").length;
  text.focus();
  text.setSelectionRange(units, units);
}
