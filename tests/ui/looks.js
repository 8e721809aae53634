// What a careful eye would find fault with in the page as it stands: text that is cut off, sideways scrolling, and
// text that is hard to tell from what is behind it. Gives a list of complaints.
() => {
  const complaints = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) complaints.push("the page scrolls sideways");

  const parse = (css) => (css.match(/[\d.]+/g) ?? []).map(Number);
  const light = (colour) => {
    const [red, green, blue] = colour.map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [red, green, blue, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  const contrast = (element) => {
    const lights = [light(parse(getComputedStyle(element).color).slice(0, 3)), light(behind(element))];
    return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const isShown = (element) => element.checkVisibility() && !element.closest(".unseen, thead, option");

  let looked = 0;
  for (const element of document.querySelectorAll("body *")) {
    if (!hasText(element) || !isShown(element)) continue;
    looked += 1;
    const what = `"${element.textContent.trim().slice(0, 40)}"`;
    const { left, right } = element.getBoundingClientRect();
    const scrolls = element.tagName === "PRE"; // commands are copied, not read to the end; they can be scrolled
    if (left < 0 || right > width) complaints.push(`${what} reaches out of the window`);
    if (element.scrollWidth > element.clientWidth && element.clientWidth && !scrolls) complaints.push(`${what} is cut off`);
    if (contrast(element) < 4.5) complaints.push(`${what} has a contrast of ${contrast(element).toFixed(2)}`);
  }
  if (!looked) complaints.push("there is no text");
  return complaints;
}
