"use strict";
// Chooses rows of tables by a part of the timeline and by a host. What is chosen is told as a `huntc-brush` event, so that a
// page can hide rows itself; otherwise rows with `data-time` and `data-host` that lie outside are hidden. Rows of which the
// time or the host is not known stay.
document.querySelectorAll("svg.timeline").forEach((picture) => {
  const area = picture.closest("[data-hunt]") || document;
  const controls = picture.parentNode.querySelector("form.brush-controls");
  const brush = picture.querySelector(".brush");
  if (!controls || !brush) return;
  const from = controls.elements.from;
  const to = controls.elements.to;
  const host = controls.elements.host;
  const told = controls.querySelector("output");
  const [start, stop, left, right] = ["start", "stop", "left", "right"].map((name) => Number(picture.dataset[name]));
  const steps = Number(from.max);
  const timeOf = (step) => start + ((stop - start) * step) / steps;
  const text = (time) => new Date(time).toISOString().replace(/\.000Z$/, "Z");

  const apply = () => {
    const first = Math.min(Number(from.value), Number(to.value));
    const last = Math.max(Number(from.value), Number(to.value));
    const all = first === 0 && last === steps;
    const width = (right - left) / steps;
    brush.setAttribute("x", String(left + first * width));
    brush.setAttribute("width", all ? "0" : String(Math.max(2, (last - first) * width)));
    const chosen = { start: all ? null : timeOf(first), stop: all ? null : timeOf(last), host: host.value || null };
    const target = area === document ? document.documentElement : area;
    const event = new CustomEvent("huntc-brush", { bubbles: true, cancelable: true, detail: chosen });
    let rows = "";
    if (target.dispatchEvent(event)) rows = hide(chosen);
    const parts = [];
    if (!all) parts.push(text(chosen.start) + " – " + text(chosen.stop));
    if (chosen.host) parts.push(chosen.host);
    if (rows) parts.push(rows);
    told.textContent = all && !chosen.host ? "" : parts.join(", ");
  };

  const hide = (chosen) => {
    let shown = 0;
    const rows = area.querySelectorAll("tr[data-time], tr[data-host]");
    rows.forEach((row) => {
      const time = row.dataset.time ? Number(row.dataset.time) : null;
      const early = chosen.start !== null && time !== null && (time < chosen.start || time > chosen.stop);
      const elsewhere = chosen.host !== null && row.dataset.host && row.dataset.host !== chosen.host;
      row.classList.toggle("brushed-out", Boolean(early || elsewhere));
      if (!(early || elsewhere)) shown += 1;
    });
    return shown + " of " + rows.length + " rows";
  };

  const stepAt = (event) => {
    const box = picture.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * picture.viewBox.baseVal.width;
    return Math.round(Math.min(1, Math.max(0, (x - left) / (right - left))) * steps);
  };
  let begun = null;
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    begun = stepAt(event);
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    if (begun === null) return;
    from.value = String(Math.min(begun, stepAt(event)));
    to.value = String(Math.max(begun, stepAt(event)));
    apply();
  });
  const end = (event) => {
    // A click without a movement chooses everything again.
    if (begun !== null && stepAt(event) === begun) {
      from.value = "0";
      to.value = String(steps);
      apply();
    }
    begun = null;
  };
  picture.addEventListener("pointerup", end);
  picture.addEventListener("pointercancel", end);
  controls.addEventListener("input", apply);
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("reset", () => setTimeout(apply));
  controls.hidden = false;
});
