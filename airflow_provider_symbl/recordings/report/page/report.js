// Filters the rows by name. The page reads as well without it.
(() => {
  const box = document.querySelector("#filter");
  const said = document.querySelector("#filtered");
  if (!box) return;
  const rows = [...document.querySelectorAll("tbody tr, .noted li")]
    .map((row) => [row, row.querySelector(".recording").textContent.toLowerCase()]);
  const sections = [...document.querySelectorAll("details.reason")].map((one) => [one, one.open]);
  box.closest("form").hidden = false;
  box.closest("form").addEventListener("submit", (event) => event.preventDefault());
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    let left = 0;
    for (const [row, name] of rows) {
      row.hidden = !name.includes(wanted);
      left += !row.hidden;
    }
    for (const [section, wasOpen] of sections) {
      section.open = wanted ? section.querySelector("tbody tr:not([hidden])") !== null : wasOpen;
    }
    said.textContent = wanted ? `${left} of ${rows.length} rows` : "";
  });
})();
