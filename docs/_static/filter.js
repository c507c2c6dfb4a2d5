// A field above the tables of diagnostics, which shows only the rows with its words.
if (document.querySelector('article table a[href="SNN100.html"]')) {
  const tables = [...document.querySelectorAll("article table")];
  const field = document.createElement("input");
  field.type = "search";
  field.className = "filter";
  field.placeholder = "Filter, for example 301 or stride";
  field.setAttribute("aria-label", "Filter the diagnostics");
  field.oninput = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const table of tables) {
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      table.closest("section").hidden = shown === 0;
    }
  };
  document.querySelector("article p").after(field);
}
