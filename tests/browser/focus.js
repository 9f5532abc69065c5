// Whether what has the focus looks different from what it looks like without.
async (element) => {
  const box = element.closest(".ts-wrapper, .input-group, .search") ?? element;
  const look = () => [element, box].map((one) => {
    const style = getComputedStyle(one);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, style.backgroundColor].join();
  }).join();
  const later = (ms) => new Promise((done) => setTimeout(done, ms));
  await later(40); // a colour on its way has to arrive
  const focused = look();
  element.blur();
  let changed = false;
  for (let tries = 0; tries < 25 && !changed; tries += 1) {
    await later(40);
    changed = look() !== focused;
  }
  element.focus({ focusVisible: true });
  return changed;
}
