"use strict";
const input = document.getElementById("search");
const found = document.getElementById("found");
const rows = Array.from(document.querySelectorAll("#releases tbody tr"));
const texts = rows.map((row) => row.textContent.toLowerCase());
function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  rows.forEach((row, index) => {
    row.hidden = !words.every((word) => texts[index].includes(word));
    count += row.hidden ? 0 : 1;
  });
  found.textContent = words.length ? `${count} of ${rows.length}` : "";
}
input.addEventListener("input", search);
input.closest("p").hidden = rows.length === 0;
search();
