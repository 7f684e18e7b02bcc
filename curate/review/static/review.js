// Keys press what is on the page: every button, link and summary with a `data-key` answers to it.

const help = document.querySelector("#help");

const isWriting = (target) => target.closest("textarea, input, select") !== null;

function press(key) {
  const [first, ...rest] = document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`);
  if (!first) return false;
  if (first.tagName === "SUMMARY") write(first.parentElement);
  else if (rest.length) first.focus(); // several fields: the person chooses which
  else first.click();
  return true;
}

function write(details) {
  details.open = true;
  const area = details.querySelector("textarea");
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

function writing(event) {
  if (event.key === "Escape") {
    const details = event.target.closest("details.edit");
    if (details) details.open = false;
    event.target.blur();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.form?.requestSubmit();
  }
}

document.addEventListener("keydown", (event) => {
  if (isWriting(event.target)) return writing(event);
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || help?.open) return;
  if (event.target.closest("audio, video")) return; // arrows wind a recording there
  if (event.key === "?") help?.showModal();
  else if (press(event.key)) event.preventDefault();
});

// What is said is said once, however often the key is pressed.
let sent = false;
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (sent) event.preventDefault();
  sent = true;
});
window.addEventListener("pageshow", () => (sent = false));
