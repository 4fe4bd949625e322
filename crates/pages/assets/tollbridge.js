// Adds a copy button beside values that are also there to be selected by hand.
"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  const words = button.firstChild;
  const before = words.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      words.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      words.textContent = "Press copy";
    }
    setTimeout(() => { words.textContent = before; }, 2000);
  });
}
