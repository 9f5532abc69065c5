// Whether what has the focus looks different from what it looks like without.
async (element) => {
  const box = element.closest(".ts-wrapper, .input-group, .search") ?? element;
  const look = () => [element, box].map((one) => {
    const style = getComputedStyle(one);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, style.backgroundColor].join();
  }).join();
  const focused = look();
  element.blur();
  await new Promise((later) => setTimeout(later, 40));
  const blurred = look();
  element.focus({ focusVisible: true });
  return focused !== blurred;
}
