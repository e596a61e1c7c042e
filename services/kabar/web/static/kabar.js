// Everything works without this. "/" puts the cursor into the search box, as aria-keyshortcuts announces.
"use strict";
document.addEventListener("keydown", (event) => {
  const box = document.getElementById("q");
  const writing = event.target.closest("input, select, textarea, [contenteditable]");
  if (box && event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    box.focus();
    box.select();
  }
});
